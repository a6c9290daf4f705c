# SPDX-License-Identifier: Apache-2.0

"""Waiting ends when services have settled, or when the time is over."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from kuryrsctp.errors import CloudError, Inconclusive
from kuryrsctp.naming import ServiceName, ServiceRef
from kuryrsctp.verifier import waiting
from kuryrsctp.verifier.bulk import ServiceResult
from kuryrsctp.verifier.report import Finding, Status, VerifyReport
from kuryrsctp.verifier.waiting import settle

AMF, SMF, UPF = (ServiceName("core", name) for name in ("amf", "smf", "upf"))


def result(
    ref: ServiceRef,
    check: str,
    status: Status,
    *,
    transient: bool = False,
    parts: Sequence[str] = ("lb",),
    changed_at: datetime | None = None,
) -> ServiceResult:
    findings = tuple(
        Finding(check, status, str(ref), "as it is", part, transient=transient) for part in parts
    )
    return ServiceResult(ref=ref, report=VerifyReport(str(ref), findings, changed_at, ago(0)))


def absent(ref: ServiceRef = AMF) -> ServiceResult:
    return result(ref, "load-balancer-exists", Status.FAIL, transient=True)


def pending(ref: ServiceRef = AMF) -> ServiceResult:
    return result(ref, "load-balancer-provisioning", Status.WARN, transient=True)


def well(ref: ServiceRef = AMF, **seen: Any) -> ServiceResult:
    return result(ref, "load-balancer-exists", Status.OK, **seen)


def ago(seconds: float) -> datetime:
    return datetime.now(timezone.utc) - timedelta(seconds=seconds)


def failed(ref: ServiceRef, error: Inconclusive) -> ServiceResult:
    return ServiceResult(ref=ref, error=error)


class Script:
    """Checks services with results that were written down beforehand; the last one repeats."""

    def __init__(self, *results: Sequence[ServiceResult]) -> None:
        self.results = {rows[0].ref: list(rows) for rows in results}
        self.asked: list[tuple[ServiceRef, ...]] = []

    def check(self, refs: Sequence[ServiceRef]) -> Iterator[ServiceResult]:
        self.asked.append(tuple(refs))
        for ref in refs:
            rows = self.results[ref]
            yield rows.pop(0) if len(rows) > 1 else rows[0]


def waited(
    script: Script, results: dict[ServiceRef, ServiceResult], seconds: float = 10
) -> list[str]:
    lines: list[str] = []
    settle(results, script.check, seconds, lines.append)
    return lines


@dataclass
class FakeClock:
    """A clock on which only a sleep takes time."""

    now: float = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    found = FakeClock()
    monkeypatch.setattr(waiting, "time", found)
    return found


# Checks after the last change until a service has settled.
QUIET_CHECKS = round(waiting.QUIET_TIME / waiting.POLL_INTERVAL)


def test_what_has_settled_is_not_checked_again() -> None:
    script = Script()
    results = {
        AMF: well(),
        SMF: result(SMF, "load-balancer-provisioning", Status.FAIL),
        UPF: failed(UPF, CloudError("no answer")),
    }
    assert waited(script, dict(results)) == []
    assert script.asked == []


def test_a_rebuild_is_followed_until_nothing_is_transient_for_a_while() -> None:
    script = Script([absent(), pending(), well(), pending(), well()])
    results = {AMF: pending()}
    lines = waited(script, results)
    assert results == {AMF: well()}
    assert len(script.asked) == 5 + QUIET_CHECKS
    assert [line.split(": ")[1] for line in lines] == [
        "load-balancer-provisioning",
        "load-balancer-exists",
        "load-balancer-provisioning",
        "load-balancer-provisioning",
    ]
    assert lines[0].endswith("as it is; waiting up to 10 s")


def test_only_what_is_transient_is_checked_again() -> None:
    script = Script([well()], [pending(SMF), well(SMF)])
    results = {AMF: pending(), SMF: pending(SMF), UPF: well(UPF)}
    waited(script, results)
    assert script.asked == [(AMF, SMF)] * (1 + QUIET_CHECKS) + [(SMF,)]
    assert list(results) == [AMF, SMF, UPF]


def test_an_api_that_fails_meanwhile_ends_the_wait_with_its_error() -> None:
    broken = failed(AMF, CloudError("no answer"))
    results = {AMF: pending()}
    waited(Script([broken]), results)
    assert results == {AMF: broken}


def test_the_wait_ends_when_its_time_is_over() -> None:
    results = {AMF: pending()}
    script = Script([absent()])
    waited(script, results, seconds=0.05)
    assert results == {AMF: absent()}
    waited(Script(), results, seconds=0)


def test_what_is_still_missing_when_it_is_no_longer_new_is_a_fault_in_the_end() -> None:
    missing = [
        result(AMF, "listener-exists", status, transient=True)
        for status in (Status.WARN, Status.WARN, Status.FAIL)
    ]
    results = {AMF: missing[0]}
    assert len(waited(Script(missing), results)) == 1
    assert results == {AMF: missing[-1]}


def test_members_that_come_one_by_one_are_waited_for(clock: FakeClock) -> None:
    pods = [well(parts=tuple("abc")[:count], changed_at=ago(1)) for count in (1, 1, 2, 2, 3)]
    script = Script(pods)
    results = {AMF: well(parts=(), changed_at=ago(1))}
    lines = waited(script, results)
    assert results == {AMF: pods[-1]}
    assert len(script.asked) == 5 + QUIET_CHECKS
    assert lines == ["core/amf: changed 1 s ago, and other changes may follow; waiting up to 10 s"]


def test_a_change_that_begins_and_ends_between_two_checks_is_one_nevertheless(
    clock: FakeClock,
) -> None:
    first, other = well(changed_at=ago(5)), well(changed_at=ago(0))
    script, results = Script([first, other]), {AMF: first}
    begun = clock.now
    waited(script, results, seconds=60)
    assert clock.now - begun == 2 * waiting.POLL_INTERVAL + waiting.QUIET_TIME


@pytest.mark.parametrize(("age", "rest"), [(10, 0), (7, 3), (0, 10), (-3600, 10)])
def test_what_was_changed_a_moment_ago_has_the_rest_of_the_quiet_time_to_go(
    clock: FakeClock, age: float, rest: float
) -> None:
    begun, last_changed = clock.now, well(changed_at=ago(age))
    waited(Script([last_changed]), {AMF: last_changed})
    assert rest <= clock.now - begun <= rest + waiting.POLL_INTERVAL


def test_a_name_that_comes_to_stand_for_other_services_is_no_longer_one_of_its_own() -> None:
    script = Script([pending()])
    script.results[AMF] = [well(SMF)]
    results = {AMF: pending()}
    waited(script, results)
    assert results == {SMF: well(SMF)}
