# SPDX-License-Identifier: Apache-2.0

"""What `verify` says that Octavia refuses while a change hangs is what Octavia refuses."""

from datetime import timedelta

import pytest
from openstack.exceptions import ConflictException

from kuryrsctp.verifier.report import Status
from tests.support.healthy_service import HealthyService, stored

# The SDK's own affairs.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack")

HUNG = {"provisioning_status": "PENDING_UPDATE", "age": timedelta(hours=6)}
NO_LONGER_FOLLOW = "its members no longer follow the pods or nodes"


def refuses_a_member(healthy: HealthyService) -> bool:
    """Change a member, as its maker would; tell whether Octavia refuses that."""
    try:
        healthy.octavia.update_member(healthy.ids["other_member"], healthy.ids["pool"], weight=1)
    except ConflictException:
        return True
    healthy.settle()
    return False


@pytest.mark.parametrize("part", ["load_balancer", "listener", "pool", "member"])
def test_members_are_said_not_to_follow_only_where_octavia_refuses_to_change_them(
    healthy: HealthyService, part: str
) -> None:
    with stored(part, **HUNG)(healthy):
        (row,) = (row for row in healthy.rows("viewer") if row.status is Status.FAIL)
        refuses = refuses_a_member(healthy)
    assert (NO_LONGER_FOLLOW in row.detail) == refuses == (part in ("load_balancer", "pool"))
    assert "PENDING_UPDATE for 6 h: stuck" in row.detail
