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
from typing import Any, NamedTuple

import openstack.exceptions

from kuryrsctp import makers, naming
from kuryrsctp.cloud.calls import Cloud, get
from kuryrsctp.cloud.failures import malformed_answers
from kuryrsctp.cloud.paging import octavia_collection, rows
from kuryrsctp.cloud.rows import Row
from kuryrsctp.errors import ServiceAmbiguous, ServiceNotFound
from kuryrsctp.model import HealthMonitor, Listener, LoadBalancer, Member, Pool

_VERSION = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}")


def _state(row: Row) -> dict[str, Any]:
    """Return the fields that all of Octavia's objects share."""
    return {
        "id": row.required_text("id"),
        "name": row.text("name"),
        "admin_state_up": row.flag("admin_state_up", default=True),
        "provisioning_status": row.required_text("provisioning_status"),
        "operating_status": row.text("operating_status"),
        "changed_at": row.time("updated_at") or row.time("created_at"),
    }


def _owners(row: Row) -> tuple[str, ...]:
    return tuple(owner.required_text("id") for owner in row.rows("loadbalancers"))


def _load_balancer(row: Row) -> LoadBalancer:
    return LoadBalancer(
        **_state(row),
        project_id=row.text("project_id"),
        provider=row.text("provider"),
        vip_address=row.text("vip_address"),
        vip_port_id=row.optional_text("vip_port_id"),
        vip_subnet_id=row.optional_text("vip_subnet_id"),
        tags=row.texts("tags"),
    )


def _listener(row: Row) -> Listener:
    return Listener(
        **_state(row),
        protocol=row.text("protocol"),
        protocol_port=row.number("protocol_port"),
        load_balancer_ids=_owners(row),
        default_pool_id=row.optional_text("default_pool_id"),
        allowed_cidrs=row.texts("allowed_cidrs"),
        timeout_client_data=row.number("timeout_client_data", 0),
        timeout_member_data=row.number("timeout_member_data", 0),
    )


def _pool(row: Row) -> Pool:
    persistence = row.row("session_persistence")
    return Pool(
        **_state(row),
        protocol=row.text("protocol"),
        lb_algorithm=row.text("lb_algorithm"),
        member_count=len(row.rows("members")),
        session_persistence=persistence.optional_text("type") if persistence else None,
        health_monitor_id=row.optional_text("healthmonitor_id"),
    )


def _member(row: Row) -> Member:
    return Member(
        **_state(row),
        address=row.text("address"),
        protocol_port=row.number("protocol_port"),
        weight=row.number("weight", 1),
        subnet_id=row.optional_text("subnet_id"),
    )


def _health_monitor(row: Row, pool_id: str) -> HealthMonitor:
    return HealthMonitor(
        id=row.required_text("id"),
        pool_id=pool_id,
        type=row.text("type"),
        provisioning_status=row.text("provisioning_status"),
    )


LOAD_BALANCERS = octavia_collection("/lbaas/loadbalancers", "load balancer", _load_balancer)
LISTENERS = octavia_collection("/lbaas/listeners", "listener", _listener)
POOLS = octavia_collection("/lbaas/pools", "pool", _pool)
# Of one pool, whose ID the path needs. Sorted by age, as Octavia does by default: in the order
# in which the pods came.
MEMBERS = replace(octavia_collection("/members", "member", _member), order={})


class Lookup(NamedTuple):
    """The load balancers that a name or ID leads to, without their parts.

    `all_load_balancers` are all that can be seen, read only if none has the usual name.
    """

    load_balancers: tuple[LoadBalancer, ...]
    all_load_balancers: tuple[LoadBalancer, ...] = ()


def find_service(cloud: Cloud, service: naming.ServiceRef) -> LoadBalancer:
    """Return the one load balancer of the service, with its listeners, pools and members.

    Raises ServiceNotFound, ServiceAmbiguous, or CloudError when an API fails.
    """
    load_balancers = look_up(cloud, service).load_balancers
    if len(load_balancers) > 1:
        listed = "; ".join(load_balancer.identity for load_balancer in load_balancers)
        raise ServiceAmbiguous(
            f"{len(load_balancers)} load balancers are called '{service}': give the ID of the one"
            f" that you mean: {listed}"
        )
    if not load_balancers:
        raise ServiceNotFound(
            f"no load balancer '{service}' is visible to these credentials: check name, namespace"
            " and project (`openstack loadbalancer list`)"
        )
    return read_members(cloud, read_parts(cloud, load_balancers[0]))


def look_up(cloud: Cloud, service: naming.ServiceRef) -> Lookup:
    """Look for the load balancers of a service: by ID, by their usual name, or among all.

    Raises CloudError.
    """
    octavia = cloud.octavia
    if isinstance(service, naming.LoadBalancerId):
        body = cloud.call(lambda: _get(octavia, LOAD_BALANCERS.path, "loadbalancer", service.id))
        return Lookup(() if body is None else (_load_balancer(body),))
    name = makers.usual_name(service)
    called = cloud.call(lambda: tuple(rows(octavia, LOAD_BALANCERS, name=name)))
    # MySQL compares names without case.
    exact = tuple(load_balancer for load_balancer in called if load_balancer.name == name)
    if exact:
        return Lookup(exact)
    everything = cloud.call(lambda: tuple(rows(octavia, LOAD_BALANCERS)))
    serving = (balancer for balancer in everything if makers.serves(balancer, service))
    return Lookup(tuple(serving), everything)


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
    return with_parts(load_balancer, listeners, {pool.id: pool for pool in pools})


def with_parts(
    load_balancer: LoadBalancer, listeners: Iterable[Listener], pools: Mapping[str, Pool]
) -> LoadBalancer:
    """Return the load balancer with its listeners, by port, and each with its default pool."""
    whole = (
        replace(listener, pool=pools.get(listener.default_pool_id or "")) for listener in listeners
    )
    by_port = sorted(whole, key=lambda listener: (listener.protocol_port, listener.id))
    return replace(load_balancer, listeners=tuple(by_port))


def read_members(cloud: Cloud, load_balancer: LoadBalancer) -> LoadBalancer:
    """Return the load balancer with the members of the pools of its SCTP listeners.

    Raises CloudError.
    """
    octavia, pools = cloud.octavia, _pools(load_balancer)
    members = cloud.call_all([functools.partial(_members, octavia, pool_id) for pool_id in pools])
    whole = {
        pool.id: replace(pool, members=pool_members)
        for pool, pool_members in zip(pools.values(), members, strict=True)
    }
    return with_parts(load_balancer, load_balancer.listeners, whole)


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


def _members(octavia: Any, pool_id: str) -> tuple[Member, ...]:
    return tuple(rows(octavia, replace(MEMBERS, path=f"{POOLS.path}/{pool_id}/members")))


def _pools(load_balancer: LoadBalancer) -> dict[str, Pool]:
    """Return the pools of the SCTP listeners, by ID."""
    pools = (listener.pool for listener in makers.sctp_listeners(load_balancer))
    return {pool.id: pool for pool in pools if pool}


def _get(octavia: Any, path: str, key: str, resource_id: str) -> Row | None:
    """Return one object, None if there is none with this ID."""
    try:
        answer = get(octavia, f"{path}/{resource_id}", key)
    except openstack.exceptions.NotFoundException as error:
        # A 404 that does not name the ID comes from something that is not Octavia.
        if resource_id in str(error.details):
            return None
        raise
    return answer.required_row(key)


def _versions(octavia: Any) -> list[str]:
    with malformed_answers():
        return [
            str(version.get("version"))
            for interfaces in octavia.get_all_version_data().values()
            for services in interfaces.values()
            for versions in services.values()
            for version in versions
        ]
