# SPDX-License-Identifier: Apache-2.0

"""A change that hangs for hours is a fault, and a change of minutes may still end."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo

import pytest

from kuryrsctp.cloud import clock
from kuryrsctp.prober.targets import Via
from kuryrsctp.verifier.report import Status
from tests.support.healthy_service import NAME, HealthyService, stored, time_ago
from tests.support.readers import Reading, endpoints, read
from tests.support.service_faults import hung_monitor

# The SDK's own affairs.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack")

PARTS = {
    "load_balancer": "load-balancer-provisioning",
    "listener": "listener-status",
    "pool": "pool-status",
    "member": "member-status",
}
HOURS, MINUTES = timedelta(hours=4), timedelta(minutes=10)


def reading(healthy: HealthyService) -> Reading:
    """Read the service in each way."""
    return read(healthy.users["viewer"], NAME)


@pytest.mark.parametrize("status", ["PENDING_CREATE", "PENDING_UPDATE", "PENDING_DELETE"])
@pytest.mark.parametrize("part", PARTS)
def test_a_change_of_hours_is_one_fault(healthy: HealthyService, part: str, status: str) -> None:
    with stored(part, provisioning_status=status, age=HOURS)(healthy):
        seen = reading(healthy)
    assert seen.odd == {(PARTS[part], "FAIL")}
    (row,) = (row for row in seen.report.findings if row.status is Status.FAIL)
    assert row.detail.startswith(f"{status} for 4 h: stuck; ")
    assert not row.transient
    assert "--wait" not in row.hint


@pytest.mark.parametrize("part", PARTS)
def test_a_change_of_minutes_may_pass(healthy: HealthyService, part: str) -> None:
    with stored(part, provisioning_status="PENDING_UPDATE", age=MINUTES)(healthy):
        seen = reading(healthy)
    assert seen.odd == {(PARTS[part], "WARN")}
    (row,) = (row for row in seen.report.findings if row.status is Status.WARN)
    assert row.detail.startswith("PENDING_UPDATE for 10 min")
    assert row.transient


@pytest.mark.parametrize("part", PARTS)
def test_a_change_from_a_clock_that_is_ahead_is_new(healthy: HealthyService, part: str) -> None:
    with stored(part, provisioning_status="PENDING_UPDATE", age=-HOURS)(healthy):
        seen = reading(healthy)
    assert seen.odd == {(PARTS[part], "WARN")}
    (row,) = (row for row in seen.report.findings if row.status is Status.WARN)
    assert row.detail.startswith("PENDING_UPDATE for 0 s")


@pytest.mark.parametrize("hours", [-5, 5])
def test_the_clock_of_this_host_does_not_matter(
    healthy: HealthyService, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    class WrongClock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "datetime":
            return datetime.now(tz) + timedelta(hours=hours)

    monkeypatch.setattr(clock, "datetime", WrongClock)
    pending = {"provisioning_status": "PENDING_UPDATE"}
    with stored("load_balancer", **pending, age=MINUTES)(healthy):
        assert reading(healthy).odd == {("load-balancer-provisioning", "WARN")}
    with stored("load_balancer", **pending, age=HOURS)(healthy):
        assert reading(healthy).odd == {("load-balancer-provisioning", "FAIL")}


@contextmanager
def never_updated(healthy: HealthyService, part: str, age: timedelta | None) -> Iterator[None]:
    """Let a part be under change that has never been changed since it was made."""
    row, put = healthy.ids[part], f"UPDATE {part} SET created_at = ?, updated_at = ? WHERE id = ?"
    asked = f"SELECT created_at, updated_at FROM {part} WHERE id = ?"
    ((*before,),) = healthy.cloud.sql("octavia", asked, [row])
    with stored(part, provisioning_status="PENDING_CREATE")(healthy):
        healthy.cloud.sql("octavia", put, [None if age is None else time_ago(age), None, row])
        try:
            yield
        finally:
            healthy.cloud.sql("octavia", put, [*before, row])


@pytest.mark.parametrize("part", PARTS)
def test_what_was_never_changed_is_as_old_as_it_is(healthy: HealthyService, part: str) -> None:
    with never_updated(healthy, part, timedelta(days=329)):
        seen = reading(healthy)
    assert seen.odd == {(PARTS[part], "FAIL")}
    assert "for 329 days: stuck" in str(seen.report.failures)


@pytest.mark.parametrize("part", PARTS)
def test_a_change_without_a_time_is_not_said_to_hang(healthy: HealthyService, part: str) -> None:
    with never_updated(healthy, part, None):
        seen = reading(healthy)
    assert seen.odd == {(PARTS[part], "WARN")}
    assert "not known since when" in str(seen.report.findings)


def test_a_monitor_whose_change_hangs_is_a_fault(healthy: HealthyService) -> None:
    with hung_monitor(healthy):
        seen = reading(healthy)
    assert seen.odd == {("pool-monitor", "FAIL")}
    assert "PENDING_UPDATE for 6 h: stuck" in seen.told("pool-monitor", f"{NAME}:SCTP:38412")


@pytest.mark.parametrize("status", ["PENDING_UPDATE", "PENDING_DELETE"])
def test_a_pool_that_is_not_there_is_no_fault_while_its_load_balancer_changes(
    healthy: HealthyService, status: str
) -> None:
    now = timedelta(seconds=5)
    with (
        stored("load_balancer", provisioning_status=status, age=now)(healthy),
        stored("listener", default_pool_id=None, operating_status="OFFLINE", age=now)(healthy),
    ):
        seen = reading(healthy)
    assert not seen.report.failures
    assert all(row.transient for row in seen.report.findings if row.status is Status.WARN)


def test_what_hangs_is_listed_and_probed_all_the_same(healthy: HealthyService) -> None:
    with stored("load_balancer", provisioning_status="PENDING_UPDATE", age=HOURS)(healthy):
        assert reading(healthy).listed[NAME].ports == (9999, 38412)
        assert len(endpoints(healthy.users["viewer"], NAME, Via.BOTH)) == 6
