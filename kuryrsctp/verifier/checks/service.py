# SPDX-License-Identifier: Apache-2.0

"""Checks on the service as a whole: is there exactly one load balancer for it?"""

from difflib import get_close_matches

from kuryrsctp import makers, naming
from kuryrsctp.verifier.checks.catalogue import CheckResult, check, fail, ok, skip, warn
from kuryrsctp.verifier.checks.targets import ServiceTarget
from kuryrsctp.verifier.snapshot import Snapshot

_MAX_NEAREST = 3
_LEAVING = "nothing is needed: it is being deleted (--wait waits for that)"
_SIMILAR = 0.8  # of 1: a letter or two differ, however long the namespace is


@check(
    "load-balancer-exists",
    on=ServiceTarget,
    meaning="Octavia has a load balancer for the Service.",
    cause="Another namespace, cluster or project was meant; or no load balancer was made: the"
    " Service is headless or has no endpoints yet, its address is in use, a quota is used up (also"
    " Neutron's of ports), or the controller that makes load balancers is not running.",
    remedy="check name, namespace and project; `kubectl describe service -n <namespace> <name>`"
    " shows the events, which mostly name the reason; then see the log of the controller"
    f" ({makers.CONTROLLERS})",
)
def load_balancer_exists(target: ServiceTarget) -> CheckResult:
    """Find the load balancer, or name the most similar ones."""
    snapshot = target.snapshot
    if snapshot.load_balancers:
        vips = ", ".join(
            f"VIP {vip.address}" for balancer in snapshot.load_balancers for vip in balancer.vips
        )
        note = target.maker.note
        return ok(f"{vips}; {note}" if note else vips)
    missing = f"no load balancer '{snapshot.service}' is visible to these credentials"
    if nearest := _nearest(snapshot):
        missing = f"{missing}; there is {' and '.join(nearest)}"
    # An ID that is gone does not come back.
    return fail(missing, transient=isinstance(snapshot.service, naming.ServiceName))


def _nearest(snapshot: Snapshot) -> list[str]:
    """Return what may have been meant, as a command takes it, the most likely first.

    That is a Service's name, quoted, or the ID of a load balancer of no known Service.
    """
    asked = snapshot.service
    if isinstance(asked, naming.LoadBalancerId):
        return []
    elsewhere, texts = set[str](), dict[str, list[str]]()
    for load_balancer in snapshot.all_load_balancers:
        services = [claim.service for claim in makers.claims(load_balancer) if claim.service]
        elsewhere |= {f"'{service}'" for service in services if asked.is_elsewhere(service)}
        for service in services:
            texts.setdefault(service.in_cluster, []).append(f"'{service.in_cluster}'")
        if not services:
            text = f"load balancer {load_balancer.id} ('{load_balancer.name}')"
            texts.setdefault(load_balancer.name, []).append(text)
    # What has this very name is in another cluster, which has to be told.
    texts.pop(asked.in_cluster, None)
    names = [
        *(name for name in texts if name.casefold() == asked.in_cluster),
        *(name for name in texts if name.endswith(f"/{asked.name}")),
        *get_close_matches(asked.in_cluster, texts, cutoff=_SIMILAR),
    ]
    likely = [*sorted(elsewhere), *(text for name in names for text in texts[name])]
    return list(dict.fromkeys(likely))[:_MAX_NEAREST]


@check(
    "load-balancer-unique",
    on=ServiceTarget,
    meaning="The Service has only one load balancer in its project.",
    cause="Two clusters in one project have a Service of this name; or a load balancer was made"
    " again while the old one was still there.",
    remedy="compare each VIP with `kubectl get service -n <namespace> <name>`, in every cluster"
    " that uses the project; then give the ID of the load balancer that you mean",
)
def load_balancer_unique(target: ServiceTarget) -> CheckResult:
    """Count the load balancers; one that is being deleted is not counted."""
    load_balancers, leaving = target.snapshot.load_balancers, target.snapshot.leaving
    if not load_balancers:
        return skip("there is none")
    if isinstance(target.snapshot.service, naming.LoadBalancerId):
        return skip("picked by its ID")
    if len(load_balancers) > 1:
        listed = "; ".join(load_balancer.identity for load_balancer in load_balancers)
        return fail(f"{len(load_balancers)} load balancers: {listed}")
    if leaving:
        listed = "; ".join(load_balancer.identity for load_balancer in leaving)
        return warn(f"another is being deleted: {listed}", _LEAVING, transient=True)
    return ok("the only one in its project")
