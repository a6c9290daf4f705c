# SPDX-License-Identifier: Apache-2.0

"""Waiting until services have settled: nothing is under way, and has not been for a while."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from openstack.connection import Connection

from kuryrsctp import naming
from kuryrsctp.cloud import threads
from kuryrsctp.cloud.deadline import Deadline
from kuryrsctp.verifier.bulk import ServiceResult, verify_many
from kuryrsctp.verifier.checks import ages
from kuryrsctp.verifier.report import Expectations, Finding
from kuryrsctp.verifier.single import NO_EXPECTATIONS

POLL_INTERVAL = 2.0
"""Seconds between two checks of a service that has not settled."""

QUIET_TIME = 10.0
"""Seconds without a change after which a service has settled.

Makers add the members of a Service one by one, and the load balancer is ACTIVE in between: a maker
only seen every 1 to 3 s whether Octavia has finished the last change.
"""

Check = Callable[[Sequence[naming.ServiceRef]], Iterable[ServiceResult]]
OnWait = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Observation:
    """What a check has seen of a service; times are those of the monotonic clock.

    `transient` is a finding that may still change, `parts` are the IDs of what was checked, and
    `changed_at` is when Octavia last changed one of them: it tells changes that have begun and
    ended between two checks.
    """

    transient: Finding | None
    parts: frozenset[str]
    changed_at: datetime | None
    quiet_since: float
    seen_at: float

    @property
    def quiet_seconds(self) -> float:
        return self.seen_at - self.quiet_since

    @property
    def is_settled(self) -> bool:
        return not self.transient and self.quiet_seconds >= QUIET_TIME

    def is_waiting_for(self, reason: Finding) -> bool:
        return self.transient is not None and self.transient.check == reason.check


_Observations = dict[naming.ServiceRef, _Observation]


def wait_until_settled(
    connection: Connection,
    services: Sequence[str | naming.ServiceRef],
    *,
    namespace: str = naming.DEFAULT_NAMESPACE,
    project: str | None = None,
    expected: Expectations = NO_EXPECTATIONS,
    wait: float,
    jobs: int = threads.DEFAULT_JOBS,
    on_wait: OnWait = lambda line: None,
) -> list[ServiceResult]:
    """Check services until they have settled; return the last result of each.

    A service has settled when no finding is transient, and nothing of it has changed for
    QUIET_TIME: at once, if all its parts are older. `wait` is the longest wait, in seconds; the
    last check comes when they have passed. `on_wait` is called with a line whenever the reason to
    wait changes. The other parameters, and what is raised, are those of `verify_many`.
    """

    def check(refs: Sequence[str | naming.ServiceRef]) -> Iterable[ServiceResult]:
        return verify_many(
            connection, refs, namespace=namespace, project=project, expected=expected, jobs=jobs
        )

    results = {result.ref: result for result in check(services)}
    settle(results, check, wait, on_wait)
    return list(results.values())


def settle(
    results: dict[naming.ServiceRef, ServiceResult], check: Check, wait: float, on_wait: OnWait
) -> None:
    """Check again what has not settled in `results`, and put each new result in there.

    `wait` and `on_wait` are those of `wait_until_settled`.
    """
    deadline = Deadline(wait)
    unsettled = _unsettled(results.values(), {})
    _report_changes({}, unsettled, deadline, on_wait)
    while unsettled and deadline.left():
        time.sleep(min(POLL_INTERVAL, deadline.left()))
        checked: dict[naming.ServiceRef, ServiceResult] = {}
        for result in check(list(unsettled)):
            results[result.ref] = checked[result.ref] = result
        for ref in unsettled.keys() - checked.keys():
            del results[ref]  # the name stands for several services now
        before, unsettled = unsettled, _unsettled(checked.values(), unsettled)
        _report_changes(before, unsettled, deadline, on_wait)


def _unsettled(results: Iterable[ServiceResult], before: _Observations) -> _Observations:
    """Return what was seen of the services that have not settled."""
    seen = {result.ref: _observe(result, before.get(result.ref)) for result in results}
    return {ref: each for ref, each in seen.items() if each and not each.is_settled}


def _observe(result: ServiceResult, before: _Observation | None) -> _Observation | None:
    """Return what a check has seen; None if the service could not be judged."""
    report, now = result.report, time.monotonic()
    if report is None:
        return None
    transient = next((finding for finding in report.findings if finding.transient), None)
    parts, changed_at = frozenset(finding.id for finding in report.findings), report.changed_at
    if before is None:
        age = ages.age_of(changed_at, report.checked_at)
        quiet = QUIET_TIME if age is None else age
        return _Observation(transient, parts, changed_at, quiet_since=now - quiet, seen_at=now)
    # The end of a change is one, too: nothing is known of the time between two checks.
    is_same = (parts, changed_at) == (before.parts, before.changed_at)
    is_quiet = is_same and not (transient or before.transient)
    quiet_since = before.quiet_since if is_quiet else now
    return _Observation(transient, parts, changed_at, quiet_since, seen_at=now)


def _report_changes(
    before: _Observations, seen: _Observations, deadline: Deadline, on_wait: OnWait
) -> None:
    for ref, each in seen.items():
        earlier, reason = before.get(ref), each.transient
        up_to = f"waiting up to {deadline.left():.0f} s"
        if reason and not (earlier and earlier.is_waiting_for(reason)):
            on_wait(f"{ref}: {reason.check}: {reason.detail}; {up_to}")
        elif not reason and not earlier:
            quiet = ages.in_words(each.quiet_seconds)
            on_wait(f"{ref}: changed {quiet} ago, and other changes may follow; {up_to}")
