# SPDX-License-Identifier: Apache-2.0

"""A service whose members are nodes and have a health monitor, as the model holds it."""

from collections.abc import Sequence
from typing import Any

from kuryrsctp.model import LoadBalancer, Member, Pool
from kuryrsctp.verifier.report import Finding, Status
from tests.support.model import (
    around,
    findings,
    groups,
    listener,
    load_balancer,
    member,
    monitor,
    pool,
    rule,
)

HEALTH_PORT = 31999
NAME = "kube_service_prod_core_amf"
WORKERS = ("worker-1", "worker-2", "worker-3")


def nodes(*statuses: str, **changes: Any) -> list[Member]:
    """Return a member for each node, with these operating statuses."""
    return [
        member(
            id=name,
            name=name,
            address=f"10.0.0.{number}",
            protocol_port=31412,
            operating_status=status,
            **{"monitor_port": HEALTH_PORT} | changes,
        )
        for number, (name, status) in enumerate(zip(WORKERS, statuses, strict=False), 101)
    ]


def pool_of(members: Sequence[Member], status: str = "DEGRADED", **changes: Any) -> Pool:
    """Return the pool of these members, with a health monitor."""
    named = {"name": f"pool_0_{NAME}", "health_monitor_id": "m", "operating_status": status}
    return pool(*members, **named | changes)


def service(found: Pool, *, status: str = "DEGRADED", **changes: Any) -> LoadBalancer:
    """Return a load balancer of cloud-provider-openstack with this pool."""
    port = listener(name=f"listener_0_{NAME}", protocol_port=38412, pool=found)
    return load_balancer(port, **{"name": NAME, "operating_status": status} | changes)


def rows(
    found: LoadBalancer, asking: str = "HTTP", **changes: Any
) -> tuple[dict[tuple[str, str], str], tuple[Finding, ...]]:
    """Return the rows about statuses and the monitor, by check and resource, and all findings."""
    network = around(found, groups=groups(lb_group=(rule(),), pods_group=(rule(protocol=None),)))
    all_rows = findings(found, monitors=(monitor(type=asking, **changes),), network=network)
    about = ("load-balancer-operating", "listener-status", "pool-", "member-status")
    seen = {
        (row.check, row.resource): f"{row.status.value} {row.detail}"
        for row in all_rows
        if row.check.startswith(about)
    }
    return seen, all_rows


def is_well(all_rows: tuple[Finding, ...]) -> bool:
    return all(row.status in (Status.OK, Status.SKIP) for row in all_rows)
