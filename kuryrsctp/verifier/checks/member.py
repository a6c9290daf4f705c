# SPDX-License-Identifier: Apache-2.0

"""Checks on each member of an SCTP pool."""

import ipaddress
from collections import Counter
from collections.abc import Iterable

from kuryrsctp.addresses import canonical
from kuryrsctp.model import is_leaving
from kuryrsctp.verifier.checks import names, statuses
from kuryrsctp.verifier.checks.catalogue import CheckResult, check, fail, ok, skip, warn
from kuryrsctp.verifier.checks.targets import MemberTarget


@check(
    "member-name",
    on=MemberTarget,
    meaning="The member has a name as its maker gives.",
    cause="It was made or renamed by hand.",
    remedy="compare its address with `kubectl get endpoints -n <namespace> <name>`",
)
def member_name(target: MemberTarget) -> CheckResult:
    """Compare with the form of the maker's names."""
    name = target.member.name
    fault = target.maker.member_name_fault(name)
    if fault is None:
        return skip(names.UNKNOWN_MAKER)
    return warn(fault) if fault else ok(target.maker.member_title(name))


@check(
    "member-address",
    on=MemberTarget,
    meaning="The member's address is of the family of a VIP.",
    cause="The pod or node has an address of the other family: a dual-stack cluster, or a member"
    " made by hand.",
    remedy="compare the Service's ipFamilies with the VIP (`kubectl get service -n <namespace>"
    " <name> -o yaml`)",
)
def member_address(target: MemberTarget) -> CheckResult:
    """Compare the address with the VIP's family."""
    address = target.member.address
    versions = {vip.version for vip in target.load_balancer.vips}
    try:
        of_member = ipaddress.ip_address(address).version
    except ValueError:
        return fail(f"'{address}' is not an IP address")
    if 0 in versions:
        return fail("the VIP is not an IP address")
    if of_member in versions:
        return ok(address)
    return fail(f"{address} is IPv{of_member}, and no VIP is")


@check(
    "member-port",
    on=MemberTarget,
    meaning="The member's port is the one in its name, if its name has one, and with --port the"
    " one that is expected. Where the maker gives all members of a pool the same port, it is that"
    " of most.",
    cause="The member was made by hand, or the Service's ports have changed since.",
    remedy="compare with the port on which the member's host listens",
)
def member_port(target: MemberTarget) -> CheckResult:
    """Compare the port with the expected one, with the name's, and with that of other members."""
    port = target.member.protocol_port
    expected = dict(target.snapshot.expected.ports).get(target.listener.protocol_port)
    if expected not in (None, port):
        return fail(f"{port}, expected {expected}", transient=True)
    named = target.maker.member_port(target.member.name)
    if named not in (None, port):
        return fail(f"{port}, but the name says {named}")
    others = "" if expected else _other_ports(target)
    if not others:
        return ok(str(port))
    detail = f"{port}, {others}"
    return statuses.while_changing(target, detail) or warn(detail)


def _other_ports(target: MemberTarget) -> str:
    """Say that as many members or more have another port, "" if they may or if none has."""
    one_port, own = target.maker.one_member_port, target.member.protocol_port
    members = [each for each in target.pool.members if not is_leaving(each)]
    counts = Counter(each.protocol_port for each in members)
    others = [port for port in counts if port != own and counts[port] >= counts[own]]
    is_own = target.maker.is_own(target.listener, target.load_balancer)
    if not (one_port and is_own and others) or is_leaving(target.member):
        return ""
    address = canonical(target.member.address)
    same = {each.protocol_port for each in members if canonical(each.address) == address} - {own}
    again = f"; {target.member.address} is also there with {_listed(same)}" if same else ""
    return f"other members have {_listed(others)}: {one_port}{again}"


def _listed(ports: Iterable[int]) -> str:
    return " and ".join(map(str, sorted(ports)))


@check(
    "member-admin-state",
    on=MemberTarget,
    meaning="The member is switched on.",
    cause="It was switched off by hand.",
    remedy="unless it is off on purpose: `openstack loadbalancer member set --enable <pool> <ID>`",
)
def member_admin_state(target: MemberTarget) -> CheckResult:
    """Check the administrative state: a member that is off is left out, not broken."""
    if target.member.admin_state_up:
        return ok("up")
    return warn("switched off (admin_state_up is False): it gets no association")


@check(
    "member-weight",
    on=MemberTarget,
    meaning="The member's weight is above 0.",
    cause="It was set to 0 by hand, to drain the member.",
    remedy="unless it is drained on purpose: `openstack loadbalancer member set --weight 1 <pool>"
    " <ID>`",
)
def member_weight(target: MemberTarget) -> CheckResult:
    """Check the weight."""
    weight, provider = target.member.weight, target.provider
    if provider.heeds_weight is False:
        return ok(
            str(weight) if weight == 1 else f"{weight}, which {provider.title} does not apply"
        )
    return ok(str(weight)) if weight > 0 else warn(f"{weight}: it gets no new association")


@check(
    "member-backup",
    on=MemberTarget,
    when=lambda target: target.member.backup,
    meaning="Whether a backup member waits until no other works. Only checked where one is.",
    cause="It was made a backup by hand.",
    remedy="do not rely on it; `openstack loadbalancer member set --disable-backup <pool> <ID>`"
    " makes it a member like any other",
)
def member_backup(target: MemberTarget) -> CheckResult:
    """Tell what the provider does with a backup member."""
    heeds, title = target.provider.heeds_backup, target.provider.title
    if heeds is None:
        return skip(f"whether {title} keeps a backup member in reserve is not known")
    if heeds:
        return ok("gets associations only while no other member works")
    return warn(f"{title} does not keep it in reserve: it gets a full share")


@check(
    "member-status",
    on=MemberTarget,
    tells_deletion=True,
    meaning="Octavia has finished the last change to the member, and its health monitor, if there"
    " is one, reaches it (NO_MONITOR is normal).",
    cause="The pod or node is gone, or nothing listens there; or its security group does not allow"
    " SCTP.",
    remedy="check that the member's host is up and listens on the port, and that its security group"
    " allows sctp, not only tcp",
)
def member_status(target: MemberTarget) -> CheckResult:
    """Check both statuses."""
    return statuses.both(target)
