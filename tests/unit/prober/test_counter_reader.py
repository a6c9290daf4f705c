# SPDX-License-Identifier: Apache-2.0

"""How long the counters of a listener are waited for, and what is told if they do not come."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from kuryrsctp.addresses import Endpoint
from kuryrsctp.cloud import octavia, statistics
from kuryrsctp.errors import CloudError
from kuryrsctp.model import ListenerStatistics, LoadBalancer, Outcome, Unreadable
from kuryrsctp.prober import counter_reader
from kuryrsctp.prober.counter_reader import CounterReader
from kuryrsctp.prober.statistics import ProbeReport, Summary
from kuryrsctp.prober.targets import Target
from kuryrsctp.sctp.messages import Exchange
from tests.support.model import load_balancer

VIP = Endpoint("10.0.0.158", 90)
DIRECT = Endpoint("10.0.0.75", 9090)
TARGETS = (Target(VIP, listener_id="a"), Target(DIRECT, direct=True))
LONG_AGO = datetime(2026, 1, 1, tzinfo=timezone.utc)
BALANCER = replace(load_balancer(), provider="amphora", changed_at=LONG_AGO)

Counters = ListenerStatistics | Unreadable


class FakeClock:
    """Stands in for the module `time`: a wait costs no time."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class FakeOctavia:
    """Stands in for the API: the counters change when the clock says so."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        # When Octavia has which counters, in seconds after the messages; the latest comes last.
        self.reports: list[tuple[float, Counters]] = [(-1000, counters(5))]
        self.readings = 0
        self.error: CloudError | None = None
        self.balancer = BALANCER

    def read(self, cloud: object, ids: list[str]) -> list[Counters]:
        assert ids == ["a"]
        self.readings += 1
        if self.error:
            raise self.error
        known = [report for at, report in self.reports if at <= self.clock.now - 1000]
        return [known[-1]]

    def read_load_balancer(self, cloud: object, load_balancer_id: str) -> LoadBalancer:
        return self.balancer


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    clock = FakeClock()
    monkeypatch.setattr(counter_reader, "time", clock)
    return clock


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch, clock: FakeClock) -> Iterator[FakeOctavia]:
    fake = FakeOctavia(clock)
    monkeypatch.setattr(statistics, "listener_statistics", fake.read)
    monkeypatch.setattr(octavia, "read_load_balancer", fake.read_load_balancer)
    return fake


def counters(associations: int, bytes_out: int = 0) -> ListenerStatistics:
    return ListenerStatistics(
        total_connections=associations,
        active_connections=0,
        bytes_in=associations * 68,
        bytes_out=bytes_out,
    )


def reported(outcome: Outcome, messages: int = 4) -> ProbeReport:
    summary = Summary("core/amf", TARGETS)
    for seq in range(1, messages + 1):
        summary.add(Exchange(seq, VIP, outcome))
    return summary.report()


def probed(
    outcome: Outcome = Outcome.TIMEOUT,
    balancer: LoadBalancer = BALANCER,
    then: Callable[[], None] = lambda: None,
) -> tuple[ProbeReport, list[float]]:
    """Read, send, do something, wait; return the report and the waits."""
    connection: Any = object()
    reader = CounterReader(connection, balancer, TARGETS)
    reader.start()
    then()
    report = reported(outcome)
    waits = list(reader.wait(report))
    return reader.add_to(report), waits


def meaning(report: ProbeReport) -> str:
    (counters,) = report.counters
    assert f"{VIP}: {counters.meaning}" == report.warnings[-1]
    return counters.meaning


def test_a_report_that_is_newer_than_the_messages_ends_the_wait(
    api: FakeOctavia, clock: FakeClock
) -> None:
    api.reports.append((9, counters(9)))
    report, waits = probed()
    assert clock.now == 1010
    assert waits == [25, 23, 21, 19, 17]
    (read,) = report.counters
    assert (read.before, read.after) == (counters(5), counters(9))
    assert (read.waited, read.is_current) == (10, True)
    assert meaning(report).endswith("security groups)")


def test_an_early_report_may_be_older_than_the_messages_and_another_is_waited_for(
    api: FakeOctavia, clock: FakeClock
) -> None:
    api.reports.append((2, counters(7)))
    api.reports.append((12, counters(9)))
    report, _ = probed()
    assert clock.now == 1012
    assert report.counters[0].is_current


def test_one_that_has_reported_is_waited_for_less_long(api: FakeOctavia, clock: FakeClock) -> None:
    api.reports.append((2, counters(9)))
    report, _ = probed()
    assert clock.now == 1015
    assert "unless it reports late" in meaning(report)


def test_one_that_does_not_report_is_waited_for_until_the_deadline(
    api: FakeOctavia, clock: FakeClock
) -> None:
    report, _ = probed()
    assert clock.now == 1025
    assert meaning(report).endswith("its counters did not change within 25 s")
    assert api.readings == 15


def test_answered_messages_are_waited_for_until_they_have_been_counted(
    api: FakeOctavia, clock: FakeClock
) -> None:
    api.reports.append((1, counters(9, 500)))
    report, _ = probed(Outcome.ANSWERED)
    assert clock.now == 1002
    assert "counted 4 associations, 272 bytes from clients, 500 bytes to them" in meaning(report)


def test_answered_messages_that_are_not_counted_leave_nothing_to_conclude(
    api: FakeOctavia,
) -> None:
    report, _ = probed(Outcome.ANSWERED)
    assert meaning(report).startswith("the load balancer's reports, up to 25 s later, do not")


def test_counters_that_may_not_be_read_are_not_waited_for(api: FakeOctavia) -> None:
    api.reports = [(-1000, Unreadable("these credentials may not read them"))]
    report, waits = probed()
    assert waits == []
    assert meaning(report) == (
        "the listener's counters cannot be read: these credentials may not read them"
    )


def test_an_api_that_fails_leaves_nothing_to_conclude(api: FakeOctavia) -> None:
    api.error = CloudError("the API is\x1b[2J down")
    report, waits = probed()
    assert waits == []
    assert meaning(report) == r"the listener's counters cannot be read: the API is\x1b[2J down"


def test_nor_does_one_that_fails_later(api: FakeOctavia, clock: FakeClock) -> None:
    def fail() -> None:
        api.error = CloudError("down")

    report, _ = probed(then=fail)
    assert clock.now == 1025
    assert meaning(report) == "the listener's counters could not be read after the last message"


def test_a_provider_that_counts_nothing_is_not_asked(api: FakeOctavia) -> None:
    report, waits = probed(balancer=replace(BALANCER, provider="ovn"))
    assert (api.readings, waits, report.counters) == (0, [], ())
    assert report.warnings[-1] == (
        "OVN does not count what a listener passes on, so statistics cannot show where messages are"
        " lost"
    )


def test_what_an_unknown_provider_counts_proves_nothing(api: FakeOctavia) -> None:
    report, _ = probed(balancer=replace(BALANCER, provider="f5"))
    assert meaning(report) == (
        "the counters of F5 grew by 0 connections, 0 bytes in and 0 bytes out; what it"
        " counts is not known, so they prove nothing"
    )


@pytest.mark.parametrize("changed_at", [LONG_AGO + timedelta(seconds=1), None])
def test_a_load_balancer_that_was_changed_meanwhile_may_have_reset_its_counters(
    api: FakeOctavia, changed_at: datetime | None
) -> None:
    def change() -> None:
        now = datetime.now(timezone.utc)
        api.balancer = replace(BALANCER, changed_at=changed_at or now)

    api.reports.append((9, counters(6)))
    report, _ = probed(then=change)
    assert meaning(report).startswith("the load balancer was changed at this time")


def test_a_change_just_before_the_first_reading_counts_too(api: FakeOctavia) -> None:
    just_now = replace(BALANCER, changed_at=datetime.now(timezone.utc) - timedelta(seconds=8))
    api.balancer = just_now
    report, _ = probed(balancer=just_now)
    assert meaning(report).startswith("the load balancer was changed at this time")


def test_without_messages_nothing_is_concluded(api: FakeOctavia) -> None:
    connection: Any = object()
    reader = CounterReader(connection, BALANCER, TARGETS)
    reader.start()
    report = reader.add_to(reported(Outcome.TIMEOUT, messages=0))
    assert [counters.meaning for counters in report.counters] == [""]
    assert report.warnings == ()


def test_an_interrupted_wait_leaves_what_was_read(api: FakeOctavia) -> None:
    connection: Any = object()
    reader = CounterReader(connection, BALANCER, TARGETS)
    reader.start()
    report = reported(Outcome.TIMEOUT)
    api.reports.append((0, counters(9)))
    next(reader.wait(report))
    assert meaning(reader.add_to(report)).endswith(
        "none of its reports within 0 s is newer than the messages"
    )
