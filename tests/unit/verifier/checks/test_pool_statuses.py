# SPDX-License-Identifier: Apache-2.0

"""A status that no member explains, or that nobody reports any more, is put down to no pod."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kuryrsctp.verifier.report import Status
from tests.support.model import NOW
from tests.support.monitored_service import NAME, is_well, nodes, pool_of, rows, service


@pytest.mark.parametrize("changes", [{"health_monitor_id": None}, {}], ids=str)
def test_a_member_that_stays_offline_after_a_monitor_is_no_fault_of_a_pod(
    changes: dict[str, Any],
) -> None:
    found = service(
        pool_of(nodes("NO_MONITOR", "OFFLINE", monitor_port=None), "ONLINE", **changes),
        status="ONLINE",
    )
    seen, all_rows = rows(found, "SCTP", admin_state_up=False)
    assert seen["member-status", "worker-2"].startswith("WARN OFFLINE: likely left over, as the")
    (row,) = (row for row in all_rows if row.status is Status.WARN)
    assert row.hint.startswith("nothing is known to be wrong")


def test_what_a_monitor_said_that_is_being_deleted_is_no_fault() -> None:
    found = service(pool_of(nodes("ONLINE", "ERROR", monitor_port=None)))
    leaving = {"provisioning_status": "PENDING_DELETE", "changed_at": NOW}
    seen, all_rows = rows(found, "SCTP", **leaving)
    assert is_well(all_rows)
    expected = "SKIP ERROR: the health monitor is being deleted"
    assert seen["member-status", "worker-2"] == expected
    seen, _ = rows(found, "SCTP", **leaving | {"changed_at": NOW - timedelta(hours=6)})
    assert seen["member-status", "worker-2"] == "FAIL ERROR: the health monitor does not reach it"


@pytest.mark.parametrize("asking", ["SCTP", "HTTP"])
@pytest.mark.parametrize("rest", [{"weight": 0}, {"admin_state_up": False}], ids=str)
def test_a_pool_is_degraded_also_by_a_member_that_gets_nothing(
    asking: str, rest: dict[str, Any]
) -> None:
    first, second = nodes("ONLINE", "ERROR")
    seen, _ = rows(service(pool_of([first, replace(second, **rest)])), asking)
    expected = "SKIP DEGRADED: only by members that get no association"
    assert seen["pool-status", f"pool_0_{NAME}"] == expected
    assert seen["load-balancer-operating", NAME] == expected


@pytest.mark.parametrize(("status", "verdict"), [("DEGRADED", "WARN"), ("ERROR", "FAIL")])
def test_a_pool_whose_members_are_well_is_not_put_down_to_them(status: str, verdict: str) -> None:
    members = nodes("ONLINE", "ONLINE", monitor_port=None)
    seen, all_rows = rows(service(pool_of(members, status), status=status), "SCTP")
    told = f"{verdict} {status}: no member explains it"
    assert seen["pool-status", f"pool_0_{NAME}"] == told
    assert seen["load-balancer-operating", NAME] == told
    members[1] = replace(members[1], changed_at=NOW - timedelta(seconds=2))
    seen, all_rows = rows(service(pool_of(members, status), status=status), "SCTP")
    assert is_well(all_rows)
    told = f"SKIP {status}: no member explains it, but a status changed a moment ago"
    assert seen["pool-status", f"pool_0_{NAME}"] == told
