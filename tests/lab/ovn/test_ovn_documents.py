# SPDX-License-Identifier: Apache-2.0

"""What the documents show of OVN is what happens."""

from pathlib import Path

import pytest

from tests.support.cloud.providers import OVN
from tests.support.lab import Lab, topology
from tests.support.lab.documents import make_whole, mask, play, played_with

RUN = played_with(OVN)


@pytest.mark.parametrize(
    "document", RUN, ids=[str(document.relative_to(topology.REPOSITORY)) for document in RUN]
)
def test_every_command_prints_what_the_document_shows(lab: Lab, document: Path) -> None:
    try:
        for block, printed in play(lab, document):
            assert mask(printed) == mask(block.text), printed
    finally:
        make_whole(lab)
