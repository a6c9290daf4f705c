# SPDX-License-Identifier: Apache-2.0

"""What comes right by itself while Kuryr and Octavia are at work is told from what does not."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kuryrsctp import naming
from kuryrsctp.model import LoadBalancer
from kuryrsctp.verifier.report import Expectations, Status
from tests.support.model import (
    NAME,
    NOW,
    PORT_NAME,
    findings,
    listener,
    load_balancer,
    member,
    odd,
    on_member,
    on_pool,
    pool,
)

TCP = listener(name=f"{NAME}:TCP:91", protocol="TCP", protocol_port=91, pool=None)
FRESH: dict[str, Any] = {"changed_at": NOW - timedelta(seconds=20)}
PENDING = load_balancer(provisioning_status="PENDING_UPDATE")
EMPTY = load_balancer(listener(pool=replace(pool(), members=())))


@pytest.mark.parametrize(
    ("found", "expected", "waited_for"),
    [
        ([], {}, {"load-balancer-exists"}),
        ([PENDING], {}, {"load-balancer-provisioning"}),
        ([load_balancer(TCP)], {}, {"listener-exists"}),
        ([load_balancer()], {"ports": ((91, None),)}, {"listener-exists"}),
        ([load_balancer()], {"ports": ((90, 9091),)}, {"member-port"}),
        ([load_balancer(listener(pool=None))], {}, {"pool-exists"}),
        ([load_balancer(listener(operating_status="OFFLINE", **FRESH))], {}, {"listener-status"}),
        ([load_balancer(operating_status="OFFLINE", **FRESH)], {}, {"load-balancer-operating"}),
        ([load_balancer(operating_status="OFFLINE")], {}, set()),
        ([EMPTY], {}, {"members-exist"}),
        ([load_balancer()], {"members": 3}, {"members-exist"}),
        ([load_balancer()], {"addresses": ("10.0.0.9",)}, {"members-exist"}),
        ([load_balancer()], {}, set()),
        ([load_balancer(provisioning_status="ERROR")], {}, set()),
        ([load_balancer(listener(protocol_port=91))], {}, set()),
        ([load_balancer(listener(admin_state_up=False))], {}, set()),
    ],
)
def test_what_kuryr_and_octavia_are_at_work_on_may_pass_and_no_other_fault_does(
    found: list[LoadBalancer], expected: dict[str, Any], waited_for: set[str]
) -> None:
    rows = findings(*found, expected=Expectations(**expected))
    assert {finding.check for finding in rows if finding.transient} == waited_for


def test_a_load_balancer_that_is_gone_does_not_come_back_by_its_id() -> None:
    rows = findings(service=naming.LoadBalancerId("96b38be3"))
    assert not any(finding.transient for finding in rows)


@pytest.mark.parametrize(
    "fresh",
    [
        load_balancer(operating_status="OFFLINE", **FRESH),
        load_balancer(listener(operating_status="OFFLINE", **FRESH)),
        on_pool(operating_status="OFFLINE", **FRESH),
        on_member(operating_status="OFFLINE", **FRESH),
        load_balancer(operating_status="OFFLINE", changed_at=NOW + timedelta(hours=1)),
    ],
)
def test_what_is_not_online_yet_seconds_after_it_was_made_is_no_fault(fresh: LoadBalancer) -> None:
    (row,) = (row for row in findings(fresh) if row.status is not Status.OK)
    assert (row.status, row.detail) == (Status.SKIP, "OFFLINE, and changed a moment ago")
    assert row.transient


BARE = listener(pool=None, operating_status="OFFLINE", **FRESH)
OLD_BARE = listener(pool=None)
PENDING_LISTENER = listener(pool=None, provisioning_status="PENDING_UPDATE")
OCCM = "kube_service_prod_default_sctp-demo"
EMPTY_POOL = replace(pool(), members=())
HUNG = {"provisioning_status": "PENDING_UPDATE", "changed_at": NOW - timedelta(hours=6)}


@pytest.mark.parametrize(
    ("found", "check", "status"),
    [
        (load_balancer(BARE, provisioning_status="PENDING_UPDATE"), "pool-exists", "WARN"),
        (load_balancer(BARE), "pool-exists", "WARN"),
        (load_balancer(OLD_BARE, provisioning_status="PENDING_UPDATE"), "pool-exists", "WARN"),
        (load_balancer(PENDING_LISTENER), "pool-exists", "WARN"),
        (load_balancer(OLD_BARE), "pool-exists", "FAIL"),
        (load_balancer(OLD_BARE, **HUNG), "pool-exists", "FAIL"),
        (load_balancer(listener(pool=None, **FRESH)), "pool-exists", "WARN"),
        (load_balancer(listener(pool=None), **FRESH), "pool-exists", "WARN"),
        (load_balancer(listener(pool=None, default_pool_id="p")), "pool-exists", "WARN"),
        (load_balancer(TCP, **FRESH), "listener-exists", "WARN"),
        (load_balancer(TCP, changed_at=NOW - timedelta(seconds=59)), "listener-exists", "WARN"),
        (load_balancer(TCP, changed_at=NOW - timedelta(seconds=60)), "listener-exists", "FAIL"),
        (load_balancer(TCP, changed_at=None), "listener-exists", "FAIL"),
        (load_balancer(listener(pool=EMPTY_POOL), name=OCCM), "members-exist", "FAIL"),
        (load_balancer(listener(pool=EMPTY_POOL), name=OCCM, **FRESH), "members-exist", "WARN"),
        (
            load_balancer(listener(pool=EMPTY_POOL, **FRESH), name=OCCM),
            "members-exist",
            "WARN",
        ),
        (
            load_balancer(listener(pool=replace(EMPTY_POOL, **FRESH)), name=OCCM),
            "members-exist",
            "WARN",
        ),
    ],
)
def test_what_is_missing_is_a_fault_a_minute_after_the_last_change(
    found: LoadBalancer, check: str, status: str
) -> None:
    (row,) = (row for row in findings(found) if row.check == check)
    assert (row.status.value, row.transient) == (status, True)


@pytest.mark.parametrize(
    ("found", "check", "told"),
    [
        (load_balancer(TCP, **FRESH), "listener-exists", "the load balancer changed less than"),
        (
            load_balancer(TCP, provisioning_status="PENDING_UPDATE"),
            "listener-exists",
            "the load balancer is PENDING_UPDATE)",
        ),
        (load_balancer(BARE, **FRESH), "pool-exists", "the listener changed less than a minute"),
        (load_balancer(OLD_BARE, **FRESH), "pool-exists", "the load balancer changed less than"),
    ],
)
def test_it_is_said_what_has_changed_and_that_the_maker_may_be_at_work(
    found: LoadBalancer, check: str, told: str
) -> None:
    (row,) = (row for row in findings(found) if row.check == check)
    assert told in row.detail
    assert "may still be at work" in row.hint


def test_what_another_service_has_changed_is_not_said_to_be_ones_own() -> None:
    other = listener(id="o", name=f"listener_0_{OCCM}", **FRESH)
    shared = load_balancer(listeners=(), neighbours=(other,), name=OCCM, **FRESH)
    (row,) = (row for row in findings(shared) if row.check == "listener-exists")
    assert row.detail.endswith("(the load balancer changed less than a minute ago)")


def test_what_the_user_expects_is_a_fault_until_it_is_there() -> None:
    rows = odd(load_balancer(BARE), expected=Expectations(ports=((91, None),)))
    assert rows["listener-exists", NAME].startswith("FAIL no SCTP listener on port 91")


BROKEN_MEMBER = member(operating_status="ERROR", provisioning_status="ERROR", address="fd00::1")
BROKEN = pool(BROKEN_MEMBER, protocol="TCP", operating_status="ERROR", health_monitor_id="m")
DELETE: dict[str, Any] = {"provisioning_status": "PENDING_DELETE", **FRESH}


@pytest.mark.parametrize(
    ("leaving", "check", "resource"),
    [
        (load_balancer(listener(pool=BROKEN), **DELETE), "load-balancer-provisioning", NAME),
        (load_balancer(BARE, **DELETE), "load-balancer-provisioning", NAME),
        (load_balancer(listeners=(), **DELETE), "load-balancer-provisioning", NAME),
        (
            load_balancer(listener(pool=BROKEN, admin_state_up=False, **DELETE)),
            "listener-status",
            PORT_NAME,
        ),
        (on_pool(protocol="TCP", members=(), **DELETE), "pool-status", PORT_NAME),
        (on_member(weight=0, address="fd00::1", **DELETE), "member-status", member().name),
    ],
)
def test_of_what_is_being_deleted_only_that_is_told(
    leaving: LoadBalancer, check: str, resource: str
) -> None:
    rows = findings(leaving)
    assert not [row for row in rows if row.status in (Status.WARN, Status.FAIL) or row.hint]
    told = "PENDING_DELETE for 20 s: it is being deleted"
    (row,) = (row for row in rows if row.detail == told)
    assert (row.check, row.resource, row.status) == (check, resource, Status.SKIP)
    assert row.transient


def test_a_deletion_that_has_hung_for_hours_is_one_fault() -> None:
    hung = HUNG | {"provisioning_status": "PENDING_DELETE"}
    rows = findings(load_balancer(listener(pool=BROKEN), **hung))
    (row,) = (row for row in rows if row.status in (Status.WARN, Status.FAIL))
    assert (row.check, row.status) == ("load-balancer-provisioning", Status.FAIL)
    assert row.detail.startswith("PENDING_DELETE for 6 h: stuck")
