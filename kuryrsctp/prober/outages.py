# SPDX-License-Identifier: Apache-2.0

"""Outages: when messages were not answered, how long, and who answered before and after. No I/O."""

import time
from collections import Counter
from dataclasses import dataclass, field

from kuryrsctp.addresses import Endpoint
from kuryrsctp.model import Outcome
from kuryrsctp.prober.targets import Target
from kuryrsctp.sctp.messages import Exchange
from kuryrsctp.terminal_text import printable

MAX_OUTAGES = 1000
"""Outages of a target that are kept; later ones are only counted."""

_MAX_MEMBERS = 100
_MAX_NAME_LENGTH = 253


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A time in which messages to a target were not answered, or not as expected.

    - `target`: the endpoint
    - `began`: when the first unanswered message was sent, in seconds since 1970 (UTC)
    - `ended`: when the first message was sent that was answered again, None if none was
    - `messages`: how many messages were sent in this time. Some may have been answered, by
      other members.
    - `failures`: how many of them had which outcome, the most frequent first
    - `before`, `after`: who answered last before it, and first after it; "" if not known
    """

    target: Endpoint
    began: float
    ended: float | None
    messages: int
    failures: tuple[tuple[Outcome, int], ...]
    before: str = ""
    after: str = ""

    @property
    def seconds(self) -> float | None:
        """How long it lasted, None if it did not end."""
        return None if self.ended is None else self.ended - self.began

    def __str__(self) -> str:
        """Return it as a line, in local time."""
        day = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.began))
        milliseconds = int(self.began % 1 * 1000)
        length = "not over" if self.seconds is None else f"{self.seconds:.3f} s"
        failed = sum(count for _, count in self.failures)
        kinds = ", ".join(f"{count} {outcome.value}" for outcome, count in self.failures)
        is_unexpected = any(outcome is Outcome.UNEXPECTED for outcome, _ in self.failures)
        line = (
            f"{self.target}: outage from {day}.{milliseconds:03}, {length}:"
            f" {failed} of {self.messages} messages not answered"
            f"{' as expected' if is_unexpected else ''} ({kinds})"
        )
        if self.before:
            line += f", last before: {printable(self.before, _MAX_NAME_LENGTH)}"
        if self.after:
            line += f", first after: {printable(self.after, _MAX_NAME_LENGTH)}"
        return line


@dataclass(slots=True)
class _OpenOutage:
    began: float
    before: str
    messages: int = 0
    failures: Counter[Outcome] = field(default_factory=Counter)
    ended: float | None = None
    after: str = ""
    answered_since: int = 0


class OutageDetector:
    """Finds the outages of one target in its exchanges, given in the order of sending.

    If one of several members fails, the others still answer. So an outage is over only when
    every member has had its turn and none has failed. Its end is known to one interval if the
    whole target fails, or else to one round of its members.
    """

    def __init__(self, target: Target) -> None:
        """Start without an outage of `target`."""
        self._target = target
        self._ended: list[Outage] = []
        self._not_kept = 0
        self._open: _OpenOutage | None = None
        self._last_backend = ""
        self._backends: set[str] = set()

    def add(self, exchange: Exchange, backend: str) -> None:
        """Add the next exchange, and the name of who answered."""
        if exchange.outcome is Outcome.ANSWERED:
            self._add_answered(exchange, backend)
            return
        outage = self._open or _OpenOutage(exchange.sent_at, self._last_backend)
        self._open = outage
        outage.messages += outage.answered_since + 1
        outage.answered_since = 0
        outage.failures[exchange.outcome] += 1

    def outages(self) -> tuple[Outage, ...]:
        """Return the outages so far; the last one may not be over."""
        return (*self._ended, self._outage(self._open)) if self._open else tuple(self._ended)

    @property
    def not_kept(self) -> int:
        """How many outages there were after MAX_OUTAGES of them."""
        return self._not_kept

    def _add_answered(self, exchange: Exchange, backend: str) -> None:
        self._last_backend = backend
        if len(self._backends) < _MAX_MEMBERS:
            self._backends.add(backend)
        outage = self._open
        if outage is None:
            return
        if not outage.answered_since:
            outage.ended, outage.after = exchange.sent_at, backend
        outage.answered_since += 1
        if outage.answered_since >= self._round_length():
            self._open = None
            if len(self._ended) < MAX_OUTAGES:
                self._ended.append(self._outage(outage))
            else:
                self._not_kept += 1

    def _round_length(self) -> int:
        """Return how many messages reach every member once.

        If the members are not known, there may be one more than those that have answered.
        """
        return self._target.round_length if self._target.members else len(self._backends) + 1

    def _outage(self, outage: _OpenOutage) -> Outage:
        over = outage.answered_since > 0
        return Outage(
            target=self._target.endpoint,
            began=outage.began,
            ended=outage.ended if over else None,
            messages=outage.messages,
            failures=tuple(outage.failures.most_common()),
            before=outage.before,
            after=outage.after if over else "",
        )
