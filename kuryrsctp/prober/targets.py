# SPDX-License-Identifier: Apache-2.0

"""Where messages go, and which members can be expected to answer there. Pure."""

import enum
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kuryrsctp import makers
from kuryrsctp.addresses import Endpoint, numeric_endpoint
from kuryrsctp.errors import Inconclusive, ServiceLacksSctp
from kuryrsctp.model import LoadBalancer, Member, Pool

_MIN_COUNT, _MAX_COUNT = 4, 100
# How likely a cycle may be to pass a member over where chance chooses.
_MISS_PROBABILITY = 0.01


class Via(str, enum.Enum):
    """Which way messages take to the members."""

    VIP = "vip"
    MEMBERS = "members"
    BOTH = "both"


class Distribution(enum.Enum):
    """How a load balancer spreads one client's associations, each from a fresh port."""

    ROUND_ROBIN = "turn by turn"
    HASHED = "by chance"
    STICKY = "always to one member"


@dataclass(frozen=True, slots=True)
class Target:
    """Where messages are sent, and the members known to answer there.

    `direct` is set where the endpoint is that of the one member itself.
    """

    endpoint: Endpoint
    members: tuple[Member, ...] = ()
    distribution: Distribution = Distribution.ROUND_ROBIN
    direct: bool = False

    @property
    def expected(self) -> tuple[Member, ...]:
        """The members that have to answer if enough messages are sent."""
        return tuple(one for one in self.members if one.admin_state_up and one.weight > 0)

    @property
    def round_length(self) -> int:
        """How many messages make a round of all members; by chance, one in a hundred misses one."""
        weights = [one.weight for one in self.expected]
        if not weights or self.distribution is Distribution.STICKY:
            return 1
        if self.distribution is Distribution.HASHED and len(weights) > 1:
            missed = 1 - min(weights) / sum(weights)
            return math.ceil(math.log(_MISS_PROBABILITY / len(weights)) / math.log(missed))
        return sum(weights) // math.gcd(*weights)

    @property
    def default_count(self) -> int:
        """How many messages it takes for every member to answer.

        Two cycles of turns leave room for the turns that other clients take.
        """
        cycle = (
            self.round_length if self.distribution is Distribution.HASHED else 2 * self.round_length
        )
        return min(max(cycle, _MIN_COUNT), _MAX_COUNT)


def distribution_of(pool: Pool) -> Distribution:
    """Say how a pool spreads the associations of one client."""
    if pool.session_persistence or pool.lb_algorithm == "SOURCE_IP":
        return Distribution.STICKY
    return (
        Distribution.HASHED if pool.lb_algorithm == "SOURCE_IP_PORT" else Distribution.ROUND_ROBIN
    )


def targets_of(
    load_balancer: LoadBalancer, via: Via = Via.VIP, address: str | None = None
) -> tuple[Target, ...]:
    """Return the VIP with the port of each SCTP listener, the members behind it, or both.

    `address` takes the place of the VIP's, where that is known elsewhere by another.

    Raises ServiceLacksSctp, AddressError; Inconclusive if there are no members to probe.
    """
    listeners = makers.sctp_listeners(load_balancer)
    if not listeners:
        others = [f"{one.protocol} {one.protocol_port}" for one in load_balancer.listeners]
        raise ServiceLacksSctp(
            f"load balancer '{load_balancer.name}' ({load_balancer.id}) has no SCTP listener"
            f" (it has {', '.join(others) or 'none at all'}): see that the Service's ports say"
            " `protocol: SCTP`, and that the Octavia provider can do SCTP"
        )
    vips = tuple(
        Target(
            numeric_endpoint(address or load_balancer.vip_address, one.protocol_port),
            one.pool.members if one.pool else (),
            distribution_of(one.pool) if one.pool else Distribution.ROUND_ROBIN,
        )
        for one in listeners
    )
    if via is Via.VIP:
        return vips
    members = tuple(direct_targets(member for vip in vips for member in vip.members))
    if via is Via.MEMBERS and not members:
        raise Inconclusive(f"load balancer '{load_balancer.name}' has no members to probe")
    return members if via is Via.MEMBERS else vips + members


def direct_targets(members: Iterable[Member]) -> Iterator[Target]:
    """Yield each member's own endpoint once; raise AddressError if it is none."""
    seen = set()
    for member in members:
        endpoint = numeric_endpoint(member.address, member.protocol_port)
        if endpoint not in seen:
            seen.add(endpoint)
            yield Target(endpoint, (member,), direct=True)


def notes(targets: Iterable[Target], source_port: int | None) -> Iterator[str]:
    """Yield a line for what keeps messages from reaching every member."""
    for target in targets:
        if target.distribution is Distribution.STICKY:
            yield (
                f"{target.endpoint}: SOURCE_IP or session persistence sends one client always to"
                " one member: that others do not answer says nothing"
            )
        elif target.distribution is Distribution.HASHED and source_port is None:
            yield (
                f"{target.endpoint}: SOURCE_IP_PORT spreads messages by chance: a member that does"
                " not answer may have had no turn"
            )
    if source_port is not None:
        yield (
            f"every message leaves from port {source_port}: the load balancer may send all to one"
            " member, and IPVS drops the first INIT of an association within seconds of the last"
            " from the same port: a delay of 1 s, or a TIMEOUT, is no fault of the service"
        )
