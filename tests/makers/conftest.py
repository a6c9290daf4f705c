# SPDX-License-Identifier: Apache-2.0

"""One makers' lab for the tests of a worker, and one maker at a time."""

from collections.abc import Iterator

import pytest

from tests.support.makers import lab as makers_lab
from tests.support.makers.lab import MakersLab


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests of one maker come together, and each one's long ones first."""
    items.sort(key=lambda item: (_maker(item), "test_recorded.py" in item.nodeid))


def _maker(item: pytest.Item) -> str:
    parameters = item.callspec.params  # type: ignore[attr-defined]  # all have some
    return str(parameters["maker"] if "maker" in parameters else parameters["together"][0].maker)


@pytest.fixture(scope="session")
def lab() -> Iterator[MakersLab]:
    """Run makers in one cloud, each over a Kubernetes of its own, once a test asks for it."""
    with makers_lab.running((), takes_turns=True) as running:
        yield running
