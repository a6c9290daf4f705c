# SPDX-License-Identifier: Apache-2.0

"""What was read about one service at one time: what the checks look at. Frozen data, no I/O."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from kuryrsctp.addresses import canonical
from kuryrsctp.makers import Maker, sctp_listeners
from kuryrsctp.model import (
    HealthMonitor,
    LoadBalancer,
    NetworkState,
    Pool,
    Quota,
    QuotaKind,
    is_leaving,
)
from kuryrsctp.naming import ServiceName, ServiceRef
from kuryrsctp.verifier.report import Expectations


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is known of one service.

    `load_balancers` are those of the service, with their parts if there is only one; `leaving`
    are others of it that are being deleted. `all_load_balancers` are all that can be seen, where
    the service has none. `maker` is what made it, None where that has to be told by the load
    balancer.
    `expected` is what the user says of the service, `network` what Neutron holds around it.
    Octavia's `api_version` is read only if there is no SCTP listener, and `quotas` only of what is
    needed: None stands for one that cannot be read. They are those of `quota_project`.
    """

    service: ServiceRef
    now: datetime
    load_balancers: tuple[LoadBalancer, ...] = ()
    leaving: tuple[LoadBalancer, ...] = ()
    maker: Maker | None = None
    all_load_balancers: tuple[LoadBalancer, ...] = ()
    expected: Expectations = field(default_factory=Expectations)
    network: NetworkState = field(default_factory=NetworkState)
    monitors: tuple[HealthMonitor, ...] = ()
    api_version: tuple[int, ...] | None = None
    quotas: Mapping[QuotaKind, Quota | None] = field(default_factory=dict)
    quota_project: str | None = None


def lacking(snapshot: Snapshot) -> Counter[QuotaKind]:
    """Return how many objects of each kind the service lacks; of what is on its way out, none.

    Without expectations it needs a load balancer, a listener, and in each pool a member.
    """
    if not snapshot.load_balancers:
        return Counter({QuotaKind.LOAD_BALANCERS: int(isinstance(snapshot.service, ServiceName))})
    if len(snapshot.load_balancers) > 1 or is_leaving(snapshot.load_balancers[0]):
        return Counter()
    (load_balancer,) = snapshot.load_balancers
    staying = [part for part in sctp_listeners(load_balancer) if not is_leaving(part)]
    pools = [part.pool for part in staying if part.pool and not is_leaving(part.pool)]
    return Counter(
        {
            QuotaKind.LISTENERS: _missing_ports(load_balancer, snapshot.expected),
            QuotaKind.POOLS: sum(part.pool is None for part in staying),
            QuotaKind.MEMBERS: sum(_missing_members(pool, snapshot.expected) for pool in pools),
            QuotaKind.HEALTH_MONITORS: sum(bool(unasked_ports(pool)) for pool in pools),
        }
    )


def needed(snapshot: Snapshot) -> Counter[QuotaKind]:
    """Return how many objects of each kind are needed for what is missing to serve."""
    total, expected = lacking(snapshot), snapshot.expected
    ports = len({port for port, _ in expected.ports}) or 1
    new_listeners = ports * total[QuotaKind.LOAD_BALANCERS]
    total[QuotaKind.LISTENERS] += new_listeners
    total[QuotaKind.POOLS] += total[QuotaKind.LISTENERS]
    members = 1 if expected.members is None else expected.members
    in_each = max(members, len(set(expected.addresses)))
    total[QuotaKind.MEMBERS] += in_each * total[QuotaKind.POOLS]
    total[QuotaKind.HEALTH_MONITORS] += new_listeners
    total[QuotaKind.PORTS] = total[QuotaKind.LOAD_BALANCERS]
    return total


def _missing_ports(load_balancer: LoadBalancer, expected: Expectations) -> int:
    ports = {listener.protocol_port for listener in sctp_listeners(load_balancer)}
    wanted = {port for port, _ in expected.ports}
    return len(wanted - ports) if wanted or ports else 1


def _missing_members(pool: Pool, expected: Expectations) -> int:
    wanted = 1 if expected.members is None else expected.members
    return max(wanted - len(pool.members), len(missing_addresses(pool, expected)))


def missing_addresses(pool: Pool, expected: Expectations) -> list[str]:
    """Return the expected addresses that no member has, however these are written, in order."""
    having = {canonical(member.address) for member in pool.members}
    return sorted(each for each in set(expected.addresses) if canonical(each) not in having)


def unasked_ports(pool: Pool) -> list[int]:
    """Return the ports that members have for a health monitor where there is none, in order."""
    if pool.health_monitor_id:
        return []
    ports = (each.monitor_port for each in pool.members if each.monitor_port != each.protocol_port)
    return sorted(set(filter(None, ports)))
