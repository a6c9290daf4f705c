# SPDX-License-Identifier: Apache-2.0

"""How Octavia's administrative state and two statuses are checked: the same for every object."""

from dataclasses import replace

from kuryrsctp import makers
from kuryrsctp.model import (
    HealthMonitor,
    Listener,
    LoadBalancer,
    Member,
    Part,
    Pool,
    is_leaving,
    is_pending,
)
from kuryrsctp.verifier.checks import ages, monitoring
from kuryrsctp.verifier.checks.catalogue import CheckResult, fail, ok, skip, warn
from kuryrsctp.verifier.checks.targets import (
    ListenerTarget,
    LoadBalancerTarget,
    MemberTarget,
    PoolTarget,
    listeners_and_pools,
)
from kuryrsctp.verifier.report import Status

_AT_WORK = (
    "what made the load balancer may still be at work: look again in a minute, or let --wait 90 do"
    " that"
)
_UNDER_WAY = "a change is under way: --wait waits for its end"
_LATE = "the change may still end; if not, ask the cloud's operator about {}"
_STUCK = "ask the cloud's operator to look at {}, and to end this state"
_FAILED = (
    "see whether `openstack kuryr sctp probe <service>` gets through, and ask the cloud's operator"
    " about {}"
)


def admin_state(target: LoadBalancerTarget) -> CheckResult:
    """Check `admin_state_up`."""
    is_up = target.api_object.admin_state_up
    return ok("up") if is_up else fail("switched off (admin_state_up is False)")


def missing(target: LoadBalancerTarget, detail: str) -> CheckResult:
    """Say that a part is not there: a fault once what it is missing from has not changed lately.

    Makers make and change one part after the other, and all is ACTIVE for seconds in between.
    """
    return while_changing(target, detail) or fail(detail, transient=True)


def while_changing(target: LoadBalancerTarget, detail: str) -> CheckResult | None:
    """Say that something is not as it should be yet, None where nothing has changed lately."""
    change = _last_change(target)
    return not_yet(f"{detail} ({change})") if change else None


def _last_change(target: LoadBalancerTarget) -> str:
    """Say which part is changing, or has changed lately: the innermost one; "" if none has."""
    now = target.snapshot.now
    # That something is being deleted says more.
    parts = {} if target.leaving else target.parts
    for kind, part in reversed(parts.items()):
        if ages.is_fresh(part, now):
            return f"the {kind} changed less than a minute ago"
        if ages.is_changing(part, now):
            return f"the {kind} is {part.provisioning_status}"
    return ""


def not_yet(detail: str) -> CheckResult:
    """Say that something is not as it should be, and that its maker may still make it so."""
    return warn(detail, _AT_WORK, transient=True)


def provisioning(target: LoadBalancerTarget, part: Part | None = None) -> CheckResult:
    """Check `provisioning_status` of a target, or of a part of it: PENDING_* is a change."""
    part = part or target.api_object
    status = part.provisioning_status
    if status == "ACTIVE":
        return ok(status)
    if is_pending(part):
        return _pending(target, part)
    if status == "ERROR":
        # What to do about a monitor depends on what it asks: its check tells.
        failed = _end_by_hand(target, part) + _FAILED.format(target.provider.log)
        hint = "" if isinstance(part, HealthMonitor) else failed
        return fail("ERROR: the last change to it failed", hint)
    if status == "DELETED":
        return fail(status)
    return warn(f"unknown status '{status}'")


def _pending(target: LoadBalancerTarget, part: Part) -> CheckResult:
    status, age = part.provisioning_status, ages.age_of(part.changed_at, target.snapshot.now)
    end_by_hand = _end_by_hand(target, part)
    under_way, late_hint, stuck_hint = (
        end_by_hand + hint.format(target.provider.log) for hint in (_UNDER_WAY, _LATE, _STUCK)
    )
    if age is None:
        return warn(f"{status}, not known since when", late_hint, transient=True)
    detail = f"{status} for {ages.in_words(age)}"
    if age > ages.STUCK:
        return fail(f"{detail}: stuck; {_while_stuck(part)}", stuck_hint)
    if is_leaving(part):
        return skip(f"{detail}: it is being deleted", transient=True)
    if late := target.maker.late(age):
        return warn(f"{detail}, {late}", late_hint, transient=True)
    return warn(detail, under_way, transient=True)


def _end_by_hand(target: LoadBalancerTarget, part: Part) -> str:
    """Return what ends a state that the provider may never end by itself, "" for nothing."""
    pool, remedy = None, ""
    if isinstance(part, Pool) and part.provisioning_status == "ERROR":
        pool, remedy = part, target.provider.failed_update
    elif isinstance(part, Listener) and part.provisioning_status == "PENDING_UPDATE":
        is_fresh = ages.is_fresh(part, target.snapshot.now)
        pool, remedy = part.pool, "" if is_fresh else target.provider.endless_update
    if pool is None or not remedy:
        return ""
    # The state is given as it is: a pool that was switched off on purpose stays so.
    remedy = remedy if pool.admin_state_up else remedy.replace("--enable", "--disable")
    return f"{remedy}; otherwise "


def _while_stuck(part: Part) -> str:
    """Say what it means that a change hangs.

    Octavia refuses a change only where the load balancer, or the pool of a member, is PENDING_*.
    """
    if not isinstance(part, LoadBalancer | Pool):
        return "whether this change was made is not known"
    refused = "it" if isinstance(part, LoadBalancer) else "its members"
    meaning = f"Octavia accepts no change to {refused}"
    if part.provisioning_status != "PENDING_UPDATE":
        return meaning
    return f"{meaning}, so that its members no longer follow the pods or nodes"


def operating(target: LoadBalancerTarget) -> CheckResult:
    """Check `operating_status`, which is weak evidence without a health monitor."""
    if result := _without_reason(target):
        return result
    reason = _reason(target)
    return replace(reason, detail=f"{target.api_object.operating_status}: {reason.detail}")


def _without_reason(target: LoadBalancerTarget) -> CheckResult | None:
    """Check an operating status that is well, or explained by something else than health."""
    part, now, status = target.api_object, target.snapshot.now, target.api_object.operating_status
    if ages.is_changing(part, now):
        return skip(f"{status}, which says nothing while it is {part.provisioning_status}")
    if status in ("ONLINE", "NO_MONITOR"):
        return ok(status)
    if off := target.switched_off:
        return skip(f"{status}, as the {off} is switched off")
    if isinstance(part, Member) and target.provider.weight_of(part) == 0:
        return skip(f"{status}, as its weight is 0")
    if isinstance(target, PoolTarget) and _is_listener_down(target):
        return skip(f"{status}, as for its listener: {target.provider.listener_error}")
    if status == "OFFLINE" and not target.provider.reports_offline:
        return ok(f"OFFLINE, which means nothing with {target.provider.title}")
    if status in ("OFFLINE", "") and ages.is_fresh(part, now):
        return skip(f"{status or 'no status'}, and changed a moment ago", transient=True)
    if status in ("ERROR", "DEGRADED"):
        return None
    return _unexpected(target)


def _unexpected(target: LoadBalancerTarget) -> CheckResult:
    status = target.api_object.operating_status
    if status == "OFFLINE" and isinstance(target, MemberTarget):
        left_over = monitoring.left_over(target)
        if left_over is not None:
            return replace(left_over, detail=f"OFFLINE: {left_over.detail}")
    return warn(f"{status or 'no status at all'}, expected ONLINE")


def _reason(target: LoadBalancerTarget) -> CheckResult:
    """Say why an object is in ERROR or DEGRADED, and how bad that is."""
    if isinstance(target, MemberTarget):
        return monitoring.of_member(target)
    if isinstance(target, PoolTarget):
        return monitoring.of_pool(target)
    if isinstance(target, ListenerTarget):
        return _of_listener(target)
    return _of_load_balancer(target)


def _is_listener_down(target: ListenerTarget) -> bool:
    """Tell whether a listener itself does not work; with OVN it copies the state of its pool."""
    if target.provider.keeps_old_errors or _follows_pool(target.listener):
        return False
    return target.listener.operating_status == "ERROR"


def _follows_pool(listener: Listener) -> bool:
    pool = listener.pool
    if pool is None or pool.health_monitor_id is None:
        return False
    return pool.operating_status == listener.operating_status


def _of_listener(target: ListenerTarget) -> CheckResult:
    if _follows_pool(target.listener):
        return skip("as its pool is")
    if target.listener.operating_status == "ERROR":
        if target.provider.keeps_old_errors:
            return _old_error(target)
        is_fresh = ages.is_fresh(target.listener, target.snapshot.now)
        return fail(target.provider.listener_error, transient=is_fresh)
    return warn(target.provider.listener_degraded)


def _old_error(target: LoadBalancerTarget) -> CheckResult:
    told = (
        f"likely left over: {target.provider.title} may leave it so when nothing is wrong any more"
    )
    return warn(told, monitoring.LEFT_OVER)


def _of_load_balancer(target: LoadBalancerTarget) -> CheckResult:
    """Find the reason among the Service's listeners and pools; another's are not judged."""
    balancer = target.load_balancer
    as_bad = ("ERROR",) if balancer.operating_status == "ERROR" else ("ERROR", "DEGRADED")
    reasons = [
        _reason(part)
        for part in listeners_and_pools(target.snapshot, balancer)
        if part.api_object.operating_status in as_bad and _without_reason(part) is None
    ]
    if reasons:
        return max(reasons, key=lambda reason: reason.status.severity)
    if balancer.neighbours:
        return skip("not by this Service's parts; another Service's are not judged")
    if len(makers.sctp_listeners(balancer)) < len(balancer.listeners):
        return skip("not by SCTP's parts; listeners that are not SCTP are not judged")
    if balancer.operating_status == "ERROR" and target.provider.keeps_old_errors:
        return _old_error(target)
    is_fresh = ages.is_fresh(balancer, target.snapshot.now)
    say = fail if balancer.operating_status == "ERROR" else warn
    return say("its listeners and pools do not tell why", transient=is_fresh)


def both(target: LoadBalancerTarget) -> CheckResult:
    """Check both statuses in one row, which has the worse result."""
    results = provisioning(target), operating(target)
    if all(result.status is Status.OK for result in results):
        return ok(", ".join(result.detail for result in results))
    # What was skipped explains more than what is well.
    odd = [result for result in results if result.status is not Status.OK]
    return max(odd, key=lambda result: result.status.severity)
