# SPDX-License-Identifier: Apache-2.0

"""Model objects with each fault that a check can find, of every maker and on every provider."""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from kuryrsctp.makers import MAKERS, UNKNOWN, Maker
from kuryrsctp.model import (
    FloatingIp,
    HealthMonitor,
    Listener,
    LoadBalancer,
    Member,
    NetworkState,
    Pool,
    Quota,
    QuotaKind,
    SecurityGroup,
)
from kuryrsctp.providers import PROVIDERS, provider_named
from kuryrsctp.providers.provider import Provider
from kuryrsctp.verifier.report import Expectations, Finding
from tests.support import model
from tests.support.model import NOW, around, findings, groups, listener, member, pool

_STATES = ("PENDING_CREATE", "PENDING_UPDATE", "PENDING_DELETE", "ERROR", "DELETED", "ODD")
_OPERATING = ("OFFLINE", "DEGRADED", "ERROR", "ODD", "")
_AGES = (timedelta(seconds=5), timedelta(minutes=10), timedelta(hours=6))
_ALGORITHMS = ("ROUND_ROBIN", "LEAST_CONNECTIONS", "SOURCE_IP", "SOURCE_IP_PORT")
_MONITORS = ("SCTP", "HTTP", "TCP", "PING", "UDP-CONNECT")

_QUOTAS = (Quota(5, 5), Quota(50, 49), Quota(None), None)

PROVIDER_NAMES = (*(min(provider.names) for provider in PROVIDERS), "brick")


@dataclass(frozen=True)
class Advice:
    """A finding, and for which maker, provider and load balancers it was made."""

    finding: Finding
    maker: Maker
    provider: Provider
    broken: tuple[LoadBalancer, ...]


def all_advice() -> Iterator[Advice]:
    """Yield the findings about every fault, for every maker and provider."""
    for maker in (*MAKERS, UNKNOWN):
        for name in PROVIDER_NAMES:
            for healthy in _healthy(maker, name):
                for broken, changes in _faults(healthy):
                    for finding in findings(*broken, **changes):
                        yield Advice(finding, maker, provider_named(name), broken)
    for quota in _QUOTAS:
        for finding in findings(quotas=dict.fromkeys(QuotaKind, quota)):
            yield Advice(finding, UNKNOWN, provider_named(""), ())


def _healthy(maker: Maker, provider: str) -> Iterator[LoadBalancer]:
    """Yield a healthy load balancer as the maker names its parts, over IPv4 and over IPv6."""
    algorithm = "SOURCE_IP_PORT" if provider == "ovn" else "ROUND_ROBIN"
    for vip, addresses in (
        ("10.0.0.158", ("10.0.0.75", "10.0.0.88")),
        ("fd00:158::1", ("fd00::75", "fd00::88")),
    ):
        named = _named(maker)
        members = [
            member(id=f"m{number}", name=name, address=address)
            for number, (name, address) in enumerate(zip(named.members, addresses, strict=True))
        ]
        port = listener(
            name=named.listener, pool=pool(*members, name=named.pool, lb_algorithm=algorithm)
        )
        yield model.load_balancer(
            port, name=named.load_balancer, provider=provider, vip_address=vip
        )


@dataclass(frozen=True)
class _Names:
    load_balancer: str
    listener: str
    pool: str
    members: tuple[str, str]


def _named(maker: Maker) -> _Names:
    mark = "kube_service_prod_default_sctp-demo"
    return {
        "Kuryr": _Names(model.NAME, model.PORT_NAME, model.PORT_NAME, (model.POD, model.OTHER_POD)),
        "cloud-provider-openstack": _Names(
            mark, f"listener_0_{mark}", f"pool_0_{mark}", ("worker-1", "worker-2")
        ),
        "": _Names("front", "port", "pool", ("one", "other")),
    }[maker.name]


Fault = tuple[tuple[LoadBalancer, ...], dict[str, Any]]


def _faults(healthy: LoadBalancer) -> Iterator[Fault]:
    (port,) = healthy.listeners
    assert port.pool
    for changed in (*_states(healthy), *_given(healthy), *_on_wrong_pools(healthy)):
        yield (changed,), {}
    for changed_listener in _listeners(port):
        yield (_with(healthy, changed_listener),), {}
    for changed_pool in _pools(port.pool):
        yield (_with(healthy, replace(port, pool=changed_pool)),), {}
    for changed_member in _members(port.pool.members[0]):
        rest = port.pool.members[1:]
        changed_pool = replace(port.pool, members=(changed_member, *rest))
        yield (_with(healthy, replace(port, pool=changed_pool)),), {}
    for monitored, found in _monitored(port.pool):
        broken = replace(healthy, operating_status=monitored.operating_status)
        yield (_with(broken, replace(port, pool=monitored)),), {"monitors": found}
    yield (_with(healthy, replace(port, pool=None)),), {}
    yield (replace(healthy, listeners=()),), {"api_version": (2, 20)}
    unused = replace(port.pool, id="unused")
    for orphans in ((unused,), (unused, replace(unused, id="another"))):
        yield (replace(healthy, orphaned_pools=orphans),), {}
        lacking = replace(healthy, listeners=(replace(port, pool=None),))
        yield (replace(lacking, orphaned_pools=orphans),), {}
    yield (healthy, replace(healthy, id="twin")), {}
    yield (healthy,), {"leaving": (replace(healthy, id="twin"),)}
    other = replace(port, protocol="TCP", pool=replace(port.pool, protocol="TCP"))
    yield (_with(healthy, other),), {}
    admitting = _with(healthy, replace(port, allowed_cidrs=("10.0.0.128/26",)))
    for expected in _expectations():
        yield (admitting,), {"expected": expected}
        for network in _networks(healthy):
            yield (healthy,), {"expected": expected, "network": network}
    for quota in _QUOTAS:
        quotas = dict.fromkeys(QuotaKind, quota)
        yield (healthy,), {"expected": Expectations(ports=((91, 9),), members=9), "quotas": quotas}
        yield (_with(healthy, replace(port, pool=None)),), {"quotas": quotas}
        yield (_with(healthy, replace(port, pool=_with_ports(port.pool))),), {"quotas": quotas}
        yield (replace(healthy, listeners=()),), {"quotas": quotas}


def _on_wrong_pools(healthy: LoadBalancer) -> Iterator[LoadBalancer]:
    """Yield a load balancer with a second listener that uses the pool of the first."""
    (port,) = healthy.listeners
    assert port.pool
    own = replace(port.pool, id="own", name=_of_next_port(port.pool.name))
    second = replace(port, id="second", name=_of_next_port(port.name), protocol_port=91)
    for name in (second.name, "by-hand"):
        for used in (port.pool, replace(port.pool, name="by-hand")):
            listeners = (replace(port, pool=used), replace(second, name=name, pool=used))
            for unused in ((), (own,), (own, replace(own, id="again"))):
                yield replace(healthy, listeners=listeners, orphaned_pools=unused)


def _of_next_port(name: str) -> str:
    return name.replace(":90", ":91").replace("_0_", "_1_")


def _with(load_balancer: LoadBalancer, port: Listener) -> LoadBalancer:
    return replace(load_balancer, listeners=(port,))


def _states(part: Any) -> Iterator[Any]:
    """Yield a part in each state that Octavia knows, and in one that it does not know yet."""
    for age in _AGES:
        for status in _STATES:
            yield replace(part, provisioning_status=status, changed_at=NOW - age)
    for status in _OPERATING if hasattr(part, "operating_status") else ():
        yield replace(part, operating_status=status)
    yield replace(part, admin_state_up=False)


def _given(healthy: LoadBalancer) -> Iterator[LoadBalancer]:
    """Yield a load balancer whose VIP was given groups that its port is not in."""
    for groups_of_vip in (("mine",), ("mine", "yours")):
        for status in ("ACTIVE", "PENDING_UPDATE", "ERROR"):
            yield replace(healthy, vip_security_group_ids=groups_of_vip, provisioning_status=status)


def _listeners(port: Listener) -> Iterator[Listener]:
    yield from _states(port)
    yield replace(port, name="by-hand")
    yield replace(port, protocol="TCP")
    yield replace(port, protocol_port=91)
    yield replace(port, admin_state_up=False, operating_status="OFFLINE")
    yield replace(port, allowed_cidrs=("192.0.2.0/25",))
    yield replace(port, allowed_cidrs=("10.0.0.128/26",))


def _pools(found: Pool) -> Iterator[Pool]:
    yield from _states(found)
    yield replace(found, name="by-hand")
    yield replace(found, protocol="TCP")
    yield replace(found, members=())
    yield replace(found, members=tuple(replace(each, weight=0) for each in found.members))
    yield replace(found, members=tuple(replace(each, address="::1") for each in found.members))
    yield _with_ports(found)
    for algorithm in _ALGORITHMS:
        for persistence in (None, "SOURCE_IP"):
            yield replace(found, lb_algorithm=algorithm, session_persistence=persistence)


def _with_ports(found: Pool) -> Pool:
    """Return a pool whose members have a port for a health monitor."""
    return replace(
        found, members=tuple(replace(each, monitor_port=31999) for each in found.members)
    )


def _monitored(found: Pool) -> Iterator[tuple[Pool, tuple[HealthMonitor, ...]]]:
    """Yield a pool with a health monitor of each type that reaches some of the members, or none."""
    first, *others = found.members
    in_error = [replace(other, operating_status="ERROR") for other in others]
    for monitor_port in (None, 31999):
        for status, best in (("DEGRADED", "ONLINE"), ("ERROR", "ERROR")):
            members = [replace(first, operating_status=best), *in_error]
            monitored = replace(
                found,
                health_monitor_id="m",
                operating_status=status,
                members=tuple(replace(each, monitor_port=monitor_port) for each in members),
            )
            yield monitored, ()
            asking = [model.monitor(type=kind, pool_id=found.id) for kind in _MONITORS]
            for monitor in (*asking, *_states(asking[0])):
                yield monitored, (monitor,)


def _members(found: Member) -> Iterator[Member]:
    yield from _states(found)
    yield replace(found, name="by-hand")
    yield replace(found, weight=0)
    yield replace(found, backup=True)
    yield replace(found, protocol_port=9091)
    yield replace(found, address="2001:db8::1" if "." in found.address else "192.0.2.1")
    yield replace(found, address="x")


def _expectations() -> Iterator[Expectations]:
    yield Expectations()
    yield Expectations(source=ipaddress.ip_network("192.0.2.0/24"))
    yield Expectations(ports=((91, 9), (90, 9)), addresses=("10.0.0.1",))


def _networks(healthy: LoadBalancer) -> Iterator[NetworkState]:
    network = around(healthy)
    assert isinstance(network.ports, tuple)
    yield network
    yield replace(network, ports=network.ports[1:])
    yield replace(network, groups=groups(lb_group=(), pods_group=()))
    some = (model.rule(remote_ip_prefix="192.0.2.0/25"),)
    yield replace(network, groups=groups(lb_group=some, pods_group=some))
    stateless = SecurityGroup((model.rule(),), stateful=False)
    yield replace(network, groups={"lb-group": stateless, "pods-group": stateless})
    bare = tuple(replace(port, security_group_ids=()) for port in network.ports)
    yield replace(network, ports=bare)
    for status in ("ACTIVE", "DOWN", "ERROR"):
        for address in (healthy.vip_address, "10.0.0.9"):
            bound = FloatingIp("f", "vip-port", "203.0.113.5", address, status)
            yield replace(network, floating_ips=(bound,))
