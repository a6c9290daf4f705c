# SPDX-License-Identifier: Apache-2.0

"""Checks on each member of an SCTP pool."""

import ipaddress

from kuryrsctp.makers import kuryr
from kuryrsctp.verifier.checks import statuses
from kuryrsctp.verifier.checks.catalogue import Verdict, check, fail, ok, skip, warn
from kuryrsctp.verifier.checks.targets import MemberSubject


@check(
    "member-name",
    on=MemberSubject,
    meaning="The member is called as its maker calls it; by Kuryr, `<namespace>/<pod>:<port>`.",
    cause="It was made or renamed by hand: Kuryr will delete it at its next reconciliation.",
    remedy="delete the member, and Kuryr makes its own",
)
def member_name(subject: MemberSubject) -> Verdict:
    """Compare with the form of the maker's names."""
    name = subject.member.name
    if subject.is_occm:
        return ok(f"node {name}")
    if subject.service_name is None:
        return skip("the load balancer's name is not Kuryr's")
    return ok(name) if kuryr.read_member(name) else warn(f"'{name}' is no name that Kuryr gives")


@check(
    "member-address",
    on=MemberSubject,
    meaning="The member has an address of the VIP's family.",
    cause="The pod's address is of the other family: a dual-stack cluster, or a member made by"
    " hand.",
    remedy="check the Service's ipFamilies against the VIP (`kubectl get service -o yaml`)",
)
def member_address(subject: MemberSubject) -> Verdict:
    """Compare the address with the VIP's family."""
    address = subject.member.address
    try:
        of_member = ipaddress.ip_address(address).version
        of_vip = ipaddress.ip_address(subject.load_balancer.vip_address).version
    except ValueError:
        return fail(f"'{address}' or the VIP is no address")
    if of_member == of_vip:
        return ok(address)
    return fail(f"{address} is IPv{of_member}, the VIP is IPv{of_vip}")


@check(
    "member-port",
    on=MemberSubject,
    meaning="The member's port is the one in its name: the port that the pod listens on.",
    cause="The member was made by hand, or the Service's targetPort has changed since.",
    remedy="compare with `kubectl get endpoints`; delete the member, and Kuryr makes its own",
)
def member_port(subject: MemberSubject) -> Verdict:
    """Compare the port with the name's."""
    member = subject.member
    targets = dict(subject.snapshot.expected.ports)
    target = targets.get(subject.listener.protocol_port) or member.protocol_port
    if member.protocol_port != target:
        return fail(f"{member.protocol_port}, where {target} is expected", transient=True)
    said = kuryr.read_member(member.name)
    if said is None or said.port == member.protocol_port:
        return ok(str(member.protocol_port))
    return fail(f"{member.protocol_port}, where the name says {said.port}")


@check(
    "member-admin-state",
    on=MemberSubject,
    meaning="The member is switched on.",
    cause="Someone switched it off by hand; Kuryr never does.",
    remedy="openstack loadbalancer member set --enable <pool> <ID>",
)
def member_admin_state(subject: MemberSubject) -> Verdict:
    """Judge the administrative state: a member that is off is spared, not broken."""
    if subject.member.admin_state_up:
        return ok("up")
    return warn("switched off (admin_state_up is False): it gets no association")


@check(
    "member-weight",
    on=MemberSubject,
    meaning="The member's weight is above 0.",
    cause="Someone set it to 0 to drain the member; Kuryr sets no weights.",
    remedy="openstack loadbalancer member set --weight 1 <pool> <ID>",
)
def member_weight(subject: MemberSubject) -> Verdict:
    """Judge the weight."""
    weight = subject.member.weight
    return ok(str(weight)) if weight > 0 else warn(f"{weight}: it gets no new association")


@check(
    "member-status",
    on=MemberSubject,
    meaning="Octavia has finished the last change to the member, and its health monitor, if"
    " there is one, reaches it (NO_MONITOR is normal: Kuryr makes none).",
    cause="The pod is gone or does not listen; or its security group does not admit SCTP.",
    remedy="where a change failed: delete the member, and Kuryr makes it anew; else check the pod"
    " (`kubectl get pods -o wide`), and that its security group admits sctp, not only tcp",
)
def member_status(subject: MemberSubject) -> Verdict:
    """Judge both statuses."""
    return statuses.both(subject)
