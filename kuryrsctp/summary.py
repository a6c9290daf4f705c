# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What many exchanges say together: who answered, how often, how fast. Pure."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kuryrsctp import naming
from kuryrsctp.model import Endpoint, Exchange, Member, Outcome
from kuryrsctp.text import printable

# An answer like kuryr-sctp-demo's begins with the name of its host, a colon and a space.
_GREETING = re.compile(rb"([A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?): ")

_FEWEST, _MOST = 4, 100
_LONGEST_LIST = 200
_OUTCOMES = tuple(Outcome)


@dataclass(frozen=True, slots=True)
class Target:
    """Where messages are sent, and the members known to stand behind it."""

    endpoint: Endpoint
    members: tuple[Member, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Messages to one target with one outcome, from one backend.

    `backend` is the host's name in the answers, and `member` the name of the pool's
    member that has that name; "" where not known. A member that never answered has a
    group of its own, without outcome and messages. `share` is the part of all messages
    to the target, 0 to 1; `rtts` are seconds, in ascending order.
    """

    target: Endpoint
    outcome: Outcome | None
    backend: str
    member: str
    messages: int = 0
    share: float = 0.0
    rtts: tuple[float, ...] = ()

    @property
    def rtt_avg(self) -> float | None:
        """The mean of the round-trip times in seconds."""
        return sum(self.rtts) / len(self.rtts) if self.rtts else None

    def rtt(self, percent: int) -> float | None:
        """Return the time in seconds that `percent` of the answers kept to (nearest rank)."""
        return (
            self.rtts[max(0, math.ceil(len(self.rtts) * percent / 100) - 1)] if self.rtts else None
        )


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """All that `probe` found out."""

    service: str | None
    targets: tuple[Target, ...]
    exchanges: tuple[Exchange, ...]

    @property
    def answered(self) -> bool:
        """Whether there were messages, and every one was answered."""
        return bool(self.exchanges) and all(
            one.outcome is Outcome.ANSWERED for one in self.exchanges
        )

    @property
    def groups(self) -> tuple[Group, ...]:
        """The exchanges, grouped by target, outcome and backend."""
        return tuple(group for target in self.targets for group in _groups(target, self.exchanges))

    @property
    def warnings(self) -> tuple[str, ...]:
        """A line for each kind of failure, and for each trap that was seen."""
        return tuple(line for target in self.targets for line in _warnings(target, self.exchanges))


def default_count(members: Iterable[Member]) -> int:
    """Return how many messages it takes for every member to answer.

    Weighted round robin comes past every member within one cycle; two cycles leave
    room for the turns that other clients take.
    """
    weights = [one.weight for one in members if one.admin_state_up and one.weight > 0]
    cycle = sum(weights) // math.gcd(*weights) if weights else 0
    return min(max(2 * cycle, _FEWEST), _MOST)


def backend_of(exchange: Exchange) -> str:
    """Return the host's name that the answer begins with, "" if with none."""
    greeting = _GREETING.match(exchange.answer)
    return greeting[1].decode("ascii") if greeting else ""


def _groups(target: Target, exchanges: Iterable[Exchange]) -> Iterator[Group]:
    names = {}
    for member in target.members:
        parts = naming.read_member(member.name)
        if parts:
            names[parts.target] = member.name
    sorted_out: dict[tuple[int, str, str], list[Exchange]] = defaultdict(list)
    total = 0
    for one in exchanges:
        if one.target == target.endpoint:
            total += 1
            backend = backend_of(one)
            key = _OUTCOMES.index(one.outcome), names.get(backend, ""), backend
            sorted_out[key].append(one)
    for (outcome, name, backend), found in sorted(sorted_out.items()):
        rtts = tuple(sorted(one.rtt for one in found if one.rtt is not None))
        yield Group(
            target.endpoint,
            _OUTCOMES[outcome],
            backend,
            name,
            len(found),
            len(found) / total,
            rtts,
        )
    answered = [name for outcome, name, _ in sorted_out if _OUTCOMES[outcome] is Outcome.ANSWERED]
    # An answer that names no member may be any member's: then nobody is known to be silent.
    if "" not in answered:
        silent = dict.fromkeys(one.name for one in target.members if one.name not in answered)
        for name in silent:
            yield Group(target.endpoint, None, "", name)


def _warnings(target: Target, exchanges: Sequence[Exchange]) -> Iterator[str]:
    sent = [one for one in exchanges if one.target == target.endpoint]
    for outcome in _OUTCOMES:
        found = [one for one in sent if one.outcome is outcome]
        if found and outcome is not Outcome.ANSWERED:
            yield (
                f"{target.endpoint}: {len(found)} of {len(sent)} messages {outcome.value}:"
                f" {found[0].detail}"
            )
    peers = {peer.partition("%")[0] for one in sent for peer in one.peers}
    others = peers - {target.endpoint.address.partition("%")[0]}
    if others:
        listed = printable(", ".join(sorted(others)), _LONGEST_LIST)
        yield (
            f"{target.endpoint}: the server announces more addresses ({listed});"
            " if there is a load balancer or NAT on the way, associations break after seconds:"
            " bind the server to one address"
        )
