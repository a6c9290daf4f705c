# SPDX-License-Identifier: Apache-2.0

"""Where messages are sent, how many by default, and which members can be expected to answer."""

import enum
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kuryrsctp import makers
from kuryrsctp.addresses import Endpoint, numeric_endpoint
from kuryrsctp.errors import Inconclusive, ServiceLacksSctp
from kuryrsctp.model import FloatingIp, Listener, LoadBalancer, Member, Pool
from kuryrsctp.providers import provider_named
from kuryrsctp.providers.provider import Distribution, Provider

# Of an address, behind which there may be anything.
UNKNOWN_PROVIDER = provider_named("")

_MIN_COUNT, _MAX_COUNT = 4, 100
# The probability that a round misses a member, where members are chosen by a hash.
_MISS_PROBABILITY = 0.01


class Via(str, enum.Enum):
    """Where the messages for a service are sent: to its VIP, to its members, or to both."""

    VIP = "vip"
    MEMBERS = "members"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Target:
    """Where messages are sent, and the members that are known to answer there.

    `direct` is set if the endpoint is that of the one member itself. `promise` is what in the
    pool says that one client always reaches the same member, "" for nothing. `listener_id` is the
    ID of the listener whose port it is, "" if there is none. `idle` are the members that a health
    monitor has taken out of use as nodes without a pod.
    """

    endpoint: Endpoint
    members: tuple[Member, ...] = ()
    distribution: Distribution = Distribution.ROUND_ROBIN
    direct: bool = False
    provider: Provider = UNKNOWN_PROVIDER
    promise: str = ""
    listener_id: str = ""
    idle: frozenset[Member] = frozenset()

    @property
    def expected(self) -> tuple[Member, ...]:
        """The members that have to answer if enough messages are sent."""
        provider = self.provider
        return tuple(
            member
            for member in self.members
            if provider.weight_of(member) > 0
            and not provider.may_idle(member)
            and member not in self.idle
        )

    @property
    def round_length(self) -> int:
        """How many messages reach every member; with a hash, in 99 of 100 cases."""
        weights = [self.provider.weight_of(member) for member in self.expected]
        if not weights or self.direct or self.distribution is Distribution.STICKY:
            return 1
        if self.distribution is Distribution.ROUND_ROBIN:
            return sum(weights) // math.gcd(*weights)
        if len(weights) == 1:
            return 1
        missed = 1 - min(weights) / sum(weights)
        return math.ceil(math.log(_MISS_PROBABILITY / len(weights)) / math.log(missed))

    @property
    def default_count(self) -> int:
        """How many messages are sent by default, so that every member should answer.

        With round robin these are two rounds, because other clients take turns as well.
        """
        rounds = 2 if self.distribution is Distribution.ROUND_ROBIN else 1
        return min(max(rounds * self.round_length, _MIN_COUNT), _MAX_COUNT)


def targets_of(
    load_balancer: LoadBalancer, via: Via = Via.VIP, floating_ip: FloatingIp | None = None
) -> tuple[Target, ...]:
    """Return each VIP with the port of each SCTP listener, the members behind them, or both.

    `floating_ip` is used instead of the VIP that it leads to, and of all others.

    Raises ServiceLacksSctp, AddressError; Inconclusive if there are no members to probe.
    """
    listeners = makers.sctp_listeners(load_balancer)
    if not listeners:
        raise _lacks_sctp(load_balancer)
    provider = provider_named(load_balancer.provider)
    addresses = {vip.address: vip.address for vip in load_balancer.vips}
    if floating_ip:
        addresses = {floating_ip.fixed_address: floating_ip.address}
    vips = tuple(
        _vip_target(numeric_endpoint(address, listener.protocol_port), vip, listener, load_balancer)
        for listener in listeners
        for vip, address in addresses.items()
    )
    if via is Via.VIP:
        return vips
    idle = frozenset(member for vip in vips for member in vip.idle)
    members = tuple(direct_targets((each for vip in vips for each in vip.members), provider, idle))
    if via is Via.MEMBERS and not members:
        raise Inconclusive(f"load balancer '{load_balancer.name}' has no members to probe")
    return members if via is Via.MEMBERS else vips + members


def _lacks_sctp(load_balancer: LoadBalancer) -> ServiceLacksSctp:
    """Return the error that names the listeners there are, the Service's and others'."""
    others = [f"{each.protocol} {each.protocol_port}" for each in load_balancer.listeners]
    for each in load_balancer.neighbours:
        owner = makers.owner_of(each, load_balancer) or "an unknown owner"
        others.append(f"{each.protocol} {each.protocol_port} of {owner}")
    what = "SCTP listener of the Service" if load_balancer.neighbours else "SCTP listener"
    return ServiceLacksSctp(
        f"load balancer '{load_balancer.name}' ({load_balancer.id}) has no {what} (it has"
        f" {', '.join(others) or 'none at all'}): check that the Service's ports have"
        " `protocol: SCTP`, and that the Octavia provider supports SCTP"
    )


def direct_targets(
    members: Iterable[Member], provider: Provider, idle: frozenset[Member] = frozenset()
) -> Iterator[Target]:
    """Yield each member's own endpoint once; raise AddressError for an invalid address."""
    seen = set()
    for member in members:
        endpoint = numeric_endpoint(member.address, member.protocol_port)
        if endpoint not in seen:
            seen.add(endpoint)
            yield Target(endpoint, (member,), direct=True, provider=provider, idle=idle)


def _vip_target(
    endpoint: Endpoint, vip: str, listener: Listener, load_balancer: LoadBalancer
) -> Target:
    """Return the target for a VIP, behind which are the members of its family."""
    pool, provider = listener.pool, provider_named(load_balancer.provider)
    if pool is None:
        return Target(endpoint, provider=provider, listener_id=listener.id)
    promise = pool.lb_algorithm if pool.lb_algorithm == "SOURCE_IP" else ""
    if pool.session_persistence:
        promise = f"session persistence {pool.session_persistence}"
    return Target(
        endpoint,
        tuple(member for member in pool.members if (":" in member.address) == (":" in vip)),
        provider.distribution(pool, load_balancer),
        provider=provider,
        promise=promise,
        listener_id=listener.id,
        idle=frozenset(member for member in pool.members if _has_no_pod(member, pool)),
    )


def _has_no_pod(member: Member, pool: Pool) -> bool:
    """Tell whether a health monitor that asks a node for pods has taken it out of use.

    That is no fault with externalTrafficPolicy Local.
    """
    asks_for_pods = member.monitor_port not in (None, member.protocol_port)
    return bool(pool.health_monitor_id and asks_for_pods and member.operating_status == "ERROR")


def notes(targets: Iterable[Target], source_port: int | None) -> Iterator[str]:
    """Yield what the user should know before the first message."""
    reasons = dict.fromkeys(target.provider.reused_port for target in targets if not target.direct)
    if source_port is not None and reasons:
        yield (
            f"every message is sent from port {source_port}: all of them may reach one member, and"
            f" {', and '.join(reasons)}"
        )
