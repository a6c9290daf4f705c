# SPDX-License-Identifier: Apache-2.0

"""The walkthrough's service as the model holds it, and how to change it for a test."""

import ipaddress
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from kuryrsctp import naming
from kuryrsctp.model import (
    HealthMonitor,
    Listener,
    LoadBalancer,
    Member,
    NetworkState,
    Pool,
    Port,
    Quota,
    QuotaKind,
    SecurityGroup,
    SecurityGroupRule,
)
from kuryrsctp.verifier.checks import run
from kuryrsctp.verifier.report import Finding, Status
from kuryrsctp.verifier.snapshot import Snapshot

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=timezone.utc)
SERVICE = naming.ServiceName("default", "sctp-demo")
NAME = "default/sctp-demo"
PORT_NAME = "default/sctp-demo:SCTP:90"
POD = "default/sctp-demo-65fcf85ddb-zg7nq:9090"
OTHER_POD = "default/sctp-demo-65fcf85ddb-8vnrq:9090"

_STATE: dict[str, Any] = {
    "admin_state_up": True,
    "provisioning_status": "ACTIVE",
    "operating_status": "ONLINE",
    "changed_at": NOW - timedelta(hours=1),
}


def member(**changes: Any) -> Member:
    """Return the first pod's member."""
    found = Member(
        id="abeec334",
        name=POD,
        address="10.0.0.75",
        protocol_port=9090,
        weight=1,
        **_STATE | {"operating_status": "NO_MONITOR"},
    )
    return replace(found, **changes)


def other_member(**changes: Any) -> Member:
    """Return the second pod's member."""
    return replace(member(id="826345b0", name=OTHER_POD, address="10.0.0.88"), **changes)


def monitor(**changes: Any) -> HealthMonitor:
    """Return a health monitor of the pool."""
    found = HealthMonitor("m", pool_id="0935f099", type="SCTP", provisioning_status="ACTIVE")
    return replace(found, **changes)


def pool(*members: Member, **changes: Any) -> Pool:
    """Return the pool, with both members unless others are given."""
    found = Pool(
        id="0935f099",
        name=PORT_NAME,
        protocol="SCTP",
        lb_algorithm="ROUND_ROBIN",
        members=members or (member(), other_member()),
        **_STATE,
    )
    return replace(found, **changes)


def listener(**changes: Any) -> Listener:
    """Return the SCTP listener with its pool."""
    found = Listener(
        id="eda5caa0", name=PORT_NAME, protocol="SCTP", protocol_port=90, pool=pool(), **_STATE
    )
    return replace(found, **changes)


def load_balancer(*listeners: Listener, **changes: Any) -> LoadBalancer:
    """Return the load balancer, with the one listener unless others are given."""
    found = LoadBalancer(
        id="96b38be3",
        name=NAME,
        project_id="2e89a9e0",
        provider="amphora",
        vip_address="10.0.0.158",
        listeners=listeners or (listener(),),
        vip_port_id="vip-port",
        vip_subnet_id="service-subnet",
        **_STATE,
    )
    return replace(found, **changes)


def on_pool(**changes: Any) -> LoadBalancer:
    """Return the load balancer with its pool changed."""
    return load_balancer(listener(pool=pool(**changes)))


def on_member(**changes: Any) -> LoadBalancer:
    """Return the load balancer with its first member changed."""
    return load_balancer(listener(pool=pool(member(**changes), other_member())))


def rule(**fields: Any) -> SecurityGroupRule:
    """Return a rule that lets SCTP in over IPv4, with any changes."""
    return replace(
        SecurityGroupRule(direction="ingress", ethertype="IPv4", protocol="sctp"), **fields
    )


def groups(**rules: Iterable[SecurityGroupRule]) -> dict[str, SecurityGroup]:
    """Return stateful security groups with these rules, called as the arguments, with hyphens."""
    return {
        name.replace("_", "-"): SecurityGroup(tuple(of_group)) for name, of_group in rules.items()
    }


def around(found: LoadBalancer, **changes: Any) -> NetworkState:
    """Return what Neutron holds around it: ports that let in all SCTP."""
    members = [member for port in found.listeners if port.pool for member in port.pool.members]
    addresses = sorted({member.address for member in members})
    of_vip = () if found.provider == "ovn" else ("lb-group",)
    ports = [Port("vip-port", found.project_id, (found.vip_address,), of_vip)]
    ports += [
        Port(f"port-{address}", found.project_id, (address,), ("pods-group",))
        for address in addresses
    ]
    everyone = (rule(), rule(ethertype="IPv6"))
    subnet = "fd00:158::/64" if ":" in found.vip_address else "10.0.0.128/26"
    network = NetworkState(
        ports=tuple(ports),
        groups=groups(lb_group=everyone, pods_group=everyone),
        subnets={"service-subnet": ipaddress.ip_network(subnet)},
    )
    return replace(network, **changes)


def findings(*found: LoadBalancer, **changes: Any) -> tuple[Finding, ...]:
    """Run all checks over a snapshot with these load balancers, the network being well."""
    network = around(found[0]) if found else NetworkState()
    pools = [port.pool for service in found for port in service.listeners if port.pool]
    snapshot = Snapshot(
        SERVICE,
        NOW,
        load_balancers=found,
        network=network,
        monitors=tuple(monitor(pool_id=pool.id) for pool in pools if pool.health_monitor_id),
        api_version=(2, 27),
        quotas=dict.fromkeys(QuotaKind, Quota(limit=None)),
    )
    return run(replace(snapshot, **changes))


def odd(*found: LoadBalancer, **changes: Any) -> dict[tuple[str, str], str]:
    """Return what is not OK: by check and resource, its status and detail."""
    return {
        (finding.check, finding.resource): f"{finding.status.value} {finding.detail}"
        for finding in findings(*found, **changes)
        if finding.status is not Status.OK
    }
