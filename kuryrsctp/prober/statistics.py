# SPDX-License-Identifier: Apache-2.0

"""What many exchanges say together: who answered, how often, how fast. Pure.

Exchanges are counted as they come and are not kept: what is remembered of a target is
bounded, whatever its peer answers.
"""

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from kuryrsctp.addresses import Endpoint
from kuryrsctp.makers import kuryr
from kuryrsctp.model import Conclusion, Outcome
from kuryrsctp.prober.latency import Times
from kuryrsctp.prober.outages import Outage, Watch
from kuryrsctp.prober.targets import Target
from kuryrsctp.prober.verdict import Result, Verdict, judge
from kuryrsctp.sctp.messages import Exchange
from kuryrsctp.terminal_text import printable

OTHERS = "(others)"
"""Stands for the backends past the first few hundred: a peer may make up any number of names."""

_MOST_BACKENDS = 256
_MOST_PEERS = 64
_LONGEST_LIST = 200
_OUTCOMES = tuple(Outcome)

# The outcome's place among outcomes, the member's name, the backend's name.
_Key = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class Group:
    """Messages to one target with one outcome, from one backend.

    `backend` is who the answers name, and `member` the name of the pool's member that
    this is; "" where not known. A member that never answered has a group of its own,
    without outcome and messages. `share` is the part of all messages to the target, 0 to 1.
    """

    target: Endpoint
    outcome: Outcome | None
    backend: str
    member: str
    messages: int = 0
    share: float = 0.0
    times: Times = field(default_factory=Times)


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """All that `probe` found out; `groups` and `warnings` are by target.

    A warning is a line for each kind of failure, and for each trap that was seen.
    """

    service: str | None
    targets: tuple[Target, ...]
    groups: tuple[Group, ...]
    warnings: tuple[str, ...]
    outages: tuple[Outage, ...]
    verdict: Verdict
    messages: int

    @property
    def conclusion(self) -> Conclusion:
        """What the answers mean together."""
        return self.verdict.conclusion

    @property
    def ok(self) -> bool:
        """Whether the conclusion is OK."""
        return self.conclusion is Conclusion.OK

    @property
    def answered(self) -> bool:
        """Whether there were messages, and every one was answered."""
        return 0 < self.messages == self.outcomes[Outcome.ANSWERED]

    @property
    def outcomes(self) -> Counter[Outcome]:
        """How many messages had each outcome."""
        found: Counter[Outcome] = Counter()
        for group in self.groups:
            if group.outcome:
                found[group.outcome] += group.messages
        return found


class Summary:
    """Counts exchanges, numbered from 1 on in the order of sending, in whatever order they end."""

    def __init__(
        self, service: str | None, targets: Sequence[Target], *, all_members: bool = False
    ) -> None:
        """Start with no message to any target; `all_members` is for the verdict (`judge`)."""
        self.service = service
        self._all_members = all_members
        self.messages = 0
        self.outcomes: Counter[Outcome] = Counter()
        self._tallies = {one.endpoint: _Tally(one) for one in targets}
        self._next = 1
        # Those that were overtaken by none are passed on at once.
        self._ahead: list[tuple[int, int, Exchange]] = []

    def add(self, exchange: Exchange) -> None:
        """Count one exchange."""
        self.messages += 1
        self.outcomes[exchange.outcome] += 1
        self._tallies[exchange.target].count(exchange)
        light = Exchange(
            exchange.seq,
            exchange.target,
            exchange.outcome,
            backend=exchange.backend,
            sent_at=exchange.sent_at,
        )
        heapq.heappush(self._ahead, (exchange.seq, self.messages, light))
        while self._ahead and self._ahead[0][0] <= self._next:
            self._watch()
            self._next += 1

    def report(self) -> ProbeReport:
        """Return what the exchanges so far say; after it none can be added."""
        while self._ahead:
            self._watch()
        tallies = self._tallies.values()
        return ProbeReport(
            self.service,
            tuple(one.target for one in tallies),
            tuple(group for one in tallies for group in one.groups()),
            tuple(line for one in tallies for line in one.warnings()),
            tuple(outage for one in tallies for outage in one.watch.outages()),
            judge([one.result() for one in tallies], all_members=self._all_members),
            self.messages,
        )

    def _watch(self) -> None:
        _, _, exchange = heapq.heappop(self._ahead)
        self._tallies[exchange.target].look(exchange)


@dataclass(slots=True)
class _Count:
    messages: int = 0
    times: Times = field(default_factory=Times)


class _Tally:
    """The messages to one target."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.watch = Watch(target)
        self._messages = 0
        self._groups: dict[_Key, _Count] = {}
        self._details: dict[Outcome, str] = {}
        self._peers: set[str] = set()
        self._names = {}
        for member in target.members:
            parts = kuryr.read_member(member.name)
            if parts:
                self._names[parts.target] = member.name

    def count(self, exchange: Exchange) -> None:
        self._messages += 1
        key = self._key(exchange)
        if key not in self._groups and len(self._groups) >= _MOST_BACKENDS:
            key = key[0], "", OTHERS
        group = self._groups.setdefault(key, _Count())
        group.messages += 1
        if exchange.rtt is not None:
            group.times.add(exchange.rtt)
        self._details.setdefault(exchange.outcome, exchange.detail)
        if len(self._peers) < _MOST_PEERS:
            self._peers.update(peer.partition("%")[0] for peer in exchange.peers)

    def look(self, exchange: Exchange) -> None:
        _, member, backend = self._key(exchange)
        self.watch.add(exchange, member or backend)

    def groups(self) -> Iterator[Group]:
        for key in sorted(self._groups):
            outcome, member, backend = key
            group = self._groups[key]
            yield Group(
                self.target.endpoint,
                _OUTCOMES[outcome],
                backend,
                member,
                group.messages,
                group.messages / self._messages,
                group.times,
            )
        answered = self.result().answered_by
        # An answer that names no member may be any member's: then nobody is known to be silent.
        if not ("" in answered or self.target.direct):
            silent = (one.name for one in self.target.members if one.name not in answered)
            for name in dict.fromkeys(silent):
                yield Group(self.target.endpoint, None, "", name)

    def result(self) -> Result:
        answered: Counter[str] = Counter()
        for (outcome, member, _), group in self._groups.items():
            if _OUTCOMES[outcome] is Outcome.ANSWERED:
                answered[member] += group.messages
        return Result(self.target, self._messages, answered)

    def warnings(self) -> Iterator[str]:
        endpoint = self.target.endpoint
        counts: Counter[Outcome] = Counter()
        for (place, _, _), group in self._groups.items():
            counts[_OUTCOMES[place]] += group.messages
        for outcome in _OUTCOMES:
            if counts[outcome] and outcome is not Outcome.ANSWERED:
                yield (
                    f"{endpoint}: {counts[outcome]} of {self._messages} messages {outcome.value}:"
                    f" {self._details[outcome]}"
                )
        others = self._peers - {endpoint.address.partition("%")[0]}
        if others:
            listed = printable(", ".join(sorted(others)), _LONGEST_LIST)
            yield (
                f"{endpoint}: the server announces more addresses ({listed}); if there is a load"
                " balancer or NAT on the way, associations break after seconds: bind the server to"
                " one address"
            )
        strangers = {backend for _, member, backend in self._groups if backend and not member}
        # Where no answer names a member, answers are just not made to.
        if strangers and any(member for _, member, _ in self._groups):
            listed = printable(", ".join(sorted(strangers)), _LONGEST_LIST)
            yield (
                f"{endpoint}: answers come from {listed} as well, no member when the probe began:"
                " the members have changed since, or somebody else has the address"
            )
        if self.watch.forgotten:
            yield f"{endpoint}: {self.watch.forgotten} more outages are not listed"

    def _key(self, exchange: Exchange) -> _Key:
        member = (
            self.target.members[0].name
            if self.target.direct
            else self._names.get(exchange.backend, "")
        )
        return _OUTCOMES.index(exchange.outcome), member, exchange.backend
