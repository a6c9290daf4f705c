# SPDX-License-Identifier: Apache-2.0

"""Checks on the load balancer itself."""

from dataclasses import replace

from kuryrsctp import makers
from kuryrsctp.model import Listener, LoadBalancer, is_pending
from kuryrsctp.verifier.checks import statuses, unused_pools
from kuryrsctp.verifier.checks.catalogue import CheckResult, check, fail, ok, skip, warn
from kuryrsctp.verifier.checks.targets import LoadBalancerTarget

_LEFT = (
    "a pool for SCTP is there that no listener uses: whether the Service has such a port, or had"
    " one, is not known"
)
# Octavia's first API version with SCTP listeners.
_SCTP_VERSION = (2, 23)


def _lacks_listener(target: LoadBalancerTarget) -> bool:
    return not makers.sctp_listeners(target.load_balancer)


@check(
    "load-balancer-admin-state",
    on=LoadBalancerTarget,
    meaning="The load balancer is switched on.",
    cause="It was switched off by hand.",
    remedy="`openstack loadbalancer set --enable <ID>`",
)
def load_balancer_admin_state(target: LoadBalancerTarget) -> CheckResult:
    """Check the administrative state."""
    return statuses.admin_state(target)


@check(
    "load-balancer-provisioning",
    on=LoadBalancerTarget,
    tells_deletion=True,
    meaning="Octavia has finished the last change to the load balancer.",
    cause="A change is under way (PENDING_*), or the last one failed (ERROR): no free address, not"
    " enough resources for what the provider runs, or a feature that the provider does not have.",
    remedy="see whether `openstack kuryr sctp probe <service>` gets through, and ask the cloud's"
    " operator about this status",
)
def load_balancer_provisioning(target: LoadBalancerTarget) -> CheckResult:
    """Check the provisioning status; in ERROR, maker and provider say what can be done."""
    result = statuses.provisioning(target)
    if target.load_balancer.provisioning_status != "ERROR":
        return result
    steps = (
        target.maker.repair,
        "see whether `openstack kuryr sctp probe <service>` gets through",
        target.provider.recovery,
    )
    return replace(result, hint="; ".join(filter(None, steps)))


@check(
    "load-balancer-operating",
    on=LoadBalancerTarget,
    meaning="Octavia sees the load balancer working.",
    cause="The provider does not report, or a health monitor finds members down.",
    remedy="look at the members' rows; if they are OK, see whether `openstack kuryr sctp probe"
    " <service>` gets through, and ask the cloud's operator about the provider",
)
def load_balancer_operating(target: LoadBalancerTarget) -> CheckResult:
    """Check the operating status."""
    return statuses.operating(target)


@check(
    "load-balancer-provider",
    on=LoadBalancerTarget,
    meaning="The provider is known to balance SCTP.",
    cause="The cloud has a provider that this program does not know.",
    remedy="ask the cloud's operator whether the provider supports SCTP",
)
def load_balancer_provider(target: LoadBalancerTarget) -> CheckResult:
    """Look the provider up."""
    name = target.load_balancer.provider
    if target.provider.is_known_to_balance_sctp:
        return ok(name)
    return skip(f"whether provider '{name}' supports SCTP is not known")


@check(
    "listener-exists",
    on=LoadBalancerTarget,
    meaning="The Service has an SCTP listener; with --port, one on each of these ports.",
    cause="The Service has no SCTP port; or Octavia is older than API version 2.23; or the provider"
    " does not support SCTP.",
    remedy="check that the Service's ports have `protocol: SCTP` (`kubectl get service -n"
    " <namespace> <name> -o yaml`), and see the log of what made the load balancer",
)
def listener_exists(target: LoadBalancerTarget) -> CheckResult:
    """Look for SCTP listeners of the Service."""
    listeners = makers.sctp_listeners(target.load_balancer)
    ports = {listener.protocol_port for listener in listeners}
    missing = [str(port) for port, _ in target.snapshot.expected.ports if port not in ports]
    if listeners and not missing:
        return ok(_listed(listeners))
    what = f"no SCTP listener{' on port ' if missing else ''}{' and '.join(missing)}"
    own, others = target.load_balancer.listeners, _neighbours(target.load_balancer)
    if own:
        what += f"; there is {_listed(own)}"
    elif not others:
        what = "no listener at all"
    detail = f"{what}; others on this load balancer: {others}" if others else what
    if own and not missing and target.load_balancer.orphaned_pools:
        return warn(f"{detail}; {_LEFT}", transient=True)
    return fail(detail, transient=True) if missing else statuses.missing(target, detail)


@check(
    "pools-used",
    on=LoadBalancerTarget,
    when=lambda target: bool(target.load_balancer.orphaned_pools),
    meaning="A listener uses each SCTP pool of the Service. Only checked where none does.",
    cause="The listener was deleted, and its pool stayed.",
    remedy="none is needed for the traffic; `openstack loadbalancer pool delete <pool>` removes a"
    " pool that no listener uses. Where a listener lacks its pool, give it back first: `openstack"
    " loadbalancer listener set --default-pool <pool> <listener>`",
)
def pools_used(target: LoadBalancerTarget) -> CheckResult:
    """Name the pools that no listener uses."""
    pools = target.load_balancer.orphaned_pools
    listed = ", ".join(f"{pool.name or 'unnamed'} ({pool.id})" for pool in pools)
    is_changing = is_pending(target.load_balancer)
    return warn(
        f"used by no listener: {listed}", unused_pools.advice(target), transient=is_changing
    )


def _neighbours(load_balancer: LoadBalancer) -> str:
    """Return the listeners that are not of the Service, and whose each is."""
    owners = (
        (listener, makers.owner_of(listener, load_balancer))
        for listener in load_balancer.neighbours
    )
    return ", ".join(
        f"{listener.protocol}:{listener.protocol_port} of {owner or 'an unknown owner'}"
        for listener, owner in owners
    )


def _listed(listeners: tuple[Listener, ...]) -> str:
    return ", ".join(f"{listener.protocol}:{listener.protocol_port}" for listener in listeners)


@check(
    "octavia-version",
    on=LoadBalancerTarget,
    when=_lacks_listener,
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
