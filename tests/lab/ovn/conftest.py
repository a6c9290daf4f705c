# SPDX-License-Identifier: Apache-2.0

"""One lab with OVN for all its tests."""

from collections.abc import Iterator

import pytest

from tests.support.lab import Lab, topology


@pytest.fixture(scope="package")
def machine() -> Iterator[Lab]:
    with Lab.start(provider="ovn") as lab:
        lab.forks_openstack = True  # what a command costs here is its start-up
        yield lab


@pytest.fixture
def lab(machine: Lab) -> Iterator[Lab]:
    """The lab, handed on with every pod alive and reachable."""
    yield machine
    machine.restore(topology.AMPHORA)
    for pod in topology.PODS:
        machine.restore(pod.name)
        machine.revive(pod.name)
