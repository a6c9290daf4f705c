# SPDX-License-Identifier: Apache-2.0

"""A change that hangs, and one that has failed, is told as what it is for each kind of object."""

from datetime import timedelta
from typing import Any

import pytest

from kuryrsctp.model import LoadBalancer
from kuryrsctp.verifier.report import Status
from tests.support.model import (
    NOW,
    findings,
    listener,
    load_balancer,
    monitor,
    on_member,
    on_pool,
)

HUNG: dict[str, Any] = {"changed_at": NOW - timedelta(hours=6)}
FOLLOW = ", so that its members no longer follow the pods or nodes"
REFUSES_ALL, REFUSES_MEMBERS = (
    f"Octavia accepts no change to {it}" for it in ("it", "its members")
)
NOT_KNOWN = "whether this change was made is not known"


@pytest.mark.parametrize("status", ["PENDING_UPDATE", "PENDING_CREATE", "PENDING_DELETE"])
@pytest.mark.parametrize(
    ("part", "check", "meaning"),
    [
        ("load balancer", "load-balancer-provisioning", REFUSES_ALL),
        ("listener", "listener-status", NOT_KNOWN),
        ("pool", "pool-status", REFUSES_MEMBERS),
        ("member", "member-status", NOT_KNOWN),
        ("monitor", "pool-monitor", NOT_KNOWN),
    ],
)
def test_a_change_that_has_hung_for_hours_is_a_fault_that_no_wait_ends(
    part: str, check: str, meaning: str, status: str
) -> None:
    hung = HUNG | {"provisioning_status": status}
    found = {
        "load balancer": load_balancer(**hung),
        "listener": load_balancer(listener(**hung)),
        "pool": on_pool(**hung),
        "member": on_member(**hung),
        "monitor": on_pool(health_monitor_id="m"),
    }
    rows = findings(found[part], monitors=(monitor(**hung if part == "monitor" else {}),))
    (row,) = (finding for finding in rows if finding.status in (Status.WARN, Status.FAIL))
    assert (row.check, row.status, row.transient) == (check, Status.FAIL, False)
    follows = FOLLOW if meaning != NOT_KNOWN and status == "PENDING_UPDATE" else ""
    assert row.detail.endswith(f"{status} for 6 h: stuck; {meaning}{follows}")
    assert row.hint.startswith("ask the cloud's operator")


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        (load_balancer(listener(provisioning_status="ERROR")), "listener-status"),
        (on_pool(provisioning_status="ERROR"), "pool-status"),
        (on_member(provisioning_status="ERROR"), "member-status"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_change_that_failed_in_octavia_is_not_put_down_to_the_pods(
    broken: LoadBalancer, check: str
) -> None:
    (row,) = (row for row in findings(broken) if row.status is Status.FAIL)
    assert (row.check, row.detail) == (check, "ERROR: the last change to it failed")
    assert "Octavia's worker or provider" in row.hint
    assert not any(word in row.hint for word in ("pods", "kubectl", "security group"))
