# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What Octavia holds for a service, read through openstacksdk into the model.

https://docs.openstack.org/api-ref/load-balancer/v2/. One service costs one list of
load balancers, of listeners, of pools, and of members a pool.
"""

import dataclasses
import functools
import itertools
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple

import openstack.exceptions
from openstack.connection import Connection
from openstack.load_balancer.v2._proxy import Proxy
from openstack.resource import Resource

from kuryrsctp import cloud, naming
from kuryrsctp.deadline import Deadline
from kuryrsctp.errors import CloudError, ServiceAmbiguous, ServiceNotFound
from kuryrsctp.model import Listener, LoadBalancer, Member, Pool

# What an API says is bounded: a list that never ends, a name that is a novel.
_MOST = 20_000
_LONGEST = 1024


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
    deadline = deadline or Deadline(cloud.TIMEOUT)
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
    octavia = _proxy(connection, deadline)
    if isinstance(service, naming.LoadBalancerId):
        one = cloud.call(lambda: _get(octavia.get_load_balancer, service.id), deadline)
        return Lookup(() if one is None else (_load_balancer(one),))
    name = str(service)
    called = cloud.call(lambda: _list(octavia.load_balancers, name=name), deadline)
    # MySQL compares names without case.
    found = tuple(one for one in map(_load_balancer, called) if one.name == name)
    if found:
        return Lookup(found)
    everything = cloud.call(lambda: _list(octavia.load_balancers), deadline)
    others = tuple(map(_load_balancer, everything))
    # OCCM's name holds the cluster's, so it cannot be asked for.
    return Lookup(tuple(one for one in others if naming.is_occm_of(one.name, service)), others)


def read_parts(
    connection: Connection, load_balancer: LoadBalancer, deadline: Deadline
) -> LoadBalancer:
    """Return the load balancer with its listeners and pools, and the members of SCTP pools.

    Raises CloudError.
    """
    octavia = _proxy(connection, deadline)
    listeners, pools = cloud.call_all(
        [
            lambda: _list(octavia.listeners, load_balancer_id=load_balancer.id),
            lambda: _list(octavia.pools, loadbalancer_id=load_balancer.id),
        ],
        deadline,
    )
    wanted = {one.default_pool_id for one in listeners if one.protocol == "SCTP"}
    wanted |= {one.id for one in pools if one.protocol == "SCTP"}
    read = [one for one in pools if one.id in wanted]
    members = cloud.call_all(
        [functools.partial(_list, octavia.members, pool=one.id) for one in read], deadline
    )
    members_of = {pool.id: found for pool, found in zip(read, members, strict=True)}
    by_id = {one.id: _pool(one, members_of.get(one.id, [])) for one in pools}
    return dataclasses.replace(
        load_balancer, listeners=tuple(_listener(one, by_id) for one in listeners)
    )


def _proxy(connection: Connection, deadline: Deadline) -> Proxy:
    # The SDK asks Keystone and Octavia for versions when the attribute is first read.
    return cloud.call(lambda: connection.load_balancer, deadline)


def _list(method: Callable[..., Iterable[Resource]], **query: str) -> list[Any]:
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


def _texts(value: Iterable[object] | None) -> tuple[str, ...] | None:
    return None if value is None else tuple(map(_text, value))


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


def _load_balancer(resource: Any) -> LoadBalancer:
    return LoadBalancer(
        **_state(resource),
        project_id=_text(resource.project_id),
        provider=_text(resource.provider),
        vip_address=_text(resource.vip_address),
        vip_port_id=_text(resource.vip_port_id) or None,
        vip_subnet_id=_text(resource.vip_subnet_id) or None,
    )


def _listener(resource: Any, pools: Mapping[str, Pool]) -> Listener:
    return Listener(
        **_state(resource),
        protocol=_text(resource.protocol),
        protocol_port=resource.protocol_port or 0,
        pool=pools.get(_text(resource.default_pool_id)),
        allowed_cidrs=_texts(resource.allowed_cidrs),
    )


def _pool(resource: Any, members: Iterable[Any]) -> Pool:
    persistence = resource.session_persistence or {}
    return Pool(
        **_state(resource),
        protocol=_text(resource.protocol),
        lb_algorithm=_text(resource.lb_algorithm),
        members=tuple(map(_member, members)),
        session_persistence=_text(persistence.get("type")) or None,
        health_monitor_id=_text(resource.health_monitor_id) or None,
    )


def _member(resource: Any) -> Member:
    return Member(
        **_state(resource),
        address=_text(resource.address),
        protocol_port=resource.protocol_port or 0,
        weight=1 if resource.weight is None else resource.weight,
        subnet_id=_text(resource.subnet_id) or None,
    )
