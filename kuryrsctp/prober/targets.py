# SPDX-License-Identifier: Apache-2.0

"""Where messages are sent, how many by default, and which members can be expected to answer."""

import enum
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kuryrsctp import makers
from kuryrsctp.addresses import Endpoint, numeric_endpoint
from kuryrsctp.errors import Inconclusive, ServiceLacksSctp
from kuryrsctp.model import LoadBalancer, Member, Pool

_MIN_COUNT, _MAX_COUNT = 4, 100
# The probability that a round misses a member, where members are chosen by a hash.
_MISS_PROBABILITY = 0.01


class Via(str, enum.Enum):
    """Where the messages for a service are sent: to its VIP, to its members, or to both."""

    VIP = "vip"
    MEMBERS = "members"
    BOTH = "both"


class Distribution(enum.Enum):
    """How a load balancer distributes the associations of one client, each from a fresh port."""

    ROUND_ROBIN = "to each member in turn"
    HASHED = "to a member chosen by a hash of the source port"
    STICKY = "always to one member"


@dataclass(frozen=True, slots=True)
class Target:
    """Where messages are sent, and the members that are known to answer there.

    `direct` is set if the endpoint is that of the one member itself. `listener_id` is the ID of
    the listener whose port it is, "" if there is none.
    """

    endpoint: Endpoint
    members: tuple[Member, ...] = ()
    distribution: Distribution = Distribution.ROUND_ROBIN
    direct: bool = False
    listener_id: str = ""

    @property
    def expected(self) -> tuple[Member, ...]:
        """The members that have to answer if enough messages are sent."""
        return tuple(
            member for member in self.members if member.admin_state_up and member.weight > 0
        )

    @property
    def round_length(self) -> int:
        """How many messages reach every member; with a hash, in 99 of 100 cases."""
        weights = [member.weight for member in self.expected]
        if not weights or self.distribution is Distribution.STICKY:
            return 1
        if self.distribution is Distribution.HASHED and len(weights) > 1:
            missed = 1 - min(weights) / sum(weights)
            return math.ceil(math.log(_MISS_PROBABILITY / len(weights)) / math.log(missed))
        return sum(weights) // math.gcd(*weights)

    @property
    def default_count(self) -> int:
        """How many messages are sent by default, so that every member should answer.

        With round robin these are two rounds, because other clients take turns as well.
        """
        rounds = 1 if self.distribution is Distribution.HASHED else 2
        return min(max(rounds * self.round_length, _MIN_COUNT), _MAX_COUNT)


def distribution_of(pool: Pool) -> Distribution:
    """Return how a pool distributes the associations of one client."""
    if pool.session_persistence or pool.lb_algorithm == "SOURCE_IP":
        return Distribution.STICKY
    if pool.lb_algorithm == "SOURCE_IP_PORT":
        return Distribution.HASHED
    return Distribution.ROUND_ROBIN


def targets_of(
    load_balancer: LoadBalancer, via: Via = Via.VIP, address: str | None = None
) -> tuple[Target, ...]:
    """Return the VIP with the port of each SCTP listener, the members behind it, or both.

    `address`, such as a floating IP, is used instead of the VIP.

    Raises ServiceLacksSctp, AddressError; Inconclusive if there are no members to probe.
    """
    listeners = makers.sctp_listeners(load_balancer)
    if not listeners:
        others = [
            f"{listener.protocol} {listener.protocol_port}" for listener in load_balancer.listeners
        ]
        raise ServiceLacksSctp(
            f"load balancer '{load_balancer.name}' ({load_balancer.id}) has no SCTP listener"
            f" (it has {', '.join(others) or 'none at all'}): check that the Service's ports have"
            " `protocol: SCTP`, and that the Octavia provider supports SCTP"
        )
    vips = tuple(
        Target(
            numeric_endpoint(address or load_balancer.vip_address, listener.protocol_port),
            listener.pool.members if listener.pool else (),
            distribution_of(listener.pool) if listener.pool else Distribution.ROUND_ROBIN,
            listener_id=listener.id,
        )
        for listener in listeners
    )
    if via is Via.VIP:
        return vips
    members = tuple(direct_targets(member for vip in vips for member in vip.members))
    if via is Via.MEMBERS and not members:
        raise Inconclusive(f"load balancer '{load_balancer.name}' has no members to probe")
    return members if via is Via.MEMBERS else vips + members


def direct_targets(members: Iterable[Member]) -> Iterator[Target]:
    """Yield each member's own endpoint once; raise AddressError for an invalid address."""
    seen = set()
    for member in members:
        endpoint = numeric_endpoint(member.address, member.protocol_port)
        if endpoint not in seen:
            seen.add(endpoint)
            yield Target(endpoint, (member,), direct=True)


def notes(targets: Iterable[Target], source_port: int | None) -> Iterator[str]:
    """Yield a line for each reason why messages may not reach every member."""
    for target in targets:
        if target.distribution is Distribution.STICKY:
            yield (
                f"{target.endpoint}: with SOURCE_IP or session persistence, all messages of this"
                " client go to one member: the probe says nothing about the other members"
            )
        elif target.distribution is Distribution.HASHED and source_port is None:
            yield (
                f"{target.endpoint}: SOURCE_IP_PORT chooses the member by a hash of the source"
                " port: a member that does not answer may not have got any message"
            )
    if source_port is not None:
        yield (
            f"every message is sent from port {source_port}: all of them may reach one member,"
            " and an amphora drops the first INIT from a port that was used seconds ago. A delay of"
            " 1 s, or a TIMEOUT, is then no proof of a fault"
        )
