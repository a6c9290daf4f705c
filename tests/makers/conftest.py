# SPDX-License-Identifier: Apache-2.0

"""One makers' lab for all tests against the makers, and a cloud without them."""

from collections.abc import Iterator

import pytest

from tests.support.cloud import Cloud
from tests.support.makers import lab as makers_lab
from tests.support.makers.lab import MakersLab


@pytest.fixture(scope="session")
def cloud() -> Iterator[Cloud]:
    """Run a cloud in which no maker is at work."""
    with Cloud.start() as running:
        yield running


@pytest.fixture(scope="session")
def lab() -> Iterator[MakersLab]:
    """Run both makers, each over a Kubernetes of its own, in one cloud."""
    with makers_lab.running() as running:
        yield running
