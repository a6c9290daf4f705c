# SPDX-License-Identifier: Apache-2.0

"""What Neutron holds around load balancers, read through openstacksdk into the model.

https://docs.openstack.org/api-ref/network/v2/. Several services cost no more than one: a list
of ports (for each hundred addresses), of subnets, of floating IPs and of security groups. What
may not be read is said to be unreadable; where Neutron fails, CloudError is raised.
"""

import dataclasses
import functools
import ipaddress
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import keystoneauth1.exceptions
import openstack.exceptions
from openstack.connection import Connection

from kuryrsctp import makers
from kuryrsctp.addresses import Network
from kuryrsctp.cloud import calls
from kuryrsctp.cloud.deadline import Deadline
from kuryrsctp.errors import ServiceLacksFloatingIp
from kuryrsctp.model import (
    FloatingIp,
    LoadBalancer,
    Member,
    NetworkState,
    Port,
    SecurityGroupRule,
    Unreadable,
)

T = TypeVar("T")

_MOST = 20_000
_RULE_FIELDS = tuple(field.name for field in dataclasses.fields(SecurityGroupRule))
_ADDRESSES = 100  # in one request: Neutron takes URLs of 8 KiB


def read(
    connection: Connection, load_balancers: Sequence[LoadBalancer], deadline: Deadline
) -> NetworkState:
    """Read what surrounds the load balancers, which hold their parts already.

    Raises CloudError where Neutron fails; missing rights are no failure.
    """
    network = calls.call(lambda: _allowed(lambda: _proxy(connection)), deadline)
    if isinstance(network, Unreadable):
        return NetworkState.unreadable(network.reason)
    members = [
        member
        for load_balancer in load_balancers
        for listener in makers.sctp_listeners(load_balancer)
        if listener.pool
        for member in listener.pool.members
    ]
    queries: list[Callable[[], Any]] = [
        functools.partial(_ports, network, load_balancers, members),
        functools.partial(_subnets, network, load_balancers, members),
        functools.partial(_floating_ips, network, load_balancers),
    ]
    ports, subnets, floating_ips = calls.call_all(queries, deadline)
    groups = calls.call(lambda: _groups(network, ports), deadline)
    return NetworkState(ports, groups, subnets, floating_ips)


def floating_ip(connection: Connection, load_balancer: LoadBalancer) -> str:
    """Return the floating IP that is bound to the load balancer's VIP port.

    Raises ServiceLacksFloatingIp, or CloudError when an API fails.
    """
    deadline = Deadline(calls.TIMEOUT)
    port = load_balancer.vip_port_id
    network = calls.call(lambda: connection.network, deadline)
    found = calls.call(lambda: list(network.ips(port_id=port)), deadline) if port else []
    addresses = [str(one.floating_ip_address) for one in found if one.floating_ip_address]
    if not addresses:
        raise ServiceLacksFloatingIp(
            f"no floating IP is bound to VIP {load_balancer.vip_address} of load balancer"
            f" '{load_balancer.name}': Kuryr binds one only for a Service of type LoadBalancer"
        )
    return addresses[0]


def _proxy(connection: Connection) -> Any:
    network: Any = connection.network
    if network.get_endpoint() is None:
        raise keystoneauth1.exceptions.EndpointNotFound
    return network


def _allowed(read: Callable[[], T]) -> T | Unreadable:
    """Return what `read` returns, unless it may not be read or is not there."""
    try:
        return read()
    except openstack.exceptions.ForbiddenException:
        return Unreadable("these credentials may not read it in Neutron")
    except openstack.exceptions.NotFoundException:
        return Unreadable("this cloud's Neutron does not have it")
    except (keystoneauth1.exceptions.CatalogException, openstack.exceptions.ConfigException):
        return Unreadable("the catalog holds no Neutron for these credentials")


def _list(method: Callable[..., Iterable[Any]], **query: Any) -> list[Any]:
    return list(itertools.islice(method(**query), _MOST))


def _ports(
    network: Any, load_balancers: Iterable[LoadBalancer], members: Iterable[Member]
) -> tuple[Port, ...] | Unreadable:
    vips = (one.vip_address for one in load_balancers)
    addresses = sorted({*vips, *(one.address for one in members)})
    return _allowed(lambda: tuple(_ports_at(network, addresses)))


def _ports_at(network: Any, addresses: list[str]) -> Iterable[Port]:
    found: dict[str, Port] = {}
    for start in range(0, len(addresses), _ADDRESSES):
        wanted = [f"ip_address={one}" for one in addresses[start : start + _ADDRESSES]]
        for port in _list(network.ports, fixed_ips=wanted):
            found[port.id] = _port(port)
    return found.values()


def _port(port: Any) -> Port:
    return Port(
        id=str(port.id),
        project_id=str(port.project_id),
        addresses=tuple(str(one["ip_address"]) for one in port.fixed_ips),
        security_group_ids=tuple(map(str, port.security_group_ids or ())),
        port_security=port.is_port_security_enabled is not False,
    )


def _subnets(
    network: Any, load_balancers: Iterable[LoadBalancer], members: Iterable[Member]
) -> Mapping[str, Network] | Unreadable:
    of_vips = (one.vip_subnet_id for one in load_balancers)
    ids = {*of_vips, *(one.subnet_id for one in members)} - {None}
    return _allowed(
        lambda: {
            str(one.id): ipaddress.ip_network(one.cidr)
            for one in (_list(network.subnets, id=sorted(map(str, ids))) if ids else ())
        }
    )


def _floating_ips(
    network: Any, load_balancers: Iterable[LoadBalancer]
) -> tuple[FloatingIp, ...] | Unreadable:
    ids = sorted({one.vip_port_id for one in load_balancers if one.vip_port_id})
    return _allowed(
        lambda: tuple(
            FloatingIp(
                id=str(one.id),
                port_id=str(one.port_id),
                address=str(one.floating_ip_address),
                fixed_address=str(one.fixed_ip_address),
                status=str(one.status),
            )
            for start in range(0, len(ids), _ADDRESSES)
            for one in _list(network.ips, port_id=ids[start : start + _ADDRESSES])
        )
    )


def _groups(
    network: Any, ports: tuple[Port, ...] | Unreadable
) -> Mapping[str, tuple[SecurityGroupRule, ...]] | Unreadable:
    if isinstance(ports, Unreadable):
        return ports
    ids = sorted({group for port in ports for group in port.security_group_ids})
    return _allowed(
        lambda: {
            str(one.id): tuple(map(_rule, one.security_group_rules or ()))
            for start in range(0, len(ids), _ADDRESSES)
            for one in _list(network.security_groups, id=ids[start : start + _ADDRESSES])
        }
    )


def _rule(rule: Mapping[str, Any]) -> SecurityGroupRule:
    if prefix := rule.get("remote_ip_prefix"):
        ipaddress.ip_network(prefix, strict=False)  # a malformed one is Neutron's failure
    fields: dict[str, Any] = {name: rule.get(name) for name in _RULE_FIELDS}
    return SecurityGroupRule(**fields)
