# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""One lab for all the lab tests: booting it costs more than any of them."""

from collections.abc import Iterator

import pytest

from tests.lab import Lab, topology


@pytest.fixture(scope="session")
def machine() -> Iterator[Lab]:
    with Lab.start() as lab:
        yield lab


@pytest.fixture
def lab(machine: Lab) -> Iterator[Lab]:
    """The lab, handed on with every pod alive and reachable."""
    yield machine
    for pod in topology.PODS:
        machine.restore(pod.name)
        machine.revive(pod.name)
