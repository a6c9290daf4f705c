# SPDX-License-Identifier: Apache-2.0

"""Checks on the pool of each SCTP listener."""

import ipaddress
from collections import Counter

from kuryrsctp.verifier.checks import names, statuses
from kuryrsctp.verifier.checks.catalogue import Verdict, check, fail, ok, skip, warn
from kuryrsctp.verifier.checks.targets import PoolSubject

_OVN_ONLY = "SOURCE_IP_PORT"
_OVN_ALGORITHMS = (_OVN_ONLY, "SOURCE_IP")
_EMPTY = "no member: right only while no pod is ready, and nothing answers meanwhile"


@check(
    "pool-name",
    on=PoolSubject,
    meaning="The pool is called as its maker calls it; by Kuryr, as its listener.",
    cause="It was made or renamed by hand: Kuryr will not recognise it.",
    remedy="delete the pool, and Kuryr makes its own; or rename it",
)
def pool_name(subject: PoolSubject) -> Verdict:
    """Compare with the maker's name."""
    return names.name(subject, subject.pool.name)


@check(
    "pool-protocol",
    on=PoolSubject,
    meaning="The pool's protocol is SCTP.",
    cause="It was made with another protocol, which cannot be changed.",
    remedy="delete the pool and make it anew with --protocol SCTP, or let Kuryr do so",
)
def pool_protocol(subject: PoolSubject) -> Verdict:
    """Judge the protocol."""
    return names.protocol(subject.pool.protocol)


@check(
    "pool-algorithm",
    on=PoolSubject,
    meaning="The provider can balance by the pool's algorithm.",
    cause="OVN knows SOURCE_IP_PORT, and of late SOURCE_IP; an amphora all but SOURCE_IP_PORT.",
    remedy="set Kuryr's [octavia_defaults] lb_algorithm to suit the provider",
)
def pool_algorithm(subject: PoolSubject) -> Verdict:
    """Judge the algorithm by the provider."""
    algorithm = subject.pool.lb_algorithm
    unknown_to_ovn = subject.is_ovn and algorithm not in _OVN_ALGORITHMS
    if unknown_to_ovn or (subject.is_amphora and algorithm == _OVN_ONLY):
        return fail(f"{algorithm}, which provider {subject.load_balancer.provider} does not know")
    if algorithm == "SOURCE_IP":
        return ok("SOURCE_IP: one client always meets the same member")
    return ok(algorithm)


@check(
    "pool-persistence",
    on=PoolSubject,
    meaning="Whether one client always meets the same member.",
    cause="Session persistence was set by hand; Kuryr ignores the Service's session affinity.",
    remedy="none is needed: a single member answering one client is right",
)
def pool_persistence(subject: PoolSubject) -> Verdict:
    """Tell of session persistence."""
    kind = subject.pool.session_persistence
    return ok(f"{kind}: one client always meets the same member" if kind else "none")


@check(
    "pool-admin-state",
    on=PoolSubject,
    meaning="The pool is switched on.",
    cause="Someone switched it off by hand; Kuryr never does.",
    remedy="openstack loadbalancer pool set --enable <ID>",
)
def pool_admin_state(subject: PoolSubject) -> Verdict:
    """Judge the administrative state."""
    return statuses.admin_state(subject)


@check(
    "pool-status",
    on=PoolSubject,
    meaning="Octavia has finished the last change to the pool, and sees it working.",
    cause="A change is under way or has failed; or a health monitor finds every member down.",
    remedy="where a change failed: delete the pool, and Kuryr makes it anew; else look at the"
    " members' rows and at the pods",
)
def pool_status(subject: PoolSubject) -> Verdict:
    """Judge both statuses."""
    return statuses.both(subject)


@check(
    "pool-monitor",
    on=PoolSubject,
    meaning="The pool's health monitor, if there is one, asks over SCTP; Kuryr makes none.",
    cause="It was made by hand, of another type; or making it failed.",
    remedy="openstack loadbalancer healthmonitor delete <ID>, and create one of --type SCTP if you"
    " want one",
)
def pool_monitor(subject: PoolSubject) -> Verdict:
    """Judge the health monitor."""
    pool = subject.pool
    if pool.health_monitor_id is None:
        return ok("none, which is normal")
    monitor = next((one for one in subject.snapshot.monitors if one.pool_id == pool.id), None)
    if monitor is None:
        return skip("just deleted, or not visible")
    if monitor.provisioning_status == "ERROR":
        return fail(f"{monitor.type}, in ERROR")
    if monitor.type != "SCTP":
        return warn(f"{monitor.type}, which does not tell whether SCTP is answered")
    return ok(monitor.type)


@check(
    "members-exist",
    on=PoolSubject,
    meaning="The pool has members that can be given associations; with --members so many, and"
    " with --member those.",
    cause="No pod of the Service is ready: only ready endpoints become members. Or every member"
    " is switched off or has weight 0.",
    remedy="check the pods and the Service's selector (`kubectl get endpoints,pods`)",
)
def members_exist(subject: PoolSubject) -> Verdict:
    """Count the members, and those in use."""
    members, expected = subject.pool.members, subject.snapshot.expected
    if expected.members not in (None, len(members)):
        return fail(f"{len(members)}, where {expected.members} are expected", transient=True)
    if missing := sorted(set(expected.addresses) - {one.address for one in members}):
        return fail(f"{len(members)}, none of them with {', '.join(missing)}", transient=True)
    if expected.members == 0:
        return ok("none, as expected")
    if not members:
        return warn(_EMPTY, transient=True)
    used = sum(one.admin_state_up and one.weight > 0 for one in members)
    if not used:
        return fail(f"none of {len(members)} is in use: all switched off, or of weight 0")
    return ok(f"{len(members)}" if used == len(members) else f"{len(members)}, {used} in use")


@check(
    "members-distinct",
    on=PoolSubject,
    meaning="No two members have the same address and port.",
    cause="One IPv6 address was written in two ways, which Octavia takes for two members; or its"
    " database was changed by hand.",
    remedy="delete one of the two: openstack loadbalancer member delete <pool> <ID>",
)
def members_distinct(subject: PoolSubject) -> Verdict:
    """Look for an address and port that occurs twice."""
    counts = Counter((_plain(one.address), one.protocol_port) for one in subject.pool.members)
    twice = [f"{address} port {port}" for (address, port), count in counts.items() if count > 1]
    return fail(f"more than once: {', '.join(twice)}") if twice else ok("all differ")


def _plain(address: str) -> str:
    """Return the short form of an address; what is none stays as it is."""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return address
