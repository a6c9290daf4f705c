# SPDX-License-Identifier: Apache-2.0

"""Checks on the security groups on the way: of the VIPs' port, and of the members' ports."""

import ipaddress
from collections.abc import Sequence
from dataclasses import replace

from kuryrsctp.addresses import Network, canonical
from kuryrsctp.model import Port, Unreadable, is_pending
from kuryrsctp.providers.provider import TrafficSource
from kuryrsctp.verifier.checks.admissions import Traffic, judge
from kuryrsctp.verifier.checks.catalogue import CheckResult, check, ok, skip, warn
from kuryrsctp.verifier.checks.network import port_of_vips
from kuryrsctp.verifier.checks.placeholders import word
from kuryrsctp.verifier.checks.targets import ListenerTarget, LoadBalancerTarget, MemberTarget
from kuryrsctp.verifier.report import Status
from kuryrsctp.verifier.security_groups import Admission, covered

_EVERYWHERE = {4: ipaddress.ip_network("0.0.0.0/0"), 6: ipaddress.ip_network("::/0")}
_UNREADABLE_VIP = "its group cannot be read: Octavia's own belongs to the service project"
_UNREADABLE_MEMBER = "the port's group is not visible to these credentials"
_UNREADABLE_OWN = (
    "a group that was given to the VIP (vip_sg_ids) is not visible to these credentials"
)
_NO_LISTENER_RULES = ": where the VIP was given groups (vip_sg_ids), Octavia makes no rules"
_REFUSED = (
    "see the load balancer's row, load-balancer-provisioning: Neutron refuses a port that is in a"
    " stateless group and in another that is not, which leaves the load balancer in ERROR"
)
# What a monitor of each type asks with. One of type UDP-CONNECT takes silence for an answer: no
# group can make it fail.
_PROTOCOLS = {
    "HTTP": "TCP",
    "HTTPS": "TCP",
    "SCTP": "SCTP",
    "TCP": "TCP",
    "TLS-HELLO": "TCP",
}


@check(
    "vip-security-groups",
    on=ListenerTarget,
    meaning="The security groups of the VIPs' port allow SCTP to the listener's port, from --source"
    " or else from all clients that the listener admits.",
    cause="A rule was deleted by hand; or the VIP was given groups (vip_sg_ids), for which Octavia"
    " makes no rules; or its port was taken out of one of these, or of all groups.",
    remedy="`openstack security group rule create --ingress --protocol sctp --dst-port <port>"
    " <group>`",
)
def vip_security_groups(target: ListenerTarget) -> CheckResult:
    """Check the groups of the VIPs' port, which Octavia derives from the listener."""
    listener, port = target.listener, port_of_vips(target)
    if listener.protocol != "SCTP":
        return skip(f"not checked: the listener's protocol is {listener.protocol}")
    if is_pending(listener):
        return skip(f"{listener.provisioning_status}: its rules may not be there yet")
    if port is None:
        return skip("the VIP's port is not visible")
    provider = target.provider
    deciding = target.load_balancer.vip_security_group_ids if provider.filters_at_vip else ()
    if lacking := [group for group in deciding if group not in port.security_group_ids]:
        return _lacking(target, lacking)
    if provider.filters_at_vip is False:
        place = f"{provider.title} filters at the members' ports, not at the VIP's"
        return skip(place) if port.security_group_ids else ok(f"no group: {place}")
    if provider.filters_at_vip and port.port_security and not port.security_group_ids:
        return _without_group(target)
    versions = {vip.version for vip in target.load_balancer.vips}
    result = judge(
        target.snapshot.network,
        port,
        Traffic(number=listener.protocol_port, sources=_clients(target, versions)),
        deciding=deciding,
        unreadable=_UNREADABLE_OWN if deciding else _UNREADABLE_VIP,
        note=_NO_LISTENER_RULES if deciding else "",
    )
    if provider.filters_at_vip is None and result.status is not Status.OK:
        return skip(f"whether {provider.title} filters at the VIP's port is not known")
    own = provider.remedies.get("vip-security-groups")
    if own and result.hint and listener.admin_state_up and not deciding:
        return replace(result, hint=f"{own}; if not: {result.hint}")
    return result


def _without_group(target: ListenerTarget) -> CheckResult:
    """Say what it means that the VIPs' port is in no group, where groups are enforced."""
    if is_pending(target.load_balancer):
        status = target.load_balancer.provisioning_status
        return skip(f"no group, and {status}: its port may not be changed yet")
    detail = f"no group: {target.provider.no_vip_group}"
    if why := target.maker.no_vip_group:
        return skip(f"{detail}; {why}")
    return warn(detail, target.provider.vip_group_remedy)


def _lacking(target: ListenerTarget, groups: Sequence[str]) -> CheckResult:
    """Say that the VIPs' port is not in groups that were given to the VIP."""
    load_balancer = target.load_balancer
    if is_pending(load_balancer):
        return skip(f"{load_balancer.provisioning_status}: its port may not be changed yet")
    detail = f"the VIP was given group {', '.join(groups)} (vip_sg_ids), and its port is not in it"
    if load_balancer.provisioning_status == "ERROR":
        return warn(detail, _REFUSED)
    words = (word(group, "group") for group in load_balancer.vip_security_group_ids)
    given, balancer = " --vip-sg-id ".join(words), word(load_balancer.id, "ID")
    return warn(detail, f"`openstack loadbalancer set --vip-sg-id {given} {balancer}`")


@check(
    "member-security-groups",
    on=MemberTarget,
    meaning="The security groups of the member's port allow SCTP to its port from where the"
    " provider's traffic comes: the load balancer, or the clients.",
    cause="The group has a rule for tcp only, or a rule for other sources.",
    remedy="`openstack security group rule create --ingress --protocol sctp --dst-port <port>"
    " --remote-ip <source> <group>`",
)
def member_security_groups(target: MemberTarget) -> CheckResult:
    """Check the groups of the port that has the member's address."""
    port, traffic = _port_of(target), _traffic_to(target)
    if isinstance(port, Unreadable):
        return skip(port.reason)
    return judge(target.snapshot.network, port, traffic, unreadable=_UNREADABLE_MEMBER)


@check(
    "monitor-security-groups",
    on=MemberTarget,
    when=lambda target: _question(target) is not None,
    meaning="The security groups of the member's port allow what its health monitor asks on another"
    " port than clients do, such as HTTP on healthCheckNodePort (externalTrafficPolicy Local). Only"
    " checked there.",
    cause="The group has rules for SCTP only.",
    remedy="`openstack security group rule create --ingress --protocol tcp --dst-port <port>"
    " --remote-ip <source> <group>`",
)
def monitor_security_groups(target: MemberTarget) -> CheckResult:
    """Check the same port for what the load balancer's health monitor asks."""
    asked, port, member = _question(target), _port_of(target), target.member
    if member.operating_status == "ONLINE":
        return ok("the health monitor reaches it")
    if member.monitor_address not in (None, member.address):
        return skip(f"the health monitor asks {member.monitor_address}, not the member's address")
    if target.provider.traffic_source is not TrafficSource.BALANCER:
        return skip(f"where {target.provider.title} asks from is not known")
    if isinstance(port, Unreadable):
        return skip(port.reason)
    if _has_group_of_online_member(target, port):
        return ok("the health monitor reaches a member with the same group")
    protocol, number = asked or ("", 0)
    traffic = Traffic(protocol=protocol, number=number, sources=_balancer_network(target))
    return judge(target.snapshot.network, port, traffic, unreadable=_UNREADABLE_MEMBER)


def _question(target: MemberTarget) -> tuple[str, int] | None:
    """Return protocol and port that a health monitor asks, None if the port is the clients'."""
    monitor, member = target.monitor, target.member
    if monitor is None or not monitor.admin_state_up or monitor.type not in _PROTOCOLS:
        return None
    if member.monitor_port in (None, member.protocol_port):
        return None
    return _PROTOCOLS[monitor.type], member.monitor_port


def _has_group_of_online_member(target: MemberTarget, port: Port) -> bool:
    """Tell whether the same question gets from the same subnet through the same groups."""
    question, network = _question(target), _balancer_network(target)
    others = [replace(target, member=member) for member in target.pool.members]
    ports = [
        _port_of(other)
        for other in others
        if other.member.operating_status == "ONLINE"
        and other.member.monitor_address in (None, other.member.address)
        and (_question(other), _balancer_network(other)) == (question, network)
    ]
    return any(
        isinstance(other, Port)
        and other.port_security
        and set(other.security_group_ids) == set(port.security_group_ids)
        for other in ports
    )


def _port_of(target: MemberTarget) -> Port | Unreadable:
    """Return the port that has the member's address.

    Projects use the same addresses, and an administrator sees the ports of all: another project's
    port is the member's only if it is on the VIPs' network.
    """
    member, ports = target.member, target.snapshot.network.ports
    if isinstance(ports, Unreadable):
        return ports
    having = [port for port in ports if canonical(member.address) in port.addresses]
    if not having:
        return Unreadable(f"no port with {member.address} is visible in Neutron")
    own = [port for port in having if port.project_id == target.load_balancer.project_id]
    vip = port_of_vips(target)
    network_id = vip.network_id if vip else ""
    likely = own or [port for port in having if network_id and port.network_id == network_id]
    if not likely:
        project = having[0].project_id
        return Unreadable(
            f"the port with {member.address} is of project {project}: it may be on another network"
        )
    if len(likely) > 1:
        return Unreadable(f"{len(likely)} ports have {member.address}, on different networks")
    return likely[0]


def vip_networks(target: LoadBalancerTarget) -> tuple[Network, ...]:
    """Return the subnets of the VIPs, as far as they are visible."""
    subnets = target.snapshot.network.subnets
    if isinstance(subnets, Unreadable):
        return ()
    ids = (vip.subnet_id or "" for vip in target.load_balancer.vips)
    return tuple(subnets[subnet_id] for subnet_id in ids if subnet_id in subnets)


def _clients(target: ListenerTarget, versions: set[int]) -> tuple[Network, ...] | Unreadable:
    """Return the clients' networks: as the user says, or all that the listener admits."""
    try:
        allowed = () if target.allowed_cidrs_unapplied else target.listener.allowed_cidrs
        cidrs = [ipaddress.ip_network(cidr, strict=False) for cidr in allowed]
        everywhere = [_EVERYWHERE[version] for version in sorted(versions)]
    except (KeyError, ValueError):
        return Unreadable("the VIP is not an IP address, or an allowed CIDR not a network")
    source = target.snapshot.expected.source
    if source is None:
        return tuple(cidr for cidr in cidrs if cidr.version in versions) or tuple(everywhere)
    if source.version not in versions:
        return Unreadable(f"{source} is IPv{source.version}, and no VIP is")
    if cidrs and covered(map(str, cidrs), source) is not Admission.ALL:
        return Unreadable(f"the listener itself does not admit all of {source}")
    return (source,)


def _traffic_to(target: MemberTarget) -> Traffic:
    """Return the traffic that a member has to get."""
    number, source = target.member.protocol_port, target.provider.traffic_source
    version = 6 if ":" in target.member.address else 4
    if source is TrafficSource.CLIENT:
        clients = _clients(target, {version})
        return Traffic(number=number, sources=clients, inside=vip_networks(target))
    if source is TrafficSource.UNKNOWN:
        reason = f"the source of traffic through {target.provider.title} is not known"
        return Traffic(number=number, sources=Unreadable(reason))
    return Traffic(number=number, sources=_balancer_network(target))


def _balancer_network(target: MemberTarget) -> tuple[Network, ...] | Unreadable:
    """Return the subnet from which the load balancer speaks to a member."""
    subnets = target.snapshot.network.subnets
    if isinstance(subnets, Unreadable):
        return subnets
    version = 6 if ":" in target.member.address else 4
    of_family = [vip.subnet_id for vip in target.load_balancer.vips if vip.version == version]
    subnet_id = target.member.subnet_id or next(filter(None, of_family), "")
    if not subnet_id:
        return Unreadable("from which subnet the load balancer reaches it is not known")
    if subnet_id not in subnets:
        return Unreadable(f"the load balancer's subnet {subnet_id} is not visible")
    network = subnets[subnet_id]
    if network.version != version:
        return Unreadable(f"the member has an IPv{version} address, and its subnet is {network}")
    return (network,)
