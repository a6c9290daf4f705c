# SPDX-License-Identifier: Apache-2.0

"""Octavia's objects, decoded into the model, and the questions that one service needs.

https://docs.openstack.org/api-ref/load-balancer/v2/. The same decoders serve one service and ten
thousand (inventory.py). One service costs one list of load balancers, of listeners, of pools, and
of members for each pool.
"""

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import openstack.exceptions

from kuryrsctp.cloud.calls import Cloud, get, unless_gone
from kuryrsctp.cloud.endpoints import root
from kuryrsctp.cloud.paging import octavia_collection, rows
from kuryrsctp.cloud.rows import Row
from kuryrsctp.errors import MalformedAnswer
from kuryrsctp.makers import sctp_listeners
from kuryrsctp.model import HealthMonitor, Listener, LoadBalancer, Member, Pool, Vip

_VERSION = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}")


def _state(row: Row) -> dict[str, Any]:
    """Return the fields that all of Octavia's objects share."""
    return {
        "id": row.required_text("id"),
        "name": row.text("name"),
        "admin_state_up": row.flag("admin_state_up", default=True),
        "provisioning_status": row.required_text("provisioning_status"),
        "operating_status": row.text("operating_status"),
        "changed_at": _changed_at(row),
    }


def _changed_at(row: Row) -> datetime | None:
    return row.time("updated_at") or row.time("created_at")


def _ids(row: Row, name: str) -> tuple[str, ...]:
    return tuple(related.required_text("id") for related in row.rows(name))


def _vip(row: Row) -> Vip:
    subnet_id, port_id = map(row.optional_text, ("subnet_id", "port_id"))
    return Vip(row.text("ip_address"), subnet_id, port_id)


def _load_balancer(row: Row) -> LoadBalancer:
    return LoadBalancer(
        **_state(row),
        project_id=row.text("project_id"),
        provider=row.text("provider"),
        vip_address=row.text("vip_address"),
        vip_port_id=row.optional_text("vip_port_id"),
        vip_subnet_id=row.optional_text("vip_subnet_id"),
        additional_vips=tuple(map(_vip, row.rows("additional_vips"))),
        vip_security_group_ids=row.texts("vip_sg_ids"),
        description=row.text("description"),
        tags=row.texts("tags"),
    )


def _listener(row: Row) -> Listener:
    return Listener(
        **_state(row),
        protocol=row.text("protocol"),
        protocol_port=row.number("protocol_port"),
        load_balancer_ids=_ids(row, "loadbalancers"),
        tags=row.texts("tags"),
        default_pool_id=row.optional_text("default_pool_id"),
        allowed_cidrs=row.texts("allowed_cidrs"),
        timeout_client_data=row.number("timeout_client_data", 0),
        timeout_member_data=row.number("timeout_member_data", 0),
        connection_limit=row.number("connection_limit", -1),
    )


def _pool(row: Row) -> Pool:
    persistence = row.row("session_persistence")
    return Pool(
        **_state(row),
        protocol=row.text("protocol"),
        lb_algorithm=row.text("lb_algorithm"),
        member_count=len(row.rows("members")),
        session_persistence=persistence.optional_text("type") if persistence else None,
        persistence_timeout=(
            persistence.optional_number("persistence_timeout") if persistence else None
        ),
        health_monitor_id=row.optional_text("healthmonitor_id"),
        load_balancer_ids=_ids(row, "loadbalancers"),
        listener_ids=_ids(row, "listeners"),
        tags=row.texts("tags"),
    )


def _member(row: Row) -> Member:
    return Member(
        **_state(row),
        address=row.text("address"),
        protocol_port=row.number("protocol_port"),
        weight=row.number("weight", 1),
        backup=row.flag("backup", default=False),
        subnet_id=row.optional_text("subnet_id"),
        monitor_address=row.optional_text("monitor_address"),
        monitor_port=row.optional_number("monitor_port"),
    )


def _health_monitor(row: Row, pool_id: str) -> HealthMonitor:
    return HealthMonitor(
        id=row.required_text("id"),
        pool_id=pool_id,
        type=row.text("type"),
        provisioning_status=row.text("provisioning_status"),
        admin_state_up=row.flag("admin_state_up", default=True),
        changed_at=_changed_at(row),
    )


LOAD_BALANCERS = octavia_collection("/lbaas/loadbalancers", "load balancer", _load_balancer)
LISTENERS = octavia_collection("/lbaas/listeners", "listener", _listener)
POOLS = octavia_collection("/lbaas/pools", "pool", _pool)
# Their IDs, to count them.
HEALTH_MONITORS = octavia_collection(
    "/lbaas/healthmonitors", "health monitor", lambda row: row.required_text("id")
)
# Of one pool, whose ID the path needs. Sorted by age, as Octavia does by default: in the order
# in which the pods came.
MEMBERS = replace(octavia_collection("/members", "member", _member), order={})


def read_load_balancer(cloud: Cloud, load_balancer_id: str) -> LoadBalancer | None:
    """Return a load balancer without its parts, None if there is none with this ID.

    Raises CloudError.
    """
    octavia = cloud.octavia
    path = LOAD_BALANCERS.path
    body = cloud.call(lambda: _get(octavia, path, "loadbalancer", load_balancer_id))
    return None if body is None else _load_balancer(body)


def read_load_balancers(cloud: Cloud, *queries: Mapping[str, str]) -> tuple[LoadBalancer, ...]:
    """Return the load balancers that match one of some queries, each once, without their parts.

    An empty query matches all that can be seen. Raises CloudError.
    """
    octavia = cloud.octavia

    def listed(query: Mapping[str, str]) -> list[LoadBalancer]:
        return list(rows(octavia, LOAD_BALANCERS, **query))

    answers = cloud.call_all([functools.partial(listed, query) for query in queries])
    return tuple({each.id: each for answer in answers for each in answer}.values())


def read_listeners(cloud: Cloud, **query: str) -> tuple[Listener, ...]:
    """Return all listeners that can be seen, or those that match, without their pools.

    Raises CloudError.
    """
    octavia = cloud.octavia
    return cloud.call(lambda: tuple(rows(octavia, LISTENERS, **query)))


def read_parts(cloud: Cloud, load_balancer: LoadBalancer) -> LoadBalancer:
    """Return the load balancer with its listeners and pools, but without their members.

    Raises CloudError.
    """
    octavia = cloud.octavia
    lists: list[Callable[[], Any]] = [
        lambda: list(rows(octavia, LISTENERS, load_balancer_id=load_balancer.id)),
        lambda: list(rows(octavia, POOLS, loadbalancer_id=load_balancer.id)),
    ]
    listeners, pools = cloud.call_all(lists)
    return with_parts(load_balancer, listeners, {pool.id: pool for pool in pools}, pools)


def with_parts(
    load_balancer: LoadBalancer,
    listeners: Iterable[Listener],
    pools: Mapping[str, Pool],
    own_pools: Iterable[Pool],
) -> LoadBalancer:
    """Return the load balancer with its listeners, by port, and each with its default pool.

    `pools` may hold those of other load balancers, too; `own_pools` are of this one.
    """
    whole = _with_pools(listeners, pools)
    # Not by name: the list of all services has no orphan of another protocol.
    orphans = {
        pool.id: pool for pool in own_pools if not pool.listener_ids and pool.protocol == "SCTP"
    }
    return replace(load_balancer, listeners=whole, orphaned_pools=tuple(orphans.values()))


def _with_pools(listeners: Iterable[Listener], pools: Mapping[str, Pool]) -> tuple[Listener, ...]:
    whole = (
        replace(listener, pool=pools.get(listener.default_pool_id or "")) for listener in listeners
    )
    return tuple(sorted(whole, key=lambda listener: (listener.protocol_port, listener.id)))


def read_members(cloud: Cloud, load_balancer: LoadBalancer) -> LoadBalancer:
    """Return the load balancer with the members of the pools of its SCTP listeners.

    A pool that is gone since it was read is one that is being deleted. Raises CloudError.
    """
    octavia, pools = cloud.octavia, _pools(load_balancer)
    members = cloud.call_all([functools.partial(_members, octavia, pool_id) for pool_id in pools])
    gone = {"provisioning_status": "PENDING_DELETE", "changed_at": cloud.now()}
    whole = {
        pool.id: replace(pool, **(gone if found is None else {"members": found}))
        for pool, found in zip(pools.values(), members, strict=True)
    }
    return replace(load_balancer, listeners=_with_pools(load_balancer.listeners, whole))


def health_monitors(cloud: Cloud, load_balancer: LoadBalancer) -> tuple[HealthMonitor, ...]:
    """Return the health monitors of the SCTP listeners' pools.

    Raises CloudError.
    """
    pools = [pool for pool in _pools(load_balancer).values() if pool.health_monitor_id]
    if not pools:
        return ()
    octavia = cloud.octavia
    path, key = "/lbaas/healthmonitors", "healthmonitor"
    answers = cloud.call_all(
        [functools.partial(_get, octavia, path, key, str(pool.health_monitor_id)) for pool in pools]
    )
    return tuple(
        _health_monitor(row, pool.id)
        for pool, row in zip(pools, answers, strict=True)
        if row is not None
    )


def read_pool(octavia: Any, pool_id: str) -> Pool | None:
    """Return a pool without its members, None if there is none with this ID.

    Raises MalformedAnswer, and what the SDK raises.
    """
    body = _get(octavia, POOLS.path, "pool", pool_id)
    return None if body is None else _pool(body)


def api_version(cloud: Cloud) -> tuple[int, ...] | None:
    """Return the newest version of its API that Octavia offers, such as (2, 27).

    Raises CloudError.
    """
    octavia = cloud.octavia
    texts = cloud.call(lambda: _versions(octavia))
    numbers = [tuple(map(int, text.split("."))) for text in texts if _VERSION.fullmatch(text)]
    return max(numbers, default=None)


def _members(octavia: Any, pool_id: str) -> tuple[Member, ...] | None:
    """Return the members of a pool, None if there is none with this ID."""
    members = replace(MEMBERS, path=f"{POOLS.path}/{pool_id}/members")
    return unless_gone(lambda: tuple(rows(octavia, members)), pool_id)


def _pools(load_balancer: LoadBalancer) -> dict[str, Pool]:
    """Return the pools of the SCTP listeners, by ID."""
    pools = (listener.pool for listener in sctp_listeners(load_balancer))
    return {pool.id: pool for pool in pools if pool}


def _get(octavia: Any, path: str, key: str, resource_id: str) -> Row | None:
    """Return one object, None if there is none with this ID."""
    answer = unless_gone(lambda: get(octavia, f"{path}/{resource_id}", key), resource_id)
    return None if answer is None else answer.required_row(key)


def _versions(octavia: Any) -> list[str]:
    """Return the versions that Octavia tells at its root; none where something else answers."""
    try:
        answer = get(octavia, f"{root(octavia.endpoint_override)}/", "list of versions")
        return [version.text("id").removeprefix("v") for version in answer.rows("versions")]
    except (openstack.exceptions.HttpException, MalformedAnswer):
        return []
