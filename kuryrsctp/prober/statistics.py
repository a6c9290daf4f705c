# SPDX-License-Identifier: Apache-2.0

"""Summarizes exchanges: who answered, how often, how fast. No I/O.

Exchanges are counted as they come, and are not kept: the memory for a target is bounded,
whatever its peer answers.
"""

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from kuryrsctp.addresses import Endpoint
from kuryrsctp.model import Conclusion, Outcome
from kuryrsctp.prober.backends import MemberNames
from kuryrsctp.prober.counters import ListenerCounters
from kuryrsctp.prober.latency import LatencyHistogram
from kuryrsctp.prober.outages import Outage, OutageDetector
from kuryrsctp.prober.shares import remarks
from kuryrsctp.prober.targets import Target
from kuryrsctp.prober.verdict import TargetResult, conclude, label_of
from kuryrsctp.sctp.messages import Exchange
from kuryrsctp.terminal_text import printable

OTHERS = "(others)"
"""Stands for the backends after the first few hundred: a peer can make up any number of names."""

_MAX_BACKENDS = 256
_MAX_DETAILS = 4  # of one outcome; the rest is summed up
_OTHER_REASONS = "other reasons"
_MAX_PEERS = 64
_MAX_LIST_LENGTH = 200
_OUTCOMES = tuple(Outcome)

# The outcome's index in _OUTCOMES, the member's name, the backend's name.
_Key = tuple[int, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Messages to one target with one outcome, from one backend.

    - `target`: the endpoint
    - `outcome`: an `Outcome`, None for a member that never answered, which has a group of its own
    - `backend`: the name in the answers, "" if not known
    - `member`: the name of the pool's member that this is, "" if not known
    - `messages`: how many there were
    - `share`: the part of all messages to the target, 0 to 1
    - `latency`: their round-trip times
    """

    target: Endpoint
    outcome: Outcome | None
    backend: str
    member: str
    messages: int = 0
    share: float = 0.0
    latency: LatencyHistogram = field(default_factory=LatencyHistogram)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeReport:
    """What a probe found.

    - `service`: the name of the service, None if an address was probed
    - `targets`: where messages were sent
    - `groups`: the messages of each target, by outcome and backend
    - `warnings`: a line for each kind of failure, and for each sign of a known problem
    - `outages`: the times in which messages were not answered
    - `conclusion`: what all of it means
    - `reasons`: a line for each reason of the conclusion
    - `messages`: how many messages were sent
    - `counters`: what the load balancer counted of the messages to each target, if it was asked
    """

    service: str | None
    targets: tuple[Target, ...]
    groups: tuple[Group, ...]
    warnings: tuple[str, ...]
    outages: tuple[Outage, ...]
    conclusion: Conclusion
    reasons: tuple[str, ...]
    messages: int
    counters: tuple[ListenerCounters, ...] = ()

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
        outcomes: Counter[Outcome] = Counter()
        for group in self.groups:
            if group.outcome:
                outcomes[group.outcome] += group.messages
        return outcomes


class Summary:
    """Counts exchanges, which may end in another order than that of sending.

    They are numbered in the order of sending, from 1.
    """

    def __init__(
        self, service: str | None, targets: Sequence[Target], *, all_members: bool = False
    ) -> None:
        """Start without a message; `all_members` is passed to `conclude`."""
        self.service = service
        self.messages = 0
        self.outcomes: Counter[Outcome] = Counter()
        self._all_members = all_members
        self._statistics = {target.endpoint: _TargetStatistics(target) for target in targets}
        self._next_seq = 1
        # Exchanges that have ended before an earlier one, the earliest first.
        self._reorder_buffer: list[tuple[int, int, Exchange]] = []

    def add(self, exchange: Exchange) -> None:
        """Count one exchange."""
        self.messages += 1
        self.outcomes[exchange.outcome] += 1
        self._statistics[exchange.target].add(exchange)
        without_answer = Exchange(
            exchange.seq,
            exchange.target,
            exchange.outcome,
            backend=exchange.backend,
            sent_at=exchange.sent_at,
        )
        heapq.heappush(self._reorder_buffer, (exchange.seq, self.messages, without_answer))
        while self._reorder_buffer and self._reorder_buffer[0][0] <= self._next_seq:
            self._release()
            self._next_seq += 1

    def report(self) -> ProbeReport:
        """Return the report of all exchanges; after it none can be added."""
        while self._reorder_buffer:
            self._release()
        statistics = self._statistics.values()
        results = [each.result() for each in statistics]
        verdict = conclude(results, all_members=self._all_members)
        warnings = [
            line
            for each, result in zip(statistics, results, strict=True)
            for line in (*each.warnings(), *remarks(result))
        ]
        return ProbeReport(
            service=self.service,
            targets=tuple(each.target for each in statistics),
            groups=tuple(group for each in statistics for group in each.groups()),
            warnings=tuple(warnings),
            outages=tuple(outage for each in statistics for outage in each.detector.outages()),
            conclusion=verdict.conclusion,
            reasons=verdict.reasons,
            messages=self.messages,
        )

    def _release(self) -> None:
        _, _, exchange = heapq.heappop(self._reorder_buffer)
        self._statistics[exchange.target].add_in_order(exchange)


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
        self._details: dict[Outcome, Counter[str]] = {}
        self._peers: set[str] = set()
        self._member_names = MemberNames(target.members)

    def add(self, exchange: Exchange) -> None:
        """Count an exchange when it has ended."""
        self._messages += 1
        key = self._key(exchange)
        if key not in self._groups and len(self._groups) >= _MAX_BACKENDS:
            key = key[0], "", OTHERS
        group = self._groups.setdefault(key, _GroupCounts())
        group.messages += 1
        if exchange.rtt is not None:
            group.latency.add(exchange.rtt)
        details = self._details.setdefault(exchange.outcome, Counter())
        is_kept = exchange.detail in details or len(details) < _MAX_DETAILS
        details[exchange.detail if is_kept else _OTHER_REASONS] += 1
        if len(self._peers) < _MAX_PEERS:
            self._peers.update(peer.partition("%")[0] for peer in exchange.peers)

    def add_in_order(self, exchange: Exchange) -> None:
        """Look for outages in an exchange, when all that were sent before it have ended."""
        _, member, backend = self._key(exchange)
        self.detector.add(exchange, member or backend)

    def groups(self) -> Iterator[Group]:
        endpoint = self.target.endpoint
        for key in sorted(self._groups):
            outcome, member, backend = key
            group = self._groups[key]
            yield Group(
                target=endpoint,
                outcome=_OUTCOMES[outcome],
                backend=backend,
                member=member,
                messages=group.messages,
                share=group.messages / self._messages,
                latency=group.latency,
            )
        result = self.result()
        answered = result.answered_by.keys() | result.unexpected_from
        # An answer that names no member may be any member's: then no member is known to be silent.
        if not ("" in answered or self.target.direct):
            silent = (member for member in self.target.members if member.name not in answered)
            for label in dict.fromkeys(map(label_of, silent)):
                yield Group(target=endpoint, outcome=None, backend="", member=label)

    def result(self) -> TargetResult:
        answered: Counter[str] = Counter()
        unexpected = set()
        for (outcome, member, _), group in self._groups.items():
            if _OUTCOMES[outcome] is Outcome.ANSWERED:
                answered[member] += group.messages
            elif _OUTCOMES[outcome] is Outcome.UNEXPECTED:
                unexpected.add(member)
        outcomes = {outcome: details.total() for outcome, details in self._details.items()}
        return TargetResult(self.target, self._messages, answered, outcomes, frozenset(unexpected))

    def warnings(self) -> Iterator[str]:
        endpoint = self.target.endpoint
        yield from self._failures()
        others = self._peers - {endpoint.address.partition("%")[0]}
        if others:
            listed = printable(", ".join(sorted(others)), _MAX_LIST_LENGTH)
            yield (
                f"{endpoint}: the server announces more addresses ({listed}); a load balancer or"
                " NAT on the path that does not translate them breaks associations after seconds:"
                " bind the server to one address"
            )
        strangers = {
            backend
            for _, member, backend in self._groups
            if backend and not member and self._member_names.is_stranger(backend)
        }
        # If no answer names a member, the server's answers do not contain such a name.
        if strangers and any(member for _, member, _ in self._groups):
            listed = printable(", ".join(sorted(strangers)), _MAX_LIST_LENGTH)
            yield (
                f"{endpoint}: answers also come from {listed}, not a member when the probe began:"
                " the members have changed since, another host has the address, or a pod answers"
                " with another name than its own"
            )
        if self.detector.not_kept:
            yield f"{endpoint}: {self.detector.not_kept} more outages are not listed"

    def _failures(self) -> Iterator[str]:
        causes = {} if self.target.direct else self.target.provider.outcome_causes
        for outcome in _OUTCOMES[1:]:
            cause = f"; {causes[outcome]}" if outcome in causes else ""
            for detail, count in self._details.get(outcome, Counter[str]()).most_common():
                yield (
                    f"{self.target.endpoint}: {count} of {self._messages} messages"
                    f" {outcome.value}: {detail}{cause}"
                )

    def _key(self, exchange: Exchange) -> _Key:
        member = (
            self.target.members[0].name
            if self.target.direct
            else self._member_names.member_name(exchange.backend)
        )
        return _OUTCOMES.index(exchange.outcome), member, exchange.backend
