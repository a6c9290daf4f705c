# SPDX-License-Identifier: Apache-2.0

"""How Octavia's administrative state and two statuses are checked: the same for every object."""

from kuryrsctp.model import Listener, Member
from kuryrsctp.verifier.checks.catalogue import CheckResult, fail, ok, skip, warn
from kuryrsctp.verifier.checks.targets import LoadBalancerTarget, PoolTarget
from kuryrsctp.verifier.report import Status

_UNDER_WAY = "a change is under way: --wait waits for its end"
_STUCK = "stuck: ask the cloud's operator to look at Octavia's worker or provider"


def admin_state(target: LoadBalancerTarget) -> CheckResult:
    """Check `admin_state_up`."""
    is_up = target.api_object.admin_state_up
    return ok("up") if is_up else fail("switched off (admin_state_up is False)")


def provisioning(target: LoadBalancerTarget) -> CheckResult:
    """Check `provisioning_status`: PENDING_* is a change under way, not a fault."""
    status = target.api_object.provisioning_status
    if status == "ACTIVE":
        return ok(status)
    if status.startswith("PENDING_"):
        return _pending(target, status)
    if status == "ERROR":
        return fail("ERROR: the last change to it failed")
    if status == "DELETED":
        return fail(status)
    return warn(f"unknown status '{status}'")


def _pending(target: LoadBalancerTarget, status: str) -> CheckResult:
    since = target.api_object.changed_at
    age = 0 if since is None else max(0, round((target.snapshot.now - since).total_seconds()))
    detail = status if since is None else f"{status} for {age} s"
    late = target.maker.late(age)
    if late:
        return warn(f"{detail}, {late}", _STUCK, transient=True)
    return warn(detail, _UNDER_WAY, transient=True)


def operating(target: LoadBalancerTarget) -> CheckResult:
    """Check `operating_status`, which is weak evidence without a health monitor."""
    api_object, provider = target.api_object, target.provider
    status = api_object.operating_status
    if api_object.provisioning_status.startswith("PENDING_"):
        return skip(f"{status}, which says nothing while it is {api_object.provisioning_status}")
    if status in ("ONLINE", "NO_MONITOR"):
        return ok(status)
    if off := target.switched_off:
        return skip(f"{status}, as the {off} is switched off")
    if isinstance(api_object, Member) and api_object.weight == 0:
        return skip(f"{status}, as its weight is 0")
    if isinstance(target, PoolTarget) and target.listener.operating_status == "ERROR":
        return skip(f"{status}, as for its listener: {provider.listener_error}")
    if status == "OFFLINE" and not provider.reports_offline:
        return ok(f"OFFLINE, which means nothing with {provider.title}")
    if status == "ERROR":
        return fail(f"ERROR: {_reason(target)}")
    if status == "DEGRADED":
        return warn(f"DEGRADED: {_reason(target)}")
    return warn(f"{status or 'no status at all'}, expected ONLINE")


def _reason(target: LoadBalancerTarget) -> str:
    """Say what Octavia's health manager means by ERROR or DEGRADED."""
    api_object = target.api_object
    is_error = api_object.operating_status == "ERROR"
    if isinstance(api_object, Listener):
        return target.provider.listener_error if is_error else "it has reached its connection limit"
    if isinstance(api_object, Member):
        return "the health monitor does not reach it"
    return f"the health monitor reaches {'none' if is_error else 'only some'} of its members"


def both(target: LoadBalancerTarget) -> CheckResult:
    """Check both statuses in one row, which has the worse result."""
    results = provisioning(target), operating(target)
    if all(result.status is Status.OK for result in results):
        return ok(", ".join(result.detail for result in results))
    # What was skipped explains more than what is well.
    odd = [result for result in results if result.status is not Status.OK]
    return max(odd, key=lambda result: result.status.severity)
