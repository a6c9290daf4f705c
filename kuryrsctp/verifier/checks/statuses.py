# SPDX-License-Identifier: Apache-2.0

"""How Octavia's three states are judged, the same for each kind of object."""

from kuryrsctp.model import Listener, Member
from kuryrsctp.verifier.checks.catalogue import Verdict, fail, ok, skip, warn
from kuryrsctp.verifier.checks.targets import LoadBalancerSubject, PoolSubject
from kuryrsctp.verifier.report import Status

# Seconds that Kuryr itself waits for a change before it gives up.
_PATIENCE = 300

_UNDER_WAY = "a change is under way: --wait sees it to its end"
_STUCK = "stuck: ask the cloud's operator to look at Octavia's worker or provider"


def admin_state(subject: LoadBalancerSubject) -> Verdict:
    """Judge `admin_state_up`, which neither Kuryr nor OCCM ever clears."""
    is_up = subject.about.admin_state_up
    return ok("up") if is_up else fail("switched off (admin_state_up is False)")


def provisioning(subject: LoadBalancerSubject) -> Verdict:
    """Judge `provisioning_status`: PENDING_* is a change under way, not a fault."""
    status = subject.about.provisioning_status
    if status == "ACTIVE":
        return ok(status)
    if status.startswith("PENDING_"):
        return _pending(subject, status)
    if status == "ERROR":
        return fail("ERROR: the last change to it failed")
    if status == "DELETED":
        return fail(status)
    return warn(f"unknown status '{status}'")


def _pending(subject: LoadBalancerSubject, status: str) -> Verdict:
    since = subject.about.changed_at
    age = 0 if since is None else max(0, round((subject.snapshot.now - since).total_seconds()))
    detail = status if since is None else f"{status} for {age} s"
    if age <= _PATIENCE:
        return warn(detail, _UNDER_WAY, transient=True)
    return warn(f"{detail}, longer than Kuryr waits", _STUCK, transient=True)


def operating(subject: LoadBalancerSubject) -> Verdict:
    """Judge `operating_status`, which is weak evidence without a health monitor."""
    about = subject.about
    status = about.operating_status
    if about.provisioning_status.startswith("PENDING_"):
        return skip(f"{status} while {about.provisioning_status} says nothing")
    if status in ("ONLINE", "NO_MONITOR"):
        return ok(status)
    if off := subject.switched_off:
        return skip(f"{status}, as the {off} is switched off")
    if isinstance(about, Member) and about.weight == 0:
        return skip(f"{status}, as its weight is 0")
    if isinstance(subject, PoolSubject) and subject.listener.operating_status == "ERROR":
        return skip(f"{status}, as the amphora does not run its listener")
    if status == "OFFLINE" and subject.is_ovn:
        return ok("OFFLINE, which means nothing with OVN")
    if status == "ERROR":
        return fail(f"ERROR: {_reason(subject)}")
    if status == "DEGRADED":
        return warn(f"DEGRADED: {_reason(subject)}")
    return warn(f"{status or 'no status at all'}, where ONLINE is expected")


def _reason(subject: LoadBalancerSubject) -> str:
    """Say what Octavia's health manager means by ERROR or DEGRADED."""
    about = subject.about
    is_error = about.operating_status == "ERROR"
    if isinstance(about, Listener):
        return "the amphora does not run it" if is_error else "it has all connections it may have"
    if isinstance(about, Member):
        return "the health monitor does not reach it"
    return (
        f"the health monitor {'reaches none' if is_error else 'does not reach all'} of its members"
    )


def both(subject: LoadBalancerSubject) -> Verdict:
    """Judge both statuses in one row: the worse one speaks."""
    made, works = provisioning(subject), operating(subject)
    if made.status is works.status is Status.OK:
        return ok(f"{made.detail}, {works.detail}")
    return max(made, works, key=lambda one: list(Status).index(one.status))
