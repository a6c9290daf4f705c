# SPDX-License-Identifier: Apache-2.0

"""One makers' lab for the tests of a worker."""

from collections.abc import Iterator

import pytest

from tests.support.makers import lab as makers_lab
from tests.support.makers.lab import MakersLab


@pytest.fixture(scope="session")
def lab() -> Iterator[MakersLab]:
    """Run makers in one cloud, each over a Kubernetes of its own, once a test asks for it."""
    with makers_lab.running(()) as running:
        yield running
