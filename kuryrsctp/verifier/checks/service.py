# SPDX-License-Identifier: Apache-2.0

"""Checks on the service as a whole: is there exactly one load balancer for it?"""

from difflib import get_close_matches

from kuryrsctp import makers, naming
from kuryrsctp.verifier.checks.catalogue import CheckResult, check, fail, ok, skip
from kuryrsctp.verifier.checks.targets import ServiceTarget
from kuryrsctp.verifier.snapshot import Snapshot

_MAX_NEAREST = 3
_SIMILAR = 0.8  # of 1: a letter or two differ, however long the namespace is


@check(
    "load-balancer-exists",
    on=ServiceTarget,
    meaning="Octavia has a load balancer for the Service.",
    cause="Another namespace or project was meant; or no load balancer was made: the Service is"
    " headless or has no endpoints yet, or the controller that makes load balancers is not"
    " running.",
    remedy="check name, namespace and project, that the Service has endpoints (`kubectl get"
    f" endpoints`), and the log of the controller ({makers.CONTROLLERS})",
)
def load_balancer_exists(target: ServiceTarget) -> CheckResult:
    """Find the load balancer, or name the most similar ones."""
    snapshot = target.snapshot
    if snapshot.load_balancers:
        vips = ", ".join(f"VIP {balancer.vip_address}" for balancer in snapshot.load_balancers)
        note = target.maker.note
        return ok(f"{vips}; {note}" if note else vips)
    missing = f"no load balancer '{snapshot.service}' is visible to these credentials"
    if nearest := _nearest(snapshot):
        missing = f"{missing}; there is {' and '.join(nearest)}"
    # An ID that is gone does not come back.
    return fail(missing, transient=isinstance(snapshot.service, naming.ServiceName))


def _nearest(snapshot: Snapshot) -> list[str]:
    """Return the names that may have been meant, quoted, the most likely first."""
    service = snapshot.service
    if isinstance(service, naming.LoadBalancerId):
        return []
    names = [balancer.name for balancer in snapshot.all_load_balancers]
    likely = [
        *(name for name in names if name.casefold() == str(service)),
        *(name for name in names if name.endswith(f"/{service.name}")),
        *get_close_matches(str(service), names, cutoff=_SIMILAR),
    ]
    return [f"'{name}'" for name in list(dict.fromkeys(likely))[:_MAX_NEAREST]]


@check(
    "load-balancer-unique",
    on=ServiceTarget,
    meaning="The Service has only one load balancer.",
    cause="Two clusters in one project have a Service of this name; or a load balancer was made"
    " again while the old one was still there.",
    remedy="give the ID of the one that you mean; delete the one that no Service uses (compare the"
    " VIP with `kubectl get service`)",
)
def load_balancer_unique(target: ServiceTarget) -> CheckResult:
    """Count the load balancers."""
    load_balancers = target.snapshot.load_balancers
    if not load_balancers:
        return skip("there is none")
    if isinstance(target.snapshot.service, naming.LoadBalancerId):
        return skip("picked by its ID")
    if len(load_balancers) == 1:
        return ok("the only one of that name")
    listed = "; ".join(balancer.identity for balancer in load_balancers)
    return fail(f"{len(load_balancers)} load balancers: {listed}")
