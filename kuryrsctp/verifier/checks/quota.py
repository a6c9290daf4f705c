# SPDX-License-Identifier: Apache-2.0


"""Checks on quotas: may Kuryr make what is missing?"""

from kuryrsctp.model import Quota
from kuryrsctp.verifier.checks.catalogue import Verdict, check, ok, skip, warn
from kuryrsctp.verifier.checks.targets import MissingSubject, ShortPoolSubject
from kuryrsctp.verifier.snapshot import missing_members

# A quota is about to be used up when less than one in so many is left.
_SCARCE = 10


@check(
    "load-balancer-quota",
    on=MissingSubject,
    meaning="The credentials' project may have more load balancers. Only asked where the Service"
    " has none.",
    cause="Kuryr makes a load balancer for every Service, also for those without SCTP.",
    remedy="ask the cloud's operator for more (`openstack loadbalancer quota show <project>`), or"
    " delete what no Service uses",
)
def load_balancer_quota(subject: MissingSubject) -> Verdict:
    """Compare what the project has with what it may have."""
    return _room(subject.snapshot.quota, "load balancers", 1)


@check(
    "member-quota",
    on=ShortPoolSubject,
    meaning="The load balancer's project may have more members. Only asked where a pool has none,"
    " or fewer than --members and --member expect.",
    cause="Kuryr makes a member for every ready endpoint of each port of every Service, also of"
    " those without SCTP.",
    remedy="ask the cloud's operator for more (`openstack loadbalancer quota show <project>`), or"
    " delete what no Service uses",
)
def member_quota(subject: ShortPoolSubject) -> Verdict:
    """Compare what the project has with what it may have, and with what the pool lacks."""
    wanted = missing_members(subject.pool, subject.snapshot.expected)
    return _room(subject.snapshot.quota, "members", wanted)


def _room(quota: Quota | None, what: str, wanted: int) -> Verdict:
    """Say whether there is room for so many more, and some to spare."""
    if quota is None:
        return skip("these credentials may not read the project's quota")
    if quota.limit is None:
        return ok("no limit")
    used, left = f"{quota.used} of {quota.limit} {what}", max(0, quota.limit - quota.used)
    if left < wanted:
        more = f"{left} more, where {wanted} are missing" if left else "no other"
        return warn(f"{used}: Kuryr can make {more}")
    if left * _SCARCE < quota.limit:
        return warn(f"{used}: Kuryr can make only {left} more")
    return ok(used)
