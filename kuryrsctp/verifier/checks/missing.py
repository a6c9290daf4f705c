# SPDX-License-Identifier: Apache-2.0

"""Checks that are made only where something is missing: why could it not be made?"""

from kuryrsctp import makers, naming
from kuryrsctp.model import QuotaKind
from kuryrsctp.verifier.checks.catalogue import CheckResult, check, fail, ok, skip, warn
from kuryrsctp.verifier.checks.targets import (
    ListenerTarget,
    LoadBalancerTarget,
    PoolTarget,
    ServiceTarget,
)
from kuryrsctp.verifier.snapshot import Snapshot, missing_members, missing_ports, unasked_ports

# Octavia's first API version with SCTP listeners.
_SCTP_VERSION = (2, 23)
# A quota is said to be nearly used up when less than a tenth of it is left.
_LOW_QUOTA_DIVISOR = 10
_MORE_QUOTA = (
    "ask the cloud's operator for more (`openstack loadbalancer quota show <project>` shows the"
    " limits)"
)


def lacks_load_balancer(target: ServiceTarget) -> bool:
    """Tell whether a Service has no load balancer; one given by ID may be anybody's."""
    snapshot = target.snapshot
    return not snapshot.load_balancers and isinstance(snapshot.service, naming.ServiceName)


def lacks_listener(target: LoadBalancerTarget) -> bool:
    """Tell whether a load balancer has no SCTP listener."""
    return not makers.sctp_listeners(target.load_balancer)


def lacks_port(target: LoadBalancerTarget) -> bool:
    """Tell whether a load balancer has no SCTP listener, or not all that are expected."""
    return missing_ports(target.load_balancer, target.snapshot.expected) > 0


def lacks_pool(target: ListenerTarget) -> bool:
    """Tell whether a listener has no pool."""
    return target.listener.pool is None


def lacks_members(target: PoolTarget) -> bool:
    """Tell whether a pool has no member, or fewer than expected."""
    return missing_members(target.pool, target.snapshot.expected) > 0


def lacks_monitor(target: PoolTarget) -> bool:
    """Tell whether members have a port for a health monitor, and there is none."""
    return bool(unasked_ports(target.pool))


@check(
    "load-balancer-quota",
    on=ServiceTarget,
    when=lacks_load_balancer,
    meaning="The quota of --project, or of the credentials' own project, allows another load"
    " balancer. Only checked where the Service has none.",
    cause="Other Services have used up the quota, also those without SCTP.",
    remedy=_MORE_QUOTA,
)
def load_balancer_quota(target: ServiceTarget) -> CheckResult:
    """Compare the number of load balancers with the quota."""
    return _room(target.snapshot, QuotaKind.LOAD_BALANCERS, 1)


@check(
    "octavia-version",
    on=LoadBalancerTarget,
    when=lacks_listener,
    meaning="Octavia is new enough for SCTP listeners: its API has version 2.23 or later. Only"
    " checked where the listener is missing.",
    cause="Octavia is older than the Wallaby release.",
    remedy="ask the cloud's operator to upgrade Octavia",
)
def octavia_version(target: LoadBalancerTarget) -> CheckResult:
    """Compare the newest version of the API with the first that supports SCTP."""
    newest = target.snapshot.api_version
    if newest is None:
        return skip("Octavia does not tell its version")
    text = ".".join(map(str, newest))
    return ok(text) if newest >= _SCTP_VERSION else fail(f"{text}, and SCTP came with 2.23")


@check(
    "listener-quota",
    on=LoadBalancerTarget,
    when=lacks_port,
    meaning="The quota of the load balancer's project allows another listener. Only checked where"
    " one is missing.",
    cause="The listeners of other Services have used up the quota, also those without SCTP.",
    remedy=_MORE_QUOTA,
)
def listener_quota(target: LoadBalancerTarget) -> CheckResult:
    """Compare the number of listeners with the quota."""
    missing = missing_ports(target.load_balancer, target.snapshot.expected)
    return _room(target.snapshot, QuotaKind.LISTENERS, missing)


@check(
    "pool-quota",
    on=ListenerTarget,
    when=lacks_pool,
    meaning="The quota of the load balancer's project allows another pool. Only checked where a"
    " listener has none.",
    cause="The pools of other Services have used up the quota, also those without SCTP.",
    remedy=_MORE_QUOTA,
)
def pool_quota(target: ListenerTarget) -> CheckResult:
    """Compare the number of pools with the quota."""
    return _room(target.snapshot, QuotaKind.POOLS, 1)


@check(
    "member-quota",
    on=PoolTarget,
    when=lacks_members,
    meaning="The quota of the load balancer's project allows another member. Only checked where"
    " a pool has none, or fewer than --members and --member expect.",
    cause="The members of other Services have used up the quota, also of those without SCTP.",
    remedy=_MORE_QUOTA,
)
def member_quota(target: PoolTarget) -> CheckResult:
    """Compare the number of members with the quota, and with what the pool lacks."""
    missing = missing_members(target.pool, target.snapshot.expected)
    return _room(target.snapshot, QuotaKind.MEMBERS, missing)


@check(
    "health-monitor-quota",
    on=PoolTarget,
    when=lacks_monitor,
    meaning="The quota of the load balancer's project allows another health monitor. Only checked"
    " where a pool has none, and its members have a port for one.",
    cause="The health monitors of other Services have used up the quota, also those without SCTP.",
    remedy=_MORE_QUOTA,
)
def health_monitor_quota(target: PoolTarget) -> CheckResult:
    """Compare the number of health monitors with the quota."""
    return _room(target.snapshot, QuotaKind.HEALTH_MONITORS, 1)


def _room(snapshot: Snapshot, kind: QuotaKind, missing: int) -> CheckResult:
    """Say whether the quota has room for what is missing, and some to spare."""
    quota = snapshot.quotas.get(kind)
    if quota is None:
        return skip("these credentials may not read the project's quota")
    if quota.limit is None:
        return ok("no limit")
    used = f"{quota.used} of {quota.limit} {kind.value}"
    if snapshot.quota_project:
        used += f" in project {snapshot.quota_project}"
    left = max(0, quota.limit - quota.used)
    if left < missing:
        more = f"only {left} more, and {missing} are missing" if left else "no more"
        return warn(f"{used}: there can be {more}")
    if left * _LOW_QUOTA_DIVISOR < quota.limit:
        return warn(f"{used}: there can be only {left} more")
    return ok(used)
