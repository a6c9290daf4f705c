# SPDX-License-Identifier: Apache-2.0

"""Checks on the security groups on the way: of the VIPs' port, and of the members' ports."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from kuryrsctp.addresses import Network
from kuryrsctp.model import NetworkState, Port, Unreadable
from kuryrsctp.providers.provider import TrafficSource
from kuryrsctp.verifier.checks.catalogue import CheckResult, check, fail, ok, skip, warn
from kuryrsctp.verifier.checks.network import port_of_vips
from kuryrsctp.verifier.checks.targets import ListenerTarget, LoadBalancerTarget, MemberTarget
from kuryrsctp.verifier.security_groups import Admission, admission, admitted_networks, covered

_EVERYWHERE = {4: ipaddress.ip_network("0.0.0.0/0"), 6: ipaddress.ip_network("::/0")}
_WORST_FIRST = (Admission.NONE, Admission.SOME, Admission.BY_GROUP, Admission.ALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Traffic:
    """SCTP from some networks to a port number.

    `inside` are networks that are the load balancer's own: clients are elsewhere.
    """

    number: int
    sources: tuple[Network, ...] | Unreadable
    inside: tuple[Network, ...] = ()


@check(
    "vip-security-groups",
    on=ListenerTarget,
    meaning="The security groups of the VIPs' port allow SCTP to the listener's port, from --source"
    " or else from all clients that the listener admits.",
    cause="A rule was deleted by hand, or Octavia's own group was replaced.",
    remedy="openstack security group rule create --ingress --protocol sctp --dst-port <port>"
    " <group>; Octavia puts its own rules back when the listener is changed",
)
def vip_security_groups(target: ListenerTarget) -> CheckResult:
    """Check the groups of the VIPs' port, which Octavia derives from the listener."""
    listener, port = target.listener, port_of_vips(target)
    if listener.protocol != "SCTP":
        return skip(f"not checked: the listener's protocol is {listener.protocol}")
    if listener.provisioning_status.startswith("PENDING_"):
        return skip(f"{listener.provisioning_status}: its rules may not be there yet")
    if port is None:
        return skip("the VIP's port is not visible")
    if not port.security_group_ids:
        return ok("no group: right where only the members' groups filter")
    if not target.provider.filters_at_vip:
        return skip(f"{target.provider.title} filters at the members' ports, not at the VIP's")
    unreadable = "its group cannot be read: Octavia's own belongs to the service project"
    versions = {vip.version for vip in target.load_balancer.vips}
    traffic = _Traffic(number=listener.protocol_port, sources=_clients(target, versions))
    return _check(target.snapshot.network, port, traffic, unreadable)


@check(
    "member-security-groups",
    on=MemberTarget,
    meaning="The security groups of the member's port allow SCTP to its port from where the"
    " provider's traffic comes: the load balancer, or the clients.",
    cause="The group has a rule for tcp only, or a rule for other sources.",
    remedy="openstack security group rule create --ingress --protocol sctp --remote-ip <source>"
    " <group of the pods>",
)
def member_security_groups(target: MemberTarget) -> CheckResult:
    """Check the groups of the port that has the member's address."""
    network, member = target.snapshot.network, target.member
    if isinstance(network.ports, Unreadable):
        return skip(network.ports.reason)
    ports = [port for port in network.ports if member.address in port.addresses]
    own = [port for port in ports if port.project_id == target.load_balancer.project_id]
    if len(ports) > 1 and len(own) == 1:
        ports = own
    if not ports:
        return skip(f"no port with {member.address} is visible in Neutron")
    if len(ports) > 1:
        return skip(f"{len(ports)} ports have {member.address}, on different networks")
    unreadable = "the port's group is not visible to these credentials"
    return _check(network, ports[0], _traffic_to(target), unreadable)


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
        cidrs = [ipaddress.ip_network(cidr, strict=False) for cidr in target.listener.allowed_cidrs]
        everywhere = [_EVERYWHERE[version] for version in sorted(versions)]
    except (KeyError, ValueError):
        return Unreadable("the VIP is not an IP address, or an allowed CIDR not a network")
    source = target.snapshot.expected.source
    if source is None:
        return tuple(cidr for cidr in cidrs if cidr.version in versions) or tuple(everywhere)
    if source.version not in versions:
        return Unreadable(f"{source} is IPv{source.version}, the VIP is IPv{min(versions)}")
    if cidrs and covered(map(str, cidrs), source) is not Admission.ALL:
        return Unreadable(f"the listener itself does not admit all of {source}")
    return (source,)


def _traffic_to(target: MemberTarget) -> _Traffic:
    """Return the traffic that a member has to get."""
    number, source = target.member.protocol_port, target.provider.traffic_source
    version = 6 if ":" in target.member.address else 4
    if source is TrafficSource.CLIENT:
        clients = _clients(target, {version})
        return _Traffic(number=number, sources=clients, inside=vip_networks(target))
    if source is TrafficSource.UNKNOWN:
        reason = f"the source of traffic through {target.provider.title} is not known"
        return _Traffic(number=number, sources=Unreadable(reason))
    subnets = target.snapshot.network.subnets
    if isinstance(subnets, Unreadable):
        return _Traffic(number=number, sources=subnets)
    of_family = [vip.subnet_id for vip in target.load_balancer.vips if vip.version == version]
    subnet_id = target.member.subnet_id or next(filter(None, of_family), "")
    if subnet_id not in subnets:
        reason = f"the load balancer's subnet {subnet_id} is not visible"
        return _Traffic(number=number, sources=Unreadable(reason))
    return _Traffic(number=number, sources=(subnets[subnet_id],))


def _check(network: NetworkState, port: Port, traffic: _Traffic, unreadable: str) -> CheckResult:
    """Check whether a port's groups allow traffic.

    `unreadable` is what to say where some of the groups cannot be read.
    """
    if not port.port_security:
        return ok("port security is off: everything is allowed")
    if not port.security_group_ids:
        add = f"openstack port set --security-group <group that allows SCTP> {port.id}"
        return fail("port security without any group: nothing is allowed", add)
    sources = traffic.sources
    if isinstance(sources, Unreadable):
        return skip(sources.reason)
    if isinstance(network.groups, Unreadable):
        return skip(network.groups.reason)
    readable = [group for group in port.security_group_ids if group in network.groups]
    rules = [rule for group in readable for rule in network.groups[group]]
    number = traffic.number
    admissions = {source: admission(rules, number, source) for source in sources}
    admitted = min(admissions.values(), key=_WORST_FIRST.index)
    if admitted is not Admission.ALL and len(readable) < len(port.security_group_ids):
        return skip(unreadable)
    networks = [each for source in sources for each in admitted_networks(rules, number, source)]
    worst = [source for source in sources if admissions[source] is admitted]
    return _result(admitted, traffic, worst, networks, port.security_group_ids)


def _result(
    admitted: Admission,
    traffic: _Traffic,
    sources: Sequence[Network],
    networks: Sequence[Network],
    groups: Sequence[str],
) -> CheckResult:
    everywhere = not any(source.prefixlen for source in sources)
    is_all = everywhere and tuple(sources) == traffic.sources
    places = "anywhere" if is_all else ", ".join(map(str, sources))
    wanted = f"SCTP to port {traffic.number} from {places}"
    which = f"group {', '.join(groups)}"
    hint = _new_rule(traffic.number, sources[0], groups[0])
    if admitted is Admission.ALL:
        return ok(f"allowed: {wanted}")
    if admitted is Admission.BY_GROUP:
        return skip(f"not known: {which} admits the members of other groups, for {wanted}")
    if admitted is Admission.NONE:
        return fail(f"{which} does not allow {wanted}", hint)
    if not everywhere:
        return warn(f"{which} allows only a part of {wanted}", hint)
    listed = ", ".join(map(str, networks))
    only = f"{which} allows SCTP to port {traffic.number} only from {listed}"
    if traffic.inside and all(_is_inside(network, traffic.inside) for network in networks):
        return warn(f"{only}: no client outside of the VIP's subnet gets in", hint)
    return ok(f"{only}: give the clients' network with --source")


def _is_inside(network: Network, others: Sequence[Network]) -> bool:
    return covered(map(str, others), network) is Admission.ALL


def _new_rule(number: int, source: Network, group: str) -> str:
    family = " --ethertype IPv6" if source.version == 6 else ""
    return (
        f"openstack security group rule create --ingress --protocol sctp --dst-port {number}"
        f"{family} --remote-ip {source} {group}"
    )
