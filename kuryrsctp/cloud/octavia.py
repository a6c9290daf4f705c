# SPDX-License-Identifier: Apache-2.0

"""What Octavia holds for a service, read through openstacksdk into the model.

https://docs.openstack.org/api-ref/load-balancer/v2/. One service costs one list of
load balancers, of listeners, of pools, and of members a pool.
"""

import dataclasses
import functools
import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple

import openstack.exceptions
from openstack.connection import Connection
from openstack.load_balancer.v2._proxy import Proxy
from openstack.resource import Resource

from kuryrsctp import naming
from kuryrsctp.cloud import calls
from kuryrsctp.cloud.deadline import Deadline
from kuryrsctp.errors import CloudError, ServiceAmbiguous, ServiceNotFound
from kuryrsctp.makers import kuryr, occm
from kuryrsctp.model import HealthMonitor, Listener, LoadBalancer, Member, Pool

# What an API says is bounded: a list that never ends, a name that is a novel.
_MOST = 20_000
_LONGEST = 1024
_VERSION = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}")


class Lookup(NamedTuple):
    """What a name or ID leads to: load balancers without their parts.

    `others` are all that can be seen, looked up only if nothing has Kuryr's name.
    """

    found: tuple[LoadBalancer, ...]
    others: tuple[LoadBalancer, ...] = ()


def find_service(
    connection: Connection, service: naming.ServiceRef, deadline: Deadline | None = None
) -> LoadBalancer:
    """Return the one load balancer of the service, with its listeners, pools and members.

    Raises ServiceNotFound, ServiceAmbiguous, or CloudError when an API fails.
    """
    deadline = deadline or Deadline(calls.TIMEOUT)
    found = look_up(connection, service, deadline).found
    if len(found) > 1:
        listed = "; ".join(one.identity for one in found)
        raise ServiceAmbiguous(
            f"give the ID of the load balancer you mean, for {len(found)} are called '{service}':"
            f" {listed}"
        )
    if not found:
        raise ServiceNotFound(
            f"no load balancer '{service}' is visible to these credentials: check name, namespace"
            " and project (`openstack loadbalancer list`)"
        )
    return read_parts(connection, found[0], deadline)


def look_up(connection: Connection, service: naming.ServiceRef, deadline: Deadline) -> Lookup:
    """Look for the load balancers of a service: by ID, by Kuryr's name, or else by OCCM's.

    Raises CloudError.
    """
    octavia = proxy(connection, deadline)
    if isinstance(service, naming.LoadBalancerId):
        one = calls.call(lambda: _get(octavia.get_load_balancer, service.id), deadline)
        return Lookup(() if one is None else (load_balancer_from(one),))
    name = str(service)
    called = calls.call(lambda: listing(octavia.load_balancers, name=name), deadline)
    # MySQL compares names without case.
    found = tuple(one for one in map(load_balancer_from, called) if one.name == name)
    if found:
        return Lookup(found)
    everything = calls.call(lambda: listing(octavia.load_balancers), deadline)
    others = tuple(map(load_balancer_from, everything))
    # OCCM's name holds the cluster's, so it cannot be asked for. Where Services share a load
    # balancer, it is called after one, and has a tag of such a name for each.
    tagged = zip(others, everything, strict=True)
    occms = (
        one
        for one, resource in tagged
        if any(occm.is_name_of(text, service) for text in (one.name, *_texts(resource.tags)))
    )
    return Lookup(tuple(occms), others)


def read_parts(
    connection: Connection, load_balancer: LoadBalancer, deadline: Deadline
) -> LoadBalancer:
    """Return the load balancer with its listeners and pools.

    Members are read of the pools that are SCTP, or whose listener is, or is called so by Kuryr.

    Raises CloudError.
    """
    octavia = proxy(connection, deadline)
    listeners, pools = calls.call_all(
        [
            lambda: listing(octavia.listeners, load_balancer_id=load_balancer.id),
            lambda: listing(octavia.pools, loadbalancer_id=load_balancer.id),
        ],
        deadline,
    )
    wanted = {
        one.default_pool_id
        for one in listeners
        if one.protocol == "SCTP" or kuryr.is_sctp_name(str(one.name))
    }
    wanted |= {one.id for one in pools if one.protocol == "SCTP"}
    read = [one for one in pools if one.id in wanted]
    members = calls.call_all(
        [functools.partial(listing, octavia.members, pool=one.id) for one in read], deadline
    )
    members_of = {pool.id: found for pool, found in zip(read, members, strict=True)}
    by_id = {one.id: pool_from(one, members_of.get(one.id, [])) for one in pools}
    return dataclasses.replace(
        load_balancer, listeners=tuple(listener_from(one, by_id) for one in listeners)
    )


def monitors(
    connection: Connection, load_balancer: LoadBalancer, deadline: Deadline
) -> tuple[HealthMonitor, ...]:
    """Read the health monitors of the pools behind the listeners; Kuryr makes none.

    Raises CloudError.
    """
    pools = [one.pool for one in load_balancer.listeners if one.pool]
    wanted = sorted({one.health_monitor_id for one in pools if one.health_monitor_id})
    if not wanted:
        return ()
    octavia = proxy(connection, deadline)
    found = calls.call_all(
        [functools.partial(_get, octavia.get_health_monitor, one) for one in wanted], deadline
    )
    owners = {one.health_monitor_id: one.id for one in pools}
    return tuple(_monitor(one, owners[one.id]) for one in found if one is not None)


def api_version(connection: Connection, deadline: Deadline) -> tuple[int, ...] | None:
    """Return the newest version of its API that Octavia offers, such as (2, 27).

    Raises CloudError.
    """
    octavia = proxy(connection, deadline)
    data = calls.call(octavia.get_all_version_data, deadline)
    texts = [
        str(version.get("version"))
        for interfaces in data.values()
        for services in interfaces.values()
        for versions in services.values()
        for version in versions
    ]
    numbers = [tuple(map(int, one.split("."))) for one in texts if _VERSION.fullmatch(one)]
    return max(numbers, default=None)


def proxy(connection: Connection, deadline: Deadline) -> Proxy:
    """Return the SDK's way to Octavia."""
    # The SDK asks Keystone and Octavia for versions when the attribute is first read.
    return calls.call(lambda: connection.load_balancer, deadline)


def listing(method: Callable[..., Iterable[Resource]], **query: str) -> list[Any]:
    """Return all of a list of Octavia's, unless it is endless."""
    return list(itertools.islice(method(**query), _MOST))


def _get(method: Callable[[str], Resource], resource_id: str) -> Any:
    try:
        return method(resource_id)
    except openstack.exceptions.NotFoundException as error:
        # A 404 that does not name the ID comes from something that is not Octavia.
        if resource_id in str(error.details):
            return None
        raise


def _text(value: object) -> str:
    return "" if value is None else str(value)[:_LONGEST]


def _texts(value: Iterable[object] | None) -> tuple[str, ...]:
    return tuple(map(_text, value or ()))


def _time(value: object) -> datetime | None:
    """Read a time of Octavia's (ISO 8601, UTC, without a zone); None if it is none."""
    try:
        return datetime.fromisoformat(_text(value)).replace(tzinfo=timezone.utc)
    except ValueError:
        return None


def _state(resource: Any) -> dict[str, Any]:
    """Return the fields that all of Octavia's objects share."""
    if not (resource.id and resource.provisioning_status):
        raise CloudError(
            "Octavia's answer holds an object without ID or status: check that its endpoint leads"
            " to Octavia (`openstack catalog show load-balancer`)"
        )
    return {
        "id": _text(resource.id),
        "name": _text(resource.name),
        "admin_state_up": resource.is_admin_state_up is not False,
        "provisioning_status": _text(resource.provisioning_status),
        "operating_status": _text(resource.operating_status),
        "changed_at": _time(resource.updated_at) or _time(resource.created_at),
    }


def load_balancer_from(resource: Any) -> LoadBalancer:
    """Return a load balancer without its parts."""
    return LoadBalancer(
        **_state(resource),
        project_id=_text(resource.project_id),
        provider=_text(resource.provider),
        vip_address=_text(resource.vip_address),
        vip_port_id=_text(resource.vip_port_id) or None,
        vip_subnet_id=_text(resource.vip_subnet_id) or None,
    )


def listener_from(resource: Any, pools: Mapping[str, Pool]) -> Listener:
    """Return a listener with its default pool, if that is among `pools` (by ID)."""
    return Listener(
        **_state(resource),
        protocol=_text(resource.protocol),
        protocol_port=resource.protocol_port or 0,
        pool=pools.get(_text(resource.default_pool_id)),
        allowed_cidrs=_texts(resource.allowed_cidrs),
        timeout_client_data=resource.timeout_client_data or 0,
        timeout_member_data=resource.timeout_member_data or 0,
    )


def pool_from(resource: Any, members: Iterable[Any]) -> Pool:
    """Return a pool with its members."""
    persistence = resource.session_persistence or {}
    return Pool(
        **_state(resource),
        protocol=_text(resource.protocol),
        lb_algorithm=_text(resource.lb_algorithm),
        members=tuple(map(member_from, members)),
        session_persistence=_text(persistence.get("type")) or None,
        health_monitor_id=_text(resource.health_monitor_id) or None,
    )


def _monitor(resource: Any, pool_id: str) -> HealthMonitor:
    return HealthMonitor(
        id=_text(resource.id),
        pool_id=pool_id,
        type=_text(resource.type),
        provisioning_status=_text(resource.provisioning_status),
    )


def member_from(resource: Any) -> Member:
    """Return a member."""
    return Member(
        **_state(resource),
        address=_text(resource.address),
        protocol_port=resource.protocol_port or 0,
        weight=1 if resource.weight is None else resource.weight,
        subnet_id=_text(resource.subnet_id) or None,
    )
