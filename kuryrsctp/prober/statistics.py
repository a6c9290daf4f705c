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
from kuryrsctp.prober.latency import LatencyHistogram
from kuryrsctp.prober.outages import Outage, OutageDetector
from kuryrsctp.prober.targets import Target
from kuryrsctp.prober.verdict import TargetResult, Verdict, conclude
from kuryrsctp.sctp.messages import Exchange
from kuryrsctp.terminal_text import printable

OTHERS = "(others)"
"""Stands for the backends past the first few hundred: a peer may make up any number of names."""

_MAX_BACKENDS = 256
_MAX_PEERS = 64
_MAX_LIST_LENGTH = 200
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
    latency: LatencyHistogram = field(default_factory=LatencyHistogram)


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
        """Start with no message to any target; `all_members` is for the verdict (`conclude`)."""
        self.service = service
        self._all_members = all_members
        self.messages = 0
        self.outcomes: Counter[Outcome] = Counter()
        self._targets = {one.endpoint: _TargetStatistics(one) for one in targets}
        self._next = 1
        # Those that were overtaken by none are passed on at once.
        self._reorder_buffer: list[tuple[int, int, Exchange]] = []

    def add(self, exchange: Exchange) -> None:
        """Count one exchange."""
        self.messages += 1
        self.outcomes[exchange.outcome] += 1
        self._targets[exchange.target].add(exchange)
        light = Exchange(
            exchange.seq,
            exchange.target,
            exchange.outcome,
            backend=exchange.backend,
            sent_at=exchange.sent_at,
        )
        heapq.heappush(self._reorder_buffer, (exchange.seq, self.messages, light))
        while self._reorder_buffer and self._reorder_buffer[0][0] <= self._next:
            self._release()
            self._next += 1

    def report(self) -> ProbeReport:
        """Return what the exchanges so far say; after it none can be added."""
        while self._reorder_buffer:
            self._release()
        tallies = self._targets.values()
        return ProbeReport(
            self.service,
            tuple(one.target for one in tallies),
            tuple(group for one in tallies for group in one.groups()),
            tuple(line for one in tallies for line in one.warnings()),
            tuple(outage for one in tallies for outage in one.detector.outages()),
            conclude([one.result() for one in tallies], all_members=self._all_members),
            self.messages,
        )

    def _release(self) -> None:
        _, _, exchange = heapq.heappop(self._reorder_buffer)
        self._targets[exchange.target].add_in_order(exchange)


@dataclass(slots=True)
class _GroupCounts:
    messages: int = 0
    latency: LatencyHistogram = field(default_factory=LatencyHistogram)


class _TargetStatistics:
    """The messages to one target."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.detector = OutageDetector(target)
        self._messages = 0
        self._groups: dict[_Key, _GroupCounts] = {}
        self._details: dict[Outcome, str] = {}
        self._peers: set[str] = set()
        self._names = {}
        for member in target.members:
            parts = kuryr.read_member(member.name)
            if parts:
                self._names[parts.target] = member.name

    def add(self, exchange: Exchange) -> None:
        self._messages += 1
        key = self._key(exchange)
        if key not in self._groups and len(self._groups) >= _MAX_BACKENDS:
            key = key[0], "", OTHERS
        group = self._groups.setdefault(key, _GroupCounts())
        group.messages += 1
        if exchange.rtt is not None:
            group.latency.add(exchange.rtt)
        self._details.setdefault(exchange.outcome, exchange.detail)
        if len(self._peers) < _MAX_PEERS:
            self._peers.update(peer.partition("%")[0] for peer in exchange.peers)

    def add_in_order(self, exchange: Exchange) -> None:
        _, member, backend = self._key(exchange)
        self.detector.add(exchange, member or backend)

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
                group.latency,
            )
        answered = self.result().answered_by
        # An answer that names no member may be any member's: then nobody is known to be silent.
        if not ("" in answered or self.target.direct):
            silent = (one.name for one in self.target.members if one.name not in answered)
            for name in dict.fromkeys(silent):
                yield Group(self.target.endpoint, None, "", name)

    def result(self) -> TargetResult:
        answered: Counter[str] = Counter()
        for (outcome, member, _), group in self._groups.items():
            if _OUTCOMES[outcome] is Outcome.ANSWERED:
                answered[member] += group.messages
        return TargetResult(self.target, self._messages, answered)

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
            listed = printable(", ".join(sorted(others)), _MAX_LIST_LENGTH)
            yield (
                f"{endpoint}: the server announces more addresses ({listed}); if there is a load"
                " balancer or NAT on the way, associations break after seconds: bind the server to"
                " one address"
            )
        strangers = {backend for _, member, backend in self._groups if backend and not member}
        # Where no answer names a member, answers are just not made to.
        if strangers and any(member for _, member, _ in self._groups):
            listed = printable(", ".join(sorted(strangers)), _MAX_LIST_LENGTH)
            yield (
                f"{endpoint}: answers come from {listed} as well, no member when the probe began:"
                " the members have changed since, or somebody else has the address"
            )
        if self.detector.forgotten:
            yield f"{endpoint}: {self.detector.forgotten} more outages are not listed"

    def _key(self, exchange: Exchange) -> _Key:
        member = (
            self.target.members[0].name
            if self.target.direct
            else self._names.get(exchange.backend, "")
        )
        return _OUTCOMES.index(exchange.outcome), member, exchange.backend
