# SPDX-License-Identifier: Apache-2.0

"""What the documents show of OVN is what happens."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cloud.providers import OVN
from tests.support.lab import Lab, topology
from tests.support.lab.documents import mask, play, played_with

RUN = played_with(OVN)


@pytest.fixture(scope="module")
def own_lab() -> Iterator[Lab]:
    """A lab for the pages alone: what they mend is not quite as it was."""
    with Lab.start(provider=OVN) as lab:
        yield lab


@pytest.mark.parametrize(
    "document", RUN, ids=[str(document.relative_to(topology.REPOSITORY)) for document in RUN]
)
def test_every_command_prints_what_the_document_shows(own_lab: Lab, document: Path) -> None:
    for block, printed in play(own_lab, document):
        assert mask(printed) == mask(block.text), printed
