# SPDX-License-Identifier: Apache-2.0

"""Checks on the service as a whole: is there exactly one load balancer for it?"""

from difflib import get_close_matches

from kuryrsctp import naming
from kuryrsctp.makers import occm
from kuryrsctp.verifier.checks.catalogue import Verdict, check, fail, ok, skip
from kuryrsctp.verifier.checks.targets import Subject
from kuryrsctp.verifier.snapshot import Snapshot

_NEAREST = 3
_ALIKE = 0.8  # of 1: a letter or two apart, whatever the namespace has in common


@check(
    "load-balancer-exists",
    on=Subject,
    meaning="Octavia has a load balancer of the Service's name, `<namespace>/<service>`.",
    cause="Another namespace or project was meant; or Kuryr made none: the Service is headless,"
    " not of type ClusterIP or LoadBalancer, or has no endpoints yet; or Kuryr is not running.",
    remedy="check name, namespace and project, that the Service has endpoints (`kubectl get"
    " endpoints`), and the log of kuryr-controller",
)
def load_balancer_exists(subject: Subject) -> Verdict:
    """Find the load balancer, or say what is nearest to it."""
    snapshot = subject.snapshot
    if snapshot.load_balancers:
        vips = ", ".join(f"VIP {one.vip_address}" for one in snapshot.load_balancers)
        by_occm = occm.is_name(snapshot.load_balancers[0].name)
        return ok(f"{vips}; made by cloud-provider-openstack, not Kuryr" if by_occm else vips)
    missing = f"no load balancer '{snapshot.service}' is visible to these credentials"
    if nearest := _nearest(snapshot):
        missing = f"{missing}; there is {' and '.join(nearest)}"
    # An ID that is gone does not come back.
    return fail(missing, transient=isinstance(snapshot.service, naming.ServiceName))


def _nearest(snapshot: Snapshot) -> list[str]:
    """Return the names that may have been meant, quoted, the likeliest first."""
    service = snapshot.service
    if isinstance(service, naming.LoadBalancerId):
        return []
    names = [one.name for one in snapshot.all_load_balancers]
    likely = [
        *(name for name in names if name.casefold() == str(service)),
        *(name for name in names if name.endswith(f"/{service.name}")),
        *get_close_matches(str(service), names, cutoff=_ALIKE),
    ]
    return [f"'{name}'" for name in list(dict.fromkeys(likely))[:_NEAREST]]


@check(
    "load-balancer-unique",
    on=Subject,
    meaning="No other load balancer carries the Service's name.",
    cause="Kuryr's names do not tell clusters apart: two clusters in one project collide; or"
    " Kuryr lost track of a load balancer and made another.",
    remedy="give the ID of the one you mean; delete the one that no Service uses (compare the VIP"
    " with `kubectl get service`)",
)
def load_balancer_unique(subject: Subject) -> Verdict:
    """Count the load balancers of the name."""
    found = subject.snapshot.load_balancers
    if not found:
        return skip("there is none")
    if isinstance(subject.snapshot.service, naming.LoadBalancerId):
        return skip("picked by its ID")
    if len(found) == 1:
        return ok("the only one of that name")
    listed = "; ".join(one.identity for one in found)
    return fail(f"{len(found)} load balancers: {listed}")
