# SPDX-License-Identifier: Apache-2.0

"""What is recorded of Octavia's refusals, and of an amphora's, is what the real ones answer."""

import re

import pytest

from tests.support.commands import fill
from tests.support.healthy_service import HealthyService
from tests.support.recorded_refusals import AMPHORA, OCTAVIA, Refusal
from tests.support.shell import Shell

pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack")


@pytest.mark.parametrize("refusal", [*OCTAVIA, *AMPHORA], ids=lambda refusal: refusal.command)
def test_octavia_refuses_it_with_the_recorded_status(
    healthy: HealthyService, shell: Shell, refusal: Refusal
) -> None:
    words = fill(refusal.command, _parts(healthy))
    done = shell.openstack(*words, env=healthy.cloud.environ("kuryr"))
    assert done.returncode != 0, done.stdout
    assert re.findall(r"\(HTTP (\d{3})\)", done.stderr) == [str(refusal.answer)], done.stderr


def _parts(healthy: HealthyService) -> dict[str, str]:
    listeners = healthy.octavia.listeners(load_balancer_id=healthy.ids["load_balancer"])
    (tcp,) = (each for each in listeners if each.protocol == "TCP")
    ids = {name.replace("_", " "): value for name, value in healthy.ids.items()}
    return ids | {"pool over TCP": tcp.default_pool_id}
