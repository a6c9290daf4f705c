# SPDX-License-Identifier: Apache-2.0

"""What is missing is put down to a quota that has no room for it."""

from typing import Any

import pytest

from kuryrsctp.model import LoadBalancer, Quota, QuotaKind
from kuryrsctp.naming import LoadBalancerId
from kuryrsctp.verifier.report import Expectations
from tests.support.model import NAME, findings, listener, load_balancer, odd, pool


@pytest.mark.parametrize(
    ("quota", "verdict"),
    [
        (Quota(limit=None), None),
        (Quota(limit=10, used=9), None),
        (Quota(limit=10, used=10), "WARN 10 of 10 load balancers: there can be no more"),
        (Quota(limit=11, used=10), "WARN 10 of 11 load balancers: there can be only 1 more"),
        (None, "SKIP these credentials cannot read the project's quota"),
    ],
)
def test_a_missing_load_balancer_is_put_down_to_a_quota_that_is_used_up(
    quota: Quota | None, verdict: str | None
) -> None:
    assert (
        odd(quotas={QuotaKind.LOAD_BALANCERS: quota}).get(("load-balancer-quota", NAME)) == verdict
    )


@pytest.mark.parametrize(
    ("quota", "expected", "verdict"),
    [
        (Quota(limit=None), {"members": 3}, None),
        (Quota(limit=20, used=15), {"members": 3}, None),
        (Quota(limit=9, used=9), {"members": 2}, None),
        (Quota(limit=9, used=9), {"members": 3}, "WARN 9 of 9 members: there can be no more"),
        (
            Quota(limit=9, used=8),
            {"members": 4},
            "WARN 8 of 9 members: there can be only 1 more, and 2 are missing",
        ),
        (
            Quota(limit=9, used=8),
            {"addresses": ("10.0.0.9", "10.0.0.10")},
            "WARN 8 of 9 members: there can be only 1 more, and 2 are missing",
        ),
        (None, {"members": 3}, "SKIP these credentials cannot read the project's quota"),
    ],
)
def test_missing_members_are_put_down_to_a_quota_that_is_used_up(
    quota: Quota | None, expected: dict[str, Any], verdict: str | None
) -> None:
    said = odd(
        load_balancer(), quotas={QuotaKind.MEMBERS: quota}, expected=Expectations(**expected)
    )
    assert said.get(("member-quota", NAME)) == verdict


def rows_on_quotas(*load_balancers: LoadBalancer, **snapshot: Any) -> dict[str, str]:
    """Return what is said of quotas, with all of them used up."""
    full = dict.fromkeys(QuotaKind, Quota(limit=0))
    rows = findings(*load_balancers, quotas=full, **snapshot)
    return {row.check: row.detail for row in rows if row.check.endswith("-quota")}


def test_every_quota_may_be_why_there_is_no_load_balancer() -> None:
    """cloud-provider-openstack asks for all at once."""
    assert rows_on_quotas().keys() == {
        *("load-balancer-quota", "listener-quota", "pool-quota"),
        *("member-quota", "health-monitor-quota", "port-quota"),
    }
    assert rows_on_quotas(service=LoadBalancerId("96b38be3-1183-41c5-a0db-d246ef1d07cb")) == {}


@pytest.mark.parametrize(
    ("quota", "verdict"),
    [
        (Quota(limit=None), None),
        (Quota(limit=500, used=9), None),
        (Quota(limit=9, used=9), "WARN 9 of 9 ports: there can be no more"),
        (None, "SKIP these credentials cannot read the project's quota"),
    ],
)
def test_a_missing_load_balancer_is_put_down_to_a_quota_of_ports_that_is_not_known_to_have_room(
    quota: Quota | None, verdict: str | None
) -> None:
    assert odd(quotas={QuotaKind.PORTS: quota}).get(("port-quota", NAME)) == verdict


def test_a_load_balancer_that_is_there_has_its_port() -> None:
    assert "port-quota" not in rows_on_quotas(load_balancer(listeners=()))


def test_the_quota_of_pools_may_be_why_there_is_no_listener() -> None:
    """Kuryr deletes a listener that gets no pool."""
    assert rows_on_quotas(load_balancer(listeners=())).keys() == {
        *("listener-quota", "pool-quota", "member-quota")
    }


def test_a_quota_with_room_has_a_row_only_where_its_own_objects_are_missing() -> None:
    roomy = dict.fromkeys(QuotaKind, Quota(limit=None))
    told = [row.check for row in findings(quotas=roomy) if row.check.endswith("-quota")]
    assert told == ["load-balancer-quota"]


def test_no_quota_is_why_a_pool_that_is_being_deleted_has_no_members() -> None:
    leaving = pool(members=(), provisioning_status="PENDING_DELETE")
    assert rows_on_quotas(load_balancer(listener(pool=leaving))) == {}
