# SPDX-License-Identifier: Apache-2.0

"""When messages went unanswered, for how long, and who answered before and after. Pure."""

import time
from collections import Counter
from dataclasses import dataclass, field

from kuryrsctp.addresses import Endpoint
from kuryrsctp.model import Outcome
from kuryrsctp.prober.targets import Target
from kuryrsctp.sctp.messages import Exchange
from kuryrsctp.terminal_text import printable

MAX_OUTAGES = 1000
"""Outages of a target that are remembered; later ones are counted only."""

_MAX_MEMBERS = 100
_MAX_NAME_LENGTH = 253


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which messages to a target went unanswered.

    `began` is when the first of them was sent, `ended` when the first one after them was
    that was answered, None if none was: seconds since 1970 (UTC). Of the `messages` sent
    in between, those in `failures` were not answered: the others came by members that
    still did. `before` and `after` say who answered last before, and first after.
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
        """How long it was, None if it did not end."""
        return None if self.ended is None else self.ended - self.began

    def __str__(self) -> str:
        """Say it in a line, in local time."""
        day = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.began))
        milliseconds = int(self.began % 1 * 1000)
        length = "not over" if self.seconds is None else f"{self.seconds:.3f} s"
        failed = sum(count for _, count in self.failures)
        kinds = ", ".join(f"{count} {outcome.value}" for outcome, count in self.failures)
        line = (
            f"{self.target}: outage from {day}.{milliseconds:03}, {length}:"
            f" {failed} of {self.messages} messages not answered ({kinds})"
        )
        if self.before:
            line += f", last before: {printable(self.before, _MAX_NAME_LENGTH)}"
        if self.after:
            line += f", first after: {printable(self.after, _MAX_NAME_LENGTH)}"
        return line


@dataclass(slots=True)
class _Open:
    began: float
    before: str
    messages: int = 0
    failures: Counter[Outcome] = field(default_factory=Counter)
    ended: float | None = None
    after: str = ""
    answered_since: int = 0


class OutageDetector:
    """Finds the outages of one target in its exchanges, given in the order they were sent.

    When one of several members fails, the others go on answering: an outage is over only
    once every member has had its turn and none has failed. So it is known to within one
    interval if the whole target fails, or else to within one turn round its members.
    """

    def __init__(self, target: Target) -> None:
        """Watch for outages of `target`."""
        self._target = target
        self._found: list[Outage] = []
        self._forgotten = 0
        self._open: _Open | None = None
        self._last = ""
        self._seen: set[str] = set()

    def add(self, exchange: Exchange, who: str) -> None:
        """Take in the next exchange, and who answered."""
        if exchange.outcome is Outcome.ANSWERED:
            self._answered(exchange, who)
            return
        now = self._open or _Open(exchange.sent_at, self._last)
        self._open = now
        now.messages += now.answered_since + 1
        now.answered_since = 0
        now.failures[exchange.outcome] += 1

    def outages(self) -> tuple[Outage, ...]:
        """Return the outages so far, the last of which may not be over."""
        return (*self._found, self._closed(self._open)) if self._open else tuple(self._found)

    @property
    def forgotten(self) -> int:
        """How many more outages there were than are remembered."""
        return self._forgotten

    def _answered(self, exchange: Exchange, who: str) -> None:
        self._last = who
        if len(self._seen) < _MAX_MEMBERS:
            self._seen.add(who)
        now = self._open
        if now is None:
            return
        if not now.answered_since:
            now.ended, now.after = exchange.sent_at, who
        now.answered_since += 1
        # Where the members are not known, one more than has been seen may be behind the target.
        cycle = self._target.round_length if self._target.members else len(self._seen) + 1
        if now.answered_since >= cycle:
            self._open = None
            if len(self._found) < MAX_OUTAGES:
                self._found.append(self._closed(now))
            else:
                self._forgotten += 1

    def _closed(self, outage: _Open) -> Outage:
        over = outage.answered_since > 0
        return Outage(
            self._target.endpoint,
            outage.began,
            outage.ended if over else None,
            outage.messages,
            tuple(outage.failures.most_common()),
            outage.before,
            outage.after if over else "",
        )
