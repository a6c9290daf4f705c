# SPDX-License-Identifier: Apache-2.0

"""Waiting until services have settled: until nothing about them is under way."""

import time
from collections.abc import Callable, Iterable, Sequence

from openstack.connection import Connection

from kuryrsctp import naming
from kuryrsctp.cloud import threads
from kuryrsctp.cloud.deadline import Deadline
from kuryrsctp.verifier.bulk import ServiceResult, verify_many
from kuryrsctp.verifier.report import Expectations, Finding
from kuryrsctp.verifier.single import NO_EXPECTATIONS

POLL_INTERVAL = 2.0
"""Seconds between two checks of a service that has not settled."""

Check = Callable[[Sequence[naming.ServiceRef]], Iterable[ServiceResult]]
OnWait = Callable[[str], None]

# Why a service is waited for; None after the first check that found no reason.
_Reasons = dict[naming.ServiceRef, Finding | None]


def wait_until_settled(
    connection: Connection,
    services: Sequence[str | naming.ServiceRef],
    *,
    namespace: str = naming.DEFAULT_NAMESPACE,
    expected: Expectations = NO_EXPECTATIONS,
    wait: float,
    jobs: int = threads.DEFAULT_JOBS,
    on_wait: OnWait = lambda line: None,
) -> list[ServiceResult]:
    """Check services until none has a transient finding; return the last result of each.

    `wait` is the longest wait, in seconds; the last check comes when they have passed. `on_wait`
    is called with a line whenever the reason to wait changes. The other parameters, and what is
    raised, are those of `verify_many`.
    """

    def check(refs: Sequence[str | naming.ServiceRef]) -> Iterable[ServiceResult]:
        return verify_many(connection, refs, namespace=namespace, expected=expected, jobs=jobs)

    results = {result.ref: result for result in check(services)}
    settle(results, check, wait, on_wait)
    return list(results.values())


def settle(
    results: dict[naming.ServiceRef, ServiceResult], check: Check, wait: float, on_wait: OnWait
) -> None:
    """Check again what has not settled in `results`, and put each new result in there.

    A service that has changed has settled after two checks in a row without a transient finding:
    between two steps of a rebuild, all may look well for a moment. `wait` and `on_wait` are those
    of `wait_until_settled`.
    """
    deadline = Deadline(wait)
    reasons: _Reasons = {
        ref: reason for ref, result in results.items() if (reason := _transient_finding(result))
    }
    _report_changes({}, reasons, deadline, on_wait)
    while reasons and deadline.left():
        time.sleep(min(POLL_INTERVAL, deadline.left()))
        new_reasons: _Reasons = {}
        for result in check(list(reasons)):
            results[result.ref] = result
            reason = _transient_finding(result)
            if reason or reasons[result.ref]:
                new_reasons[result.ref] = reason
        _report_changes(reasons, new_reasons, deadline, on_wait)
        reasons = new_reasons


def _transient_finding(result: ServiceResult) -> Finding | None:
    """Return a finding that may still change; None if the service has settled."""
    findings = result.report.findings if result.report else ()
    return next((finding for finding in findings if finding.transient), None)


def _report_changes(
    before: _Reasons, reasons: _Reasons, deadline: Deadline, on_wait: OnWait
) -> None:
    for ref, reason in reasons.items():
        earlier = before.get(ref)
        if reason and (earlier is None or earlier.check != reason.check):
            on_wait(
                f"{ref}: {reason.check}: {reason.detail}; waiting up to {deadline.left():.0f} s"
            )
