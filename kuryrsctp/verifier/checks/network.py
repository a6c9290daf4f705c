# SPDX-License-Identifier: Apache-2.0

"""Checks on what Neutron holds on the way: ports, security groups, floating IPs."""

import ipaddress
from collections.abc import Sequence

from kuryrsctp.addresses import Network
from kuryrsctp.model import NetworkState, Port, Unreadable
from kuryrsctp.providers.provider import TrafficSource
from kuryrsctp.verifier.checks.catalogue import CheckResult, check, fail, ok, skip, warn
from kuryrsctp.verifier.checks.targets import ListenerTarget, LoadBalancerTarget, MemberTarget
from kuryrsctp.verifier.security_groups import Admission, admission, covered

_EVERYWHERE = {4: ipaddress.ip_network("0.0.0.0/0"), 6: ipaddress.ip_network("::/0")}
_UNSERVED = "ask the cloud's operator about the router that leads to the VIP's subnet"
_WORST_FIRST = (Admission.NONE, Admission.SOME, Admission.BY_GROUP, Admission.ALL)


@check(
    "vip-port",
    on=LoadBalancerTarget,
    meaning="Neutron has the port that holds the VIP.",
    cause="The port was deleted, or the address was taken from it.",
    remedy="ask the cloud's operator to look at the load balancer in Octavia",
)
def vip_port(target: LoadBalancerTarget) -> CheckResult:
    """Look for the port by ID and address."""
    network, load_balancer = target.snapshot.network, target.load_balancer
    if isinstance(network.ports, Unreadable):
        return skip(network.ports.reason)
    if _vip_port(target):
        return ok(f"holds {load_balancer.vip_address}")
    missing = f"no port {load_balancer.vip_port_id} that holds {load_balancer.vip_address}"
    project = load_balancer.project_id
    # Neutron does not refuse a list to those without rights: it leaves out what they may not see.
    if all(port.project_id != project for port in network.ports):
        return skip(f"{missing} is visible: these credentials see no port of project {project}")
    return fail(missing)


@check(
    "floating-ip",
    on=LoadBalancerTarget,
    meaning="A floating IP on the VIP's port leads to the VIP, and is active.",
    cause="It was bound by hand to another address of the port; or no router or agent serves it.",
    remedy="openstack floating ip set --port <VIP port> --fixed-ip-address <VIP> <floating IP>",
)
def floating_ip(target: LoadBalancerTarget) -> CheckResult:
    """Check the floating IPs, if there are any: only type LoadBalancer has one."""
    floating_ips, vip = target.snapshot.network.floating_ips, target.load_balancer.vip_address
    if isinstance(floating_ips, Unreadable):
        return skip(floating_ips.reason)
    own = [bound for bound in floating_ips if bound.port_id == target.load_balancer.vip_port_id]
    for bound in own:
        if bound.fixed_address != vip:
            return fail(f"{bound.address} leads to {bound.fixed_address}, not to the VIP {vip}")
        if bound.status == "ERROR":
            return fail(f"{bound.address} is in ERROR", _UNSERVED)
        if bound.status != "ACTIVE":
            return warn(f"{bound.address} is {bound.status}, expected ACTIVE", _UNSERVED)
    return ok(", ".join(bound.address for bound in own) or "none; only type LoadBalancer has one")


@check(
    "vip-security-groups",
    on=ListenerTarget,
    meaning="The security groups of the VIP's port allow SCTP to the listener's port, from --source"
    " or else from all clients that the listener admits.",
    cause="A rule was deleted by hand, or Octavia's own group was replaced.",
    remedy="openstack security group rule create --ingress --protocol sctp --dst-port <port>"
    " <group>; Octavia puts its own rules back when the listener is changed",
)
def vip_security_groups(target: ListenerTarget) -> CheckResult:
    """Check the groups of the VIP's port, which Octavia derives from the listener."""
    listener, port = target.listener, _vip_port(target)
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
    clients = _clients(target)
    return _check(target.snapshot.network, port, listener.protocol_port, clients, unreadable)


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
    return _check(network, ports[0], member.protocol_port, _sources(target), unreadable)


def _vip_port(target: LoadBalancerTarget) -> Port | None:
    ports = target.snapshot.network.ports
    if isinstance(ports, Unreadable):
        return None
    port_id = target.load_balancer.vip_port_id
    return next((port for port in ports if port.id == port_id), None)


def _clients(target: ListenerTarget) -> tuple[Network, ...] | Unreadable:
    """Return the clients' networks: as the user says, or all that the listener admits."""
    try:
        version = ipaddress.ip_address(target.load_balancer.vip_address).version
        cidrs = [ipaddress.ip_network(cidr, strict=False) for cidr in target.listener.allowed_cidrs]
    except ValueError:
        return Unreadable("the VIP is not an IP address, or an allowed CIDR not a network")
    admitted = tuple(cidr for cidr in cidrs if cidr.version == version) or (_EVERYWHERE[version],)
    source = target.snapshot.expected.source
    if source is None:
        return admitted
    if source.version != version:
        return Unreadable(f"{source} is IPv{source.version}, the VIP is IPv{version}")
    if cidrs and covered(map(str, cidrs), source) is not Admission.ALL:
        return Unreadable(f"the listener itself does not admit all of {source}")
    return (source,)


def _sources(target: MemberTarget) -> tuple[Network, ...] | Unreadable:
    """Return the networks from which packets come to the member."""
    source = target.provider.traffic_source
    if source is TrafficSource.CLIENT:
        return _clients(target)
    if source is TrafficSource.UNKNOWN:
        return Unreadable(f"the source of traffic through {target.provider.title} is not known")
    subnets = target.snapshot.network.subnets
    if isinstance(subnets, Unreadable):
        return subnets
    subnet_id = target.member.subnet_id or target.load_balancer.vip_subnet_id or ""
    if subnet_id not in subnets:
        return Unreadable(f"the load balancer's subnet {subnet_id} is not visible")
    return (subnets[subnet_id],)


def _check(
    network: NetworkState,
    port: Port,
    number: int,
    sources: tuple[Network, ...] | Unreadable,
    unreadable: str,
) -> CheckResult:
    """Check whether a port's groups allow SCTP from the sources to a port number.

    `unreadable` is what to say where some of the groups cannot be read.
    """
    if not port.port_security:
        return ok("port security is off: everything is allowed")
    if not port.security_group_ids:
        add = f"openstack port set --security-group <group that allows SCTP> {port.id}"
        return fail("port security without any group: nothing is allowed", add)
    if isinstance(sources, Unreadable):
        return skip(sources.reason)
    if isinstance(network.groups, Unreadable):
        return skip(network.groups.reason)
    readable = [group for group in port.security_group_ids if group in network.groups]
    rules = [rule for group in readable for rule in network.groups[group]]
    admitted = min((admission(rules, number, source) for source in sources), key=_WORST_FIRST.index)
    if admitted is not Admission.ALL and len(readable) < len(port.security_group_ids):
        return skip(unreadable)
    return _result(admitted, number, sources, port.security_group_ids)


def _result(
    admitted: Admission, number: int, sources: Sequence[Network], groups: Sequence[str]
) -> CheckResult:
    places = ", ".join("anywhere" if not source.prefixlen else str(source) for source in sources)
    traffic = f"SCTP to port {number} from {places}"
    which = f"group {', '.join(groups)}"
    hint = _new_rule(number, sources[0], groups[0])
    if admitted is Admission.ALL:
        return ok(f"allowed: {traffic}")
    if admitted is Admission.BY_GROUP:
        return skip(f"not known: {which} admits the members of other groups, for {traffic}")
    if admitted is Admission.NONE:
        return fail(f"{which} does not allow {traffic}", hint)
    if places == "anywhere":
        return ok(
            f"{which} allows SCTP to port {number} from some networks: give the clients' network"
            " with --source"
        )
    return warn(f"{which} allows only a part of {traffic}", hint)


def _new_rule(number: int, source: Network, group: str) -> str:
    family = " --ethertype IPv6" if source.version == 6 else ""
    return (
        f"openstack security group rule create --ingress --protocol sctp --dst-port {number}"
        f"{family} --remote-ip {source} {group}"
    )
