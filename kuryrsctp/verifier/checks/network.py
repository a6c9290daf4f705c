# SPDX-License-Identifier: Apache-2.0

"""Checks on what Neutron puts in the way: ports, security groups, floating IPs."""

import ipaddress
from collections.abc import Sequence

from kuryrsctp.addresses import Network
from kuryrsctp.model import NetworkState, Port, Unreadable
from kuryrsctp.verifier.checks.catalogue import Verdict, check, fail, ok, skip, warn
from kuryrsctp.verifier.checks.targets import ListenerSubject, LoadBalancerSubject, MemberSubject
from kuryrsctp.verifier.security_groups import Admission, admission, covered

_EVERYWHERE = {4: ipaddress.ip_network("0.0.0.0/0"), 6: ipaddress.ip_network("::/0")}
_UNSERVED = "ask the cloud's operator about the router that leads to the VIP's subnet"
_WORST_FIRST = (Admission.NONE, Admission.SOME, Admission.BY_GROUP, Admission.ALL)


@check(
    "vip-port",
    on=LoadBalancerSubject,
    meaning="Neutron has the port that holds the VIP.",
    cause="Someone deleted the port, or took the address from it.",
    remedy="delete the load balancer, and Kuryr makes it anew with a port of its own",
)
def vip_port(subject: LoadBalancerSubject) -> Verdict:
    """Look for the port by ID and address."""
    network, load_balancer = subject.snapshot.network, subject.load_balancer
    if isinstance(network.ports, Unreadable):
        return skip(network.ports.reason)
    if _vip_port(subject):
        return ok(f"holds {load_balancer.vip_address}")
    missing = f"no port {load_balancer.vip_port_id} that holds {load_balancer.vip_address}"
    project = load_balancer.project_id
    # Neutron does not refuse a list to those without rights: it leaves out what they may not see.
    if all(one.project_id != project for one in network.ports):
        return skip(f"{missing} is visible, but neither is any other of project {project}")
    return fail(missing)


@check(
    "floating-ip",
    on=LoadBalancerSubject,
    meaning="A floating IP on the VIP's port leads to the VIP, and is active.",
    cause="It was bound by hand to another address of the port; or no router or agent serves it.",
    remedy="openstack floating ip set --port <VIP port> --fixed-ip-address <VIP> <floating IP>",
)
def floating_ip(subject: LoadBalancerSubject) -> Verdict:
    """Judge the floating IPs, if there are any: only type LoadBalancer has one."""
    all_found, vip = subject.snapshot.network.floating_ips, subject.load_balancer.vip_address
    if isinstance(all_found, Unreadable):
        return skip(all_found.reason)
    found = [one for one in all_found if one.port_id == subject.load_balancer.vip_port_id]
    for one in found:
        if one.fixed_address != vip:
            return fail(f"{one.address} leads to {one.fixed_address}, not to the VIP {vip}")
        if one.status == "ERROR":
            return fail(f"{one.address} is in ERROR", _UNSERVED)
        if one.status != "ACTIVE":
            return warn(f"{one.address} is {one.status}, where ACTIVE is expected", _UNSERVED)
    return ok(", ".join(one.address for one in found) or "none, as only type LoadBalancer has one")


@check(
    "vip-security-groups",
    on=ListenerSubject,
    meaning="The security groups of the VIP's port let SCTP in to the listener's port, from"
    " --source or else from all whom the listener admits.",
    cause="A rule was deleted by hand, or another group was put in place of Octavia's own.",
    remedy="openstack security group rule create --ingress --protocol sctp --dst-port <port>"
    " <group>; Octavia puts its own rules back when the listener is changed",
)
def vip_security_groups(subject: ListenerSubject) -> Verdict:
    """Judge the VIP port's groups, which Octavia derives from the listener."""
    listener, port = subject.listener, _vip_port(subject)
    if listener.protocol != "SCTP":
        return skip(f"the listener is {listener.protocol}, and so is its rule")
    if listener.provisioning_status.startswith("PENDING_"):
        return skip(f"{listener.provisioning_status}: its rules may not be there yet")
    if port is None:
        return skip("the VIP's port is not visible")
    if not port.security_group_ids:
        return ok("no group: right where Kuryr leaves the filtering to the pods' groups")
    if subject.is_ovn:
        return skip("OVN filters at the members' ports, not at the VIP's")
    unseen = "its group cannot be read: Octavia's own belongs to the service project"
    clients = _clients(subject)
    return _judge(subject.snapshot.network, port, listener.protocol_port, clients, unseen)


@check(
    "member-security-groups",
    on=MemberSubject,
    meaning="The security groups of the member's port let SCTP in to its port, from where the"
    " traffic comes: with an amphora the member's subnet in Octavia, with OVN the client.",
    cause="The group of the pods has a rule for tcp only, as in Kuryr's manual; or with OVN,"
    " which keeps the client's address, no rule for clients.",
    remedy="openstack security group rule create --ingress --protocol sctp --remote-ip <source>"
    " <group of the pods>",
)
def member_security_groups(subject: MemberSubject) -> Verdict:
    """Judge the groups of the port that has the member's address."""
    network, member = subject.snapshot.network, subject.member
    if isinstance(network.ports, Unreadable):
        return skip(network.ports.reason)
    ports = [one for one in network.ports if member.address in one.addresses]
    own = [one for one in ports if one.project_id == subject.load_balancer.project_id]
    if len(ports) > 1 and len(own) == 1:
        ports = own
    if not ports:
        return skip(f"no port with {member.address} is visible in Neutron")
    if len(ports) > 1:
        return skip(f"{len(ports)} ports have {member.address}, on different networks")
    sources = (_clients if subject.is_ovn else _balancer)(subject)
    unseen = "the port's group is not visible to these credentials"
    return _judge(network, ports[0], member.protocol_port, sources, unseen)


def _vip_port(subject: LoadBalancerSubject) -> Port | None:
    ports = subject.snapshot.network.ports
    if isinstance(ports, Unreadable):
        return None
    wanted = subject.load_balancer.vip_port_id
    return next((one for one in ports if one.id == wanted), None)


def _clients(subject: ListenerSubject) -> tuple[Network, ...] | Unreadable:
    """Return where clients are: as the user says, or all whom the listener admits."""
    try:
        version = ipaddress.ip_address(subject.load_balancer.vip_address).version
        cidrs = [ipaddress.ip_network(one, strict=False) for one in subject.listener.allowed_cidrs]
    except ValueError:
        return Unreadable("the VIP or an allowed CIDR is no address")
    admitted = tuple(one for one in cidrs if one.version == version) or (_EVERYWHERE[version],)
    source = subject.snapshot.expected.source
    if source is None:
        return admitted
    if source.version != version:
        return Unreadable(f"{source} is IPv{source.version}, the VIP is IPv{version}")
    if cidrs and covered(map(str, cidrs), source) is not Admission.ALL:
        return Unreadable(f"the listener does not admit all of {source} in the first place")
    return (source,)


def _balancer(subject: MemberSubject) -> tuple[Network, ...] | Unreadable:
    """Return where an amphora's packets to the member come from."""
    if not subject.is_amphora:
        provider = subject.load_balancer.provider
        return Unreadable(f"where traffic through provider '{provider}' comes from is not known")
    subnets = subject.snapshot.network.subnets
    if isinstance(subnets, Unreadable):
        return subnets
    wanted = subject.member.subnet_id or subject.load_balancer.vip_subnet_id or ""
    if wanted not in subnets:
        return Unreadable(f"the amphora's subnet {wanted} is not visible")
    return (subnets[wanted],)


def _judge(
    network: NetworkState,
    port: Port,
    number: int,
    sources: tuple[Network, ...] | Unreadable,
    unseen: str,
) -> Verdict:
    """Say whether SCTP from the sources gets in to the number at the port.

    `unseen` is what to say where some of the port's groups cannot be read.
    """
    if not port.port_security:
        return ok("port security is off: all is let in")
    if not port.security_group_ids:
        give = f"openstack port set --security-group <group that lets in SCTP> {port.id}"
        return fail("port security without any group: nothing is let in", give)
    if isinstance(sources, Unreadable):
        return skip(sources.reason)
    if isinstance(network.groups, Unreadable):
        return skip(network.groups.reason)
    known = [one for one in port.security_group_ids if one in network.groups]
    rules = [rule for one in known for rule in network.groups[one]]
    how = min((admission(rules, number, one) for one in sources), key=_WORST_FIRST.index)
    if how is not Admission.ALL and len(known) < len(port.security_group_ids):
        return skip(unseen)
    return _verdict(how, number, sources, port.security_group_ids)


def _verdict(
    how: Admission, number: int, sources: Sequence[Network], groups: Sequence[str]
) -> Verdict:
    whence = ", ".join("anywhere" if one.prefixlen == 0 else str(one) for one in sources)
    what = f"SCTP to port {number} from {whence}"
    which = f"group {', '.join(groups)}"
    hint = _admit(number, sources[0], groups[0])
    if how is Admission.ALL:
        return ok(f"let in: {what}")
    if how is Admission.BY_GROUP:
        return skip(f"{which} goes by groups of senders, which is no answer for {what}")
    if how is Admission.NONE:
        return fail(f"{which} lets in no {what}", hint)
    if whence == "anywhere":
        return ok(f"{which} lets in some {what}: ask for yours with --source")
    return warn(f"{which} lets in only a part of {what}", hint)


def _admit(number: int, source: Network, group: str) -> str:
    family = " --ethertype IPv6" if source.version == 6 else ""
    return (
        f"openstack security group rule create --ingress --protocol sctp --dst-port {number}"
        f"{family} --remote-ip {source} {group}"
    )
