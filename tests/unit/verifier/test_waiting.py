# SPDX-License-Identifier: Apache-2.0

"""Waiting ends when services have settled, or when the time is over."""

from collections.abc import Iterator, Sequence

import pytest

from kuryrsctp.errors import CloudError, Inconclusive
from kuryrsctp.naming import ServiceName, ServiceRef
from kuryrsctp.verifier import waiting
from kuryrsctp.verifier.bulk import ServiceResult
from kuryrsctp.verifier.report import Finding, Status, VerifyReport
from kuryrsctp.verifier.waiting import settle

AMF, SMF, UPF = (ServiceName("core", name) for name in ("amf", "smf", "upf"))


def result(
    ref: ServiceRef, check: str, status: Status, *, transient: bool = False
) -> ServiceResult:
    findings = (Finding(check, status, str(ref), "as it is", transient=transient),)
    return ServiceResult(ref=ref, report=VerifyReport(str(ref), findings))


def absent(ref: ServiceRef = AMF) -> ServiceResult:
    return result(ref, "load-balancer-exists", Status.FAIL, transient=True)


def pending(ref: ServiceRef = AMF) -> ServiceResult:
    return result(ref, "load-balancer-provisioning", Status.WARN, transient=True)


def well(ref: ServiceRef = AMF) -> ServiceResult:
    return result(ref, "load-balancer-exists", Status.OK)


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


@pytest.fixture(autouse=True)
def _short_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "POLL_INTERVAL", 0.001)


def test_what_has_settled_is_not_checked_again() -> None:
    script = Script()
    results = {
        AMF: well(),
        SMF: result(SMF, "load-balancer-provisioning", Status.FAIL),
        UPF: failed(UPF, CloudError("no answer")),
    }
    assert waited(script, dict(results)) == []
    assert script.asked == []


def test_a_rebuild_is_followed_until_two_checks_find_nothing_transient() -> None:
    script = Script([absent(), pending(), well(), pending(), well(), well()])
    results = {AMF: pending()}
    lines = waited(script, results)
    assert results == {AMF: well()}
    assert len(script.asked) == 6
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
    assert script.asked == [(AMF, SMF), (AMF, SMF), (SMF,)]
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
