# SPDX-License-Identifier: Apache-2.0

"""Reads the counters of the targets' listeners before a probe, and again until they tell of it."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from kuryrsctp import providers
from kuryrsctp.errors import CloudError
from kuryrsctp.model import ListenerStatistics, LoadBalancer, Outcome, Unreadable
from kuryrsctp.prober.counters import Growth, ListenerCounters, Sent, explain
from kuryrsctp.prober.statistics import ProbeReport
from kuryrsctp.prober.targets import Target
from kuryrsctp.terminal_text import printable

if TYPE_CHECKING:
    from openstack.connection import Connection

    from kuryrsctp.cloud.calls import Cloud

POLL_INTERVAL = 2.0
"""Seconds between two readings while a report is waited for."""

MAX_WAIT = 25.0
"""Seconds in which a load balancer that reports every 10 s, as is the default, does so twice."""

# Seconds in which one that is seen to report does so again.
_USUAL_WAIT = 15.0

# How old counters are when Octavia has them: the kernel sums them up every 2 s.
_AGE = 3.0

_READ_TIMEOUT = 10.0
_MAX_REASON_LENGTH = 300


@dataclass(slots=True)
class _Listener:
    """What is known of the counters of one target's listener."""

    target: Target
    before: ListenerStatistics | Unreadable
    after: ListenerStatistics | None = None
    waited: float = 0.0
    has_reported: bool = False
    is_current: bool = False

    def take(self, counters: ListenerStatistics | Unreadable, waited: float) -> None:
        """Keep counters that were read `waited` seconds after the last message."""
        if isinstance(counters, Unreadable) or isinstance(self.before, Unreadable):
            return
        if counters != (self.after or self.before):
            self.has_reported = True
            # It came after the last reading, and was at most _AGE old then.
            self.is_current = self.after is not None and self.waited >= _AGE
        self.after, self.waited = counters, waited

    def is_settled(self, sent: Sent) -> bool:
        """Tell whether another reading would tell no more."""
        if isinstance(self.before, Unreadable) or self.is_current:
            return True
        if self.after is None or not sent.all_answered:
            return False
        return Growth.between(self.before, self.after).associations >= sent.messages


class CounterReader:
    """The counters of the targets' listeners, before and after a probe.

    `start` before the first message; after the last one go through `wait`, then call `add_to`.
    Where something cannot be read, the report says so: none of them raises CloudError.
    """

    def __init__(
        self,
        connection: "Connection",
        load_balancer: LoadBalancer,
        targets: Sequence[Target],
        *,
        from_one_port: bool = False,
    ) -> None:
        """Nothing is read yet. With `from_one_port`, all messages have the same source port."""
        self._connection = connection
        self._load_balancer = load_balancer
        self._provider = providers.provider_named(load_balancer.provider)
        self._targets = [target for target in targets if target.listener_id]
        self._from_one_port = from_one_port
        self._listeners: list[_Listener] = []
        self._started_at = datetime.now(timezone.utc)
        self._was_changed = False

    def start(self) -> None:
        """Read the counters before the first message."""
        self._started_at = datetime.now(timezone.utc)
        if self._provider.has_statistics is not False:
            self._listeners = list(map(_Listener, self._targets, self._read()))

    def wait(self, report: ProbeReport) -> Iterator[float]:
        """Read the counters until they tell of all messages of the report, up to MAX_WAIT.

        Yields the seconds that are left whenever it is about to wait.
        """
        ended = time.monotonic()
        while any(not each.is_settled(self._sent(report, each)) for each in self._listeners):
            for listener, counters in zip(self._listeners, self._read(), strict=True):
                listener.take(counters, time.monotonic() - ended)
            unsettled = [
                each for each in self._listeners if not each.is_settled(self._sent(report, each))
            ]
            usual = all(each.has_reported for each in unsettled)
            left = ended + (_USUAL_WAIT if usual else MAX_WAIT) - time.monotonic()
            if not unsettled or left <= 0:
                break
            yield left
            time.sleep(min(POLL_INTERVAL, left))
        if any(each.after for each in self._listeners):
            self._was_changed = self._is_changed()

    def add_to(self, report: ProbeReport) -> ProbeReport:
        """Return the report with the counters, and with what they prove among its warnings."""
        if self._provider.has_statistics is False:
            line = (
                f"{self._provider.title} does not count what a listener passes on, so statistics"
                " cannot show where messages are lost"
            )
            return replace(report, warnings=(*report.warnings, line))
        counters = tuple(self._counters(report, each) for each in self._listeners)
        lines = (f"{each.target}: {each.meaning}" for each in counters if each.meaning)
        return replace(report, counters=counters, warnings=(*report.warnings, *lines))

    def _counters(self, report: ProbeReport, listener: _Listener) -> ListenerCounters:
        target = listener.target.endpoint
        if isinstance(listener.before, Unreadable):
            meaning = f"the listener's counters cannot be read: {listener.before.reason}"
            return ListenerCounters(target=target, meaning=meaning)
        return ListenerCounters(
            target=target,
            before=listener.before,
            after=listener.after,
            waited=listener.waited,
            is_current=listener.is_current,
            meaning=self._meaning(listener.before, listener, self._sent(report, listener)),
        )

    def _meaning(self, before: ListenerStatistics, listener: _Listener, sent: Sent) -> str:
        if not sent.messages:
            return ""
        if listener.after is None:
            return "the listener's counters could not be read after the last message"
        growth = Growth.between(before, listener.after)
        if self._provider.has_statistics is None:
            return (
                f"the counters of {self._provider.title} grew by {growth.associations} connections,"
                f" {growth.bytes_in} bytes in and {growth.bytes_out} bytes out; what it counts is"
                " not known, so they prove nothing"
            )
        return explain(
            growth,
            sent,
            waited=listener.waited,
            is_current=listener.is_current,
            was_changed=self._was_changed,
        )

    def _sent(self, report: ProbeReport, listener: _Listener) -> Sent:
        outcomes: Counter[Outcome] = Counter()
        for group in report.groups:
            if group.outcome and group.target == listener.target.endpoint:
                outcomes[group.outcome] += group.messages
        return Sent(outcomes=outcomes, from_one_port=self._from_one_port)

    def _read(self) -> list[ListenerStatistics | Unreadable]:
        from kuryrsctp.cloud.statistics import listener_statistics

        try:
            return listener_statistics(self._cloud(), [each.listener_id for each in self._targets])
        except CloudError as error:
            return [Unreadable(printable(str(error), _MAX_REASON_LENGTH))] * len(self._targets)

    def _is_changed(self) -> bool:
        """Tell whether the load balancer has been changed since its last report before `start`.

        A change restarts what balances, and its counters.
        """
        from kuryrsctp.cloud import octavia

        try:
            current = octavia.read_load_balancer(self._cloud(), self._load_balancer.id)
        except CloudError:
            return False
        changed_at = current.changed_at if current else None
        since = self._started_at - timedelta(seconds=_USUAL_WAIT)
        return changed_at is not None and (
            changed_at > since or changed_at != self._load_balancer.changed_at
        )

    def _cloud(self) -> "Cloud":
        from kuryrsctp.cloud.calls import Cloud

        return Cloud(self._connection, _READ_TIMEOUT)
