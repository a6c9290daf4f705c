# SPDX-License-Identifier: Apache-2.0

"""What Neutron holds around load balancers, decoded into the model.

https://docs.openstack.org/api-ref/network/v2/. Several services cost no more than one: a list
of ports (for each hundred addresses), of subnets, of floating IPs and of security groups. What
may not be read is Unreadable; where Neutron fails, CloudError is raised.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import openstack.exceptions

from kuryrsctp import makers
from kuryrsctp.addresses import Network, canonical
from kuryrsctp.cloud.calls import Cloud
from kuryrsctp.cloud.paging import Collection, neutron_collection, rows
from kuryrsctp.cloud.rows import Row
from kuryrsctp.errors import CloudError, ServiceLacksFloatingIp
from kuryrsctp.model import (
    FloatingIp,
    LoadBalancer,
    Member,
    NetworkState,
    Port,
    SecurityGroup,
    SecurityGroupRule,
    Unreadable,
)

T = TypeVar("T")

_MAX_ADDRESSES = 100  # in one request: Neutron takes URLs of 8 KiB
_NO_NEUTRON = "the catalog holds no Neutron for these credentials"


def _port(row: Row) -> Port:
    return Port(
        id=row.required_text("id"),
        project_id=row.text("project_id"),
        addresses=tuple(fixed_ip.text("ip_address") for fixed_ip in row.rows("fixed_ips")),
        security_group_ids=row.texts("security_groups"),
        # Neutron without the extension security-group has no such list, and filters nothing.
        port_security=row.flag("port_security_enabled", default=True)
        and row.has("security_groups"),
        owner=row.text("device_owner"),
        network_id=row.text("network_id"),
    )


def _floating_ip(row: Row) -> FloatingIp:
    return FloatingIp(
        id=row.required_text("id"),
        port_id=row.text("port_id"),
        address=row.text("floating_ip_address"),
        fixed_address=row.text("fixed_ip_address"),
        status=row.text("status"),
    )


def _subnet(row: Row) -> tuple[str, Network]:
    return row.required_text("id"), row.network("cidr")


def _security_group(row: Row) -> tuple[str, SecurityGroup]:
    rules = tuple(map(_rule, row.rows("security_group_rules")))
    # Neutron without the extension stateful-security-group does not tell it: all are.
    stateful = row.flag("stateful", default=True)
    return row.required_text("id"), SecurityGroup(rules, stateful)


def _rule(row: Row) -> SecurityGroupRule:
    prefix = row.optional_text("remote_ip_prefix")
    if prefix:
        row.network("remote_ip_prefix")  # must be one, before a check relies on it
    return SecurityGroupRule(
        direction=row.text("direction"),
        ethertype=row.text("ethertype"),
        protocol=row.optional_text("protocol"),
        port_range_min=row.optional_number("port_range_min"),
        port_range_max=row.optional_number("port_range_max"),
        remote_ip_prefix=prefix,
        remote_group_id=row.optional_text("remote_group_id"),
        remote_address_group_id=row.optional_text("remote_address_group_id"),
    )


def _address_group(row: Row) -> tuple[str, tuple[Network, ...]]:
    return row.required_text("id"), row.networks("addresses")


PORTS = neutron_collection("/ports", "port", _port)
FLOATING_IPS = neutron_collection("/floatingips", "floating IP", _floating_ip)
SUBNETS = neutron_collection("/subnets", "subnet", _subnet)
SECURITY_GROUPS = neutron_collection("/security-groups", "security group", _security_group)
ADDRESS_GROUPS = neutron_collection("/address-groups", "address group", _address_group)


def read_network_state(cloud: Cloud, load_balancers: Sequence[LoadBalancer]) -> NetworkState:
    """Read what surrounds load balancers, whose members were read already.

    Raises CloudError where Neutron fails; missing rights are no failure.
    """
    neutron = cloud.neutron
    if neutron is None:
        return NetworkState.unreadable(_NO_NEUTRON)
    queries: list[Callable[[], Any]] = [
        partial(_readable, partial(_ports, neutron, load_balancers)),
        partial(_readable, partial(_subnets, neutron, load_balancers)),
        partial(_readable, partial(_floating_ips, neutron, load_balancers)),
    ]
    ports, subnets, floating_ips = cloud.call_all(queries)
    if isinstance(ports, Unreadable):
        return NetworkState(ports, ports, subnets, floating_ips)
    groups = cloud.call(partial(_readable, partial(_groups, neutron, ports)))
    if not isinstance(groups, Unreadable):
        groups = _with_address_groups(cloud, groups)
    return NetworkState(ports, groups, subnets, floating_ips)


def floating_ip(cloud: Cloud, load_balancer: LoadBalancer) -> FloatingIp:
    """Return the floating IP that is bound to the port of the VIP.

    Raises ServiceLacksFloatingIp, or CloudError when an API fails.
    """
    neutron = cloud.neutron
    if neutron is None:
        raise CloudError(f"{_NO_NEUTRON}, so its floating IPs are not known")
    bound = cloud.call(lambda: _floating_ips(neutron, [load_balancer]))
    if not bound:
        when = makers.whole(load_balancer).claim.maker.no_floating_ip
        raise ServiceLacksFloatingIp(
            f"no floating IP is bound to VIP {load_balancer.vip_address} of load balancer"
            f" '{load_balancer.name}'{f': {when}' if when else ''}"
        )
    return bound[0]


def _readable(read: Callable[[], T]) -> T | Unreadable:
    """Return what `read` returns, unless it may not be read or does not exist."""
    try:
        return read()
    except openstack.exceptions.ForbiddenException:
        return Unreadable("these credentials may not read it in Neutron")
    except openstack.exceptions.NotFoundException:
        return Unreadable("this cloud's Neutron does not have it")


def addresses(load_balancers: Iterable[LoadBalancer]) -> set[str]:
    """Return the addresses of the VIPs and of the members, whose ports are read."""
    parts = list(load_balancers)
    vips = (vip.address for load_balancer in parts for vip in load_balancer.vips)
    every = {*vips, *(member.address for member in _members(parts))} - {""}
    # Octavia keeps a member's address as it was written, Neutron has the short form of each.
    return set(map(canonical, every))


def _members(load_balancers: Iterable[LoadBalancer]) -> Iterator[Member]:
    """Yield the members of the SCTP listeners' pools."""
    for load_balancer in load_balancers:
        for listener in makers.sctp_listeners(load_balancer):
            if listener.pool:
                yield from listener.pool.members


def _ports(neutron: Any, load_balancers: Iterable[LoadBalancer]) -> tuple[Port, ...]:
    wanted = [f"ip_address={address}" for address in sorted(addresses(load_balancers))]
    # A port that has several of the addresses comes several times.
    return tuple({port.id: port for port in _each(neutron, PORTS, "fixed_ips", wanted)}.values())


def _subnets(neutron: Any, load_balancers: Sequence[LoadBalancer]) -> dict[str, Network]:
    of_vips = (vip.subnet_id for load_balancer in load_balancers for vip in load_balancer.vips)
    ids = {*of_vips, *(member.subnet_id for member in _members(load_balancers))} - {None}
    return dict(_each(neutron, SUBNETS, "id", sorted(map(str, ids))))


def _floating_ips(neutron: Any, load_balancers: Iterable[LoadBalancer]) -> tuple[FloatingIp, ...]:
    vips = (vip for load_balancer in load_balancers for vip in load_balancer.vips)
    ids = {vip.port_id for vip in vips} - {None}
    return tuple(_each(neutron, FLOATING_IPS, "port_id", sorted(map(str, ids))))


def _groups(neutron: Any, ports: Iterable[Port]) -> Mapping[str, SecurityGroup]:
    ids = {group for port in ports for group in port.security_group_ids}
    return dict(_each(neutron, SECURITY_GROUPS, "id", sorted(ids)))


def _with_address_groups(
    cloud: Cloud, groups: Mapping[str, SecurityGroup]
) -> Mapping[str, SecurityGroup]:
    """Put the addresses of the address groups into rules, as far as they can be read."""
    rules = (rule for group in groups.values() for rule in group.rules)
    ids = sorted({rule.remote_address_group_id or "" for rule in rules} - {""})
    if not ids:
        return groups
    read = partial(_each, cloud.neutron, ADDRESS_GROUPS, "id", ids)
    networks = cloud.call(partial(_readable, lambda: dict(read())))
    if isinstance(networks, Unreadable):
        return groups
    return {
        group_id: replace(group, rules=tuple(_without_address_groups(group.rules, networks)))
        for group_id, group in groups.items()
    }


def _without_address_groups(
    rules: Iterable[SecurityGroupRule], addresses: Mapping[str, tuple[Network, ...]]
) -> Iterator[SecurityGroupRule]:
    """Yield a rule for each address of an address group that was read, and other rules as is."""
    for rule in rules:
        networks = addresses.get(rule.remote_address_group_id or "")
        if networks is None:
            yield rule
            continue
        for network in networks:
            if f"IPv{network.version}" == rule.ethertype:
                yield replace(rule, remote_ip_prefix=str(network), remote_address_group_id=None)


def _each(neutron: Any, collection: Collection[T], name: str, values: Sequence[str]) -> Iterator[T]:
    """Yield the objects whose field `name` has one of the values, in as few requests as can be."""
    for start in range(0, len(values), _MAX_ADDRESSES):
        query = {name: list(values[start : start + _MAX_ADDRESSES])}
        yield from rows(neutron, collection, **query)
