# SPDX-License-Identifier: Apache-2.0

"""One makers' lab for the tests of a worker, and one maker at a time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.makers import lab as makers_lab
from tests.support.makers.lab import MakersLab


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests of one maker come together, and each one's long ones first."""
    own = [item for item in items if item.path.is_relative_to(Path(__file__).parent)]
    others = [item for item in items if item not in own]
    own.sort(key=lambda item: (_maker(item), "test_recorded.py" in item.nodeid))
    items[:] = [*others, *own]


def _maker(item: pytest.Item) -> str:
    parameters = item.callspec.params  # type: ignore[attr-defined]  # all tests here have some
    return str(parameters["maker"] if "maker" in parameters else parameters["together"][0].maker)


@pytest.fixture(scope="session")
def lab() -> Iterator[MakersLab]:
    """Run makers in one cloud, each over a Kubernetes of its own, once a test asks for it."""
    with makers_lab.running((), takes_turns=True) as running:
        yield running
