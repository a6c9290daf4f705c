# SPDX-License-Identifier: Apache-2.0

"""Checks that are made only where something is missing: is there room for it in the quota?

A quota that is used up also stops what is above: Kuryr deletes a listener that gets no pool, and
cloud-provider-openstack asks for a load balancer with all that it needs at once. So each is looked
at for what is missing and for what would hang on that.
"""

from collections.abc import Callable

from kuryrsctp.model import QuotaKind
from kuryrsctp.verifier.checks.catalogue import CheckResult, check, is_odd, ok, skip, warn
from kuryrsctp.verifier.checks.targets import ServiceTarget
from kuryrsctp.verifier.snapshot import Snapshot, lacking, needed

# A quota is said to be nearly used up when less than a tenth of it is left.
_LOW_QUOTA_DIVISOR = 10
_MORE_QUOTA = (
    "ask the cloud's operator for more (`openstack loadbalancer quota show <project>` shows the"
    " limits)"
)
_ALSO = ", or where it may be why what it belongs to is missing"


def _worth_a_row(kind: QuotaKind) -> Callable[[ServiceTarget], bool]:
    """Make a row where such objects are missing themselves, or where there is no room for them."""

    def when(target: ServiceTarget) -> bool:
        snapshot = target.snapshot
        return bool(lacking(snapshot)[kind]) or (
            bool(needed(snapshot)[kind]) and is_odd(_room(snapshot, kind))
        )

    return when


def _may_lack_ports(target: ServiceTarget) -> bool:
    """Tell whether ports are needed, and there is no room for them, or none that is known."""
    snapshot = target.snapshot
    missing, quota = needed(snapshot)[QuotaKind.PORTS], snapshot.quotas.get(QuotaKind.PORTS)
    if not missing or quota is None:
        return bool(missing)
    return quota.limit is not None and quota.limit - quota.used < missing


@check(
    "load-balancer-quota",
    on=ServiceTarget,
    when=_worth_a_row(QuotaKind.LOAD_BALANCERS),
    meaning="The quota of --project, or of the credentials' own project, allows another load"
    " balancer. Only checked where the Service has none.",
    cause="Other Services have used up the quota, also those without SCTP.",
    remedy=_MORE_QUOTA,
)
def load_balancer_quota(target: ServiceTarget) -> CheckResult:
    """Compare the number of load balancers with the quota."""
    return _room(target.snapshot, QuotaKind.LOAD_BALANCERS)


@check(
    "listener-quota",
    on=ServiceTarget,
    when=_worth_a_row(QuotaKind.LISTENERS),
    meaning="The quota of the load balancer's project allows another listener. Only checked where"
    f" one is missing{_ALSO}.",
    cause="The listeners of other Services have used up the quota, also those without SCTP.",
    remedy=_MORE_QUOTA,
)
def listener_quota(target: ServiceTarget) -> CheckResult:
    """Compare the number of listeners with the quota."""
    return _room(target.snapshot, QuotaKind.LISTENERS)


@check(
    "pool-quota",
    on=ServiceTarget,
    when=_worth_a_row(QuotaKind.POOLS),
    meaning="The quota of the load balancer's project allows another pool. Only checked where a"
    f" listener has none{_ALSO}.",
    cause="The pools of other Services have used up the quota, also those without SCTP.",
    remedy=_MORE_QUOTA,
)
def pool_quota(target: ServiceTarget) -> CheckResult:
    """Compare the number of pools with the quota."""
    return _room(target.snapshot, QuotaKind.POOLS)


@check(
    "member-quota",
    on=ServiceTarget,
    when=_worth_a_row(QuotaKind.MEMBERS),
    meaning="The quota of the load balancer's project allows another member. Only checked where"
    f" a pool has none, or fewer than --members and --member expect{_ALSO}.",
    cause="The members of other Services have used up the quota, also of those without SCTP.",
    remedy=_MORE_QUOTA,
)
def member_quota(target: ServiceTarget) -> CheckResult:
    """Compare the number of members with the quota, and with what the pools lack."""
    return _room(target.snapshot, QuotaKind.MEMBERS)


@check(
    "health-monitor-quota",
    on=ServiceTarget,
    when=_worth_a_row(QuotaKind.HEALTH_MONITORS),
    meaning="The quota of the load balancer's project allows another health monitor. Only checked"
    " where a pool has none, and its members have a port for one; and where the load balancer is"
    " missing.",
    cause="The health monitors of other Services have used up the quota, also those without SCTP.",
    remedy=_MORE_QUOTA,
)
def health_monitor_quota(target: ServiceTarget) -> CheckResult:
    """Compare the number of health monitors with the quota."""
    return _room(target.snapshot, QuotaKind.HEALTH_MONITORS)


@check(
    "port-quota",
    on=ServiceTarget,
    when=_may_lack_ports,
    meaning="Neutron's quota of --project, or of the credentials' own project, allows another port,"
    " for the VIP. Only told where the load balancer is missing, and there is no room, or whether"
    " there is any is not known.",
    cause="Servers, routers and other load balancers have used up the quota. Octavia then answers"
    " 409, \"The VIP IP address is already in use: Quota exceeded for resources: ['port']\", though"
    " no address is in use.",
    remedy="ask the cloud's operator for more (`openstack quota show --network --usage <project>`"
    " shows the limits)",
)
def port_quota(target: ServiceTarget) -> CheckResult:
    """Compare Neutron's number of ports with the quota."""
    return _room(target.snapshot, QuotaKind.PORTS)


def _room(snapshot: Snapshot, kind: QuotaKind) -> CheckResult:
    """Say whether the quota has room for what is missing, and some to spare."""
    quota = snapshot.quotas.get(kind)
    if quota is None:
        return skip("these credentials cannot read the project's quota")
    if quota.limit is None:
        return ok("no limit")
    used = f"{quota.used} of {quota.limit} {kind.value}"
    if snapshot.quota_project:
        used += f" in project {snapshot.quota_project}"
    left, missing = max(0, quota.limit - quota.used), needed(snapshot)[kind]
    if left < missing:
        more = f"only {left} more, and {missing} are missing" if left else "no more"
        return warn(f"{used}: there can be {more}")
    if left * _LOW_QUOTA_DIVISOR < quota.limit:
        return warn(f"{used}: there can be only {left} more")
    return ok(used)
