# SPDX-License-Identifier: Apache-2.0

"""Checks on the pool of each SCTP listener."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from kuryrsctp.addresses import canonical
from kuryrsctp.model import Member, Pool, is_leaving
from kuryrsctp.providers.provider import Distribution
from kuryrsctp.verifier.checks import default_pools, monitoring, names, statuses
from kuryrsctp.verifier.checks.catalogue import CheckResult, check, fail, ok, skip, warn
from kuryrsctp.verifier.checks.placeholders import word
from kuryrsctp.verifier.checks.targets import PoolTarget
from kuryrsctp.verifier.report import Status
from kuryrsctp.verifier.snapshot import missing_addresses

_AS_LISTENER = "see the listener's row, listener-protocol: both have to be SCTP"
_MAX_COMMANDS = 3
_FAMILIES = (
    "compare the Service's ipFamilies with the VIPs (`kubectl get service -n <namespace> <name> -o"
    " yaml`)"
)
_UNUSED = "see the members' rows, member-admin-state and member-weight"
_STICKY = "{}: one client always reaches the same member"
_SHARED = "{} has one algorithm and one persistence for all of them, and which is not known here"


@check(
    "pool-name",
    on=PoolTarget,
    meaning="The pool has the name that its maker gives.",
    cause="It was made or renamed by hand.",
    remedy="rename it as its maker does",
)
def pool_name(target: PoolTarget) -> CheckResult:
    """Compare with the maker's name; to give a pool another name cures no wrong default pool."""
    doubt = default_pools.doubt(target.maker, target.listener, target.load_balancer)
    if doubt is None:
        return names.name(target, target.pool)
    name = target.pool.name or "no name"
    is_of_other = doubt.is_anothers and bool(doubt.users or doubt.named)
    return ok(name) if is_of_other else skip(f"{name}: see the listener's row, listener-pool")


@check(
    "pool-protocol",
    on=PoolTarget,
    meaning="The pool's protocol is SCTP.",
    cause="It was made with another protocol, which cannot be changed.",
    remedy="the pool has to be made again: a protocol cannot be changed",
)
def pool_protocol(target: PoolTarget) -> CheckResult:
    """Check the protocol."""
    result = names.protocol(target.pool.protocol)
    # Octavia refuses an SCTP pool to a listener of another protocol.
    return result if target.listener.protocol == "SCTP" else replace(result, hint=_AS_LISTENER)


@check(
    "pool-algorithm",
    on=PoolTarget,
    meaning="The provider supports the pool's algorithm.",
    cause="The maker asks for an algorithm of another provider.",
    remedy="let the maker ask for an algorithm that the provider supports",
)
def pool_algorithm(target: PoolTarget) -> CheckResult:
    """Look the algorithm up among those of the provider."""
    algorithm = target.pool.lb_algorithm
    if not target.provider.supports(algorithm):
        return fail(f"{algorithm}, which provider {target.load_balancer.provider} does not support")
    if algorithm not in target.provider.unheeded_algorithms:
        return ok(_STICKY.format(algorithm) if algorithm == "SOURCE_IP" else algorithm)
    return ok(f"{algorithm}: whether {target.provider.title} applies it is not known")


@check(
    "pool-persistence",
    on=PoolTarget,
    meaning="Whether one client always reaches the same member.",
    cause="Session persistence was set by hand, or by the maker for the Service's session"
    " affinity.",
    remedy="none is needed: a single member answering one client is right",
)
def pool_persistence(target: PoolTarget) -> CheckResult:
    """Tell about session persistence."""
    kind, timeout = target.pool.session_persistence, target.pool.persistence_timeout
    others = target.provider.pools_shared_with(target.pool, target.load_balancer)
    if any(_settings(other) != _settings(target.pool) for other in others):
        which = f"{kind or 'none'}, and other ports of this load balancer have other settings"
        return ok(f"{which}: {_SHARED.format(target.provider.title)}")
    if kind is None:
        return ok("none")
    if target.provider.distribution(target.pool, target.load_balancer) is not Distribution.STICKY:
        return ok(f"{kind} without a timeout, which {target.provider.title} does not apply")
    timeout = timeout or target.provider.default_persistence_timeout
    lasting = f", for {timeout} s after its last association" if timeout else ""
    return ok(_STICKY.format(kind) + lasting)


def _settings(pool: Pool) -> tuple[object, ...]:
    return pool.lb_algorithm, pool.session_persistence, pool.persistence_timeout


@check(
    "pool-admin-state",
    on=PoolTarget,
    meaning="The pool is switched on.",
    cause="It was switched off by hand.",
    remedy="`openstack loadbalancer pool set --enable <ID>`",
)
def pool_admin_state(target: PoolTarget) -> CheckResult:
    """Check the administrative state."""
    return statuses.admin_state(target)


@check(
    "pool-status",
    on=PoolTarget,
    tells_deletion=True,
    meaning="Octavia has finished the last change to the pool, and sees it working.",
    cause="A change is under way or has failed; or a health monitor finds every member down.",
    remedy="look at the members' rows",
)
def pool_status(target: PoolTarget) -> CheckResult:
    """Check both statuses."""
    return statuses.both(target)


@check(
    "pool-monitor",
    on=PoolTarget,
    meaning="The pool's health monitor, if there is one, asks over SCTP, or asks the nodes whether"
    " they have a pod of the Service (externalTrafficPolicy Local).",
    cause="It was made with another type; the last change to it failed; or it was deleted, or could"
    " not be made.",
    remedy="the members' statuses tell only what the monitor asks: `openstack kuryr sctp probe"
    " <service>` tells whether SCTP gets through; leave the monitor as it is until that is known",
)
def pool_monitor(target: PoolTarget) -> CheckResult:
    """Check the health monitor."""
    monitor = target.monitor
    if target.pool.health_monitor_id is None:
        return monitoring.of_no_monitor(target)
    if monitor is None:
        return skip("just deleted, or not visible")
    state = statuses.provisioning(target, monitor)
    if state.status is not Status.OK:
        return replace(state, detail=f"{monitor.type}, {state.detail}")
    if not monitor.admin_state_up:
        return ok(f"{monitor.type}, switched off: it asks nothing")
    return monitoring.of_monitor(target, monitor)


@check(
    "members-exist",
    on=PoolTarget,
    meaning="The pool has members that can get associations; with --members this many, and with"
    " --member these.",
    cause="There is nothing that can be a member; or every member is switched off, or has weight 0"
    " where weights count.",
    remedy="compare with what should serve the Service (`kubectl get endpoints,pods -n"
    " <namespace>`), and see the log of what made the load balancer",
)
def members_exist(target: PoolTarget) -> CheckResult:
    """Count the members, and those in use; one that is being deleted is not counted."""
    expected = target.snapshot.expected
    members = [member for member in target.pool.members if not is_leaving(member)]
    if expected.members not in (None, len(members)):
        return fail(f"{len(members)}, expected {expected.members}", transient=True)
    if missing := missing_addresses(target.pool, expected):
        return fail(f"{len(members)}, but not {', '.join(missing)}", transient=True)
    if expected.members == 0:
        return ok("none, as expected")
    if not members:
        if when := target.maker.no_members:
            return warn(f"no member: {when}; nothing answers", transient=True)
        return statuses.missing(target, "no member: nothing answers")
    used = sum(target.provider.weight_of(member) > 0 for member in members)
    if not used:
        detail = f"none of {len(members)} is in use: all are switched off or have weight 0"
        return fail(detail, _UNUSED)
    count = f"{len(members)}" if used == len(members) else f"{len(members)}, {used} in use"
    if unserved := _unserved_vips(target, members):
        return warn(f"{count}, but none of the family of VIP {' and '.join(unserved)}", _FAMILIES)
    return ok(count)


def _unserved_vips(target: PoolTarget, members: Sequence[Member]) -> list[str]:
    """Return the VIPs of a family that no member in use has, while another VIP has one."""
    used = [each for each in members if target.provider.weight_of(each) > 0]
    versions = {6 if ":" in member.address else 4 for member in used}
    vips = target.load_balancer.vips
    if not any(vip.version in versions for vip in vips):
        return []  # the members' rows tell
    return [vip.address for vip in vips if vip.version not in versions]


@check(
    "members-distinct",
    on=PoolTarget,
    meaning="No two members have the same address and port.",
    cause="One IPv6 address was written in two ways, which Octavia takes for two members; or its"
    " database was changed by hand.",
    remedy="delete one of the two, so that the other stays: `openstack loadbalancer member delete"
    " <pool> <member>`",
)
def members_distinct(target: PoolTarget) -> CheckResult:
    """Look for an address and port that occurs twice."""
    by_place: defaultdict[tuple[str, int], list[Member]] = defaultdict(list)
    for member in target.pool.members:
        if not is_leaving(member):
            by_place[canonical(member.address), member.protocol_port].append(member)
    twice = {place: members for place, members in by_place.items() if len(members) > 1}
    if not twice:
        return ok("all differ")
    listed = ", ".join(f"{address} port {port}" for address, port in twice)
    same = next(iter(twice.values()))[:_MAX_COMMANDS]
    commands = " or ".join(
        f"`openstack loadbalancer member delete <pool> {word(member.id, 'member')}`"
        for member in same
    )
    return fail(f"more than once: {listed}", f"delete all but one of them: {commands}")
