# SPDX-License-Identifier: Apache-2.0

"""Checks on the load balancer itself."""

from kuryrsctp import makers
from kuryrsctp.model import Listener
from kuryrsctp.verifier.checks import statuses
from kuryrsctp.verifier.checks.catalogue import CheckResult, check, fail, ok, skip
from kuryrsctp.verifier.checks.targets import LoadBalancerTarget


@check(
    "load-balancer-admin-state",
    on=LoadBalancerTarget,
    meaning="The load balancer is switched on.",
    cause="It was switched off by hand.",
    remedy="openstack loadbalancer set --enable <ID>",
)
def load_balancer_admin_state(target: LoadBalancerTarget) -> CheckResult:
    """Check the administrative state."""
    return statuses.admin_state(target)


@check(
    "load-balancer-provisioning",
    on=LoadBalancerTarget,
    meaning="Octavia has finished the last change to the load balancer.",
    cause="A change is under way (PENDING_*), or the last one failed (ERROR): no free address, no"
    " room for the provider's machine, or a feature that the provider does not have.",
    remedy="in ERROR: see whether `openstack kuryr sctp probe` gets through, and ask the cloud's"
    " operator for Octavia's worker log",
)
def load_balancer_provisioning(target: LoadBalancerTarget) -> CheckResult:
    """Check the provisioning status."""
    return statuses.provisioning(target)


@check(
    "load-balancer-operating",
    on=LoadBalancerTarget,
    meaning="Octavia sees the load balancer working.",
    cause="The provider does not report, or a health monitor finds members down.",
    remedy="look at the members' rows; if they are OK, ask the cloud's operator about the"
    " provider, and see whether `openstack kuryr sctp probe` gets through",
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
    meaning="The load balancer has an SCTP listener; with --port, one on each of these ports.",
    cause="The Service has no SCTP port; or Octavia is older than API version 2.23; or the provider"
    " does not support SCTP.",
    remedy="check the Service's ports (`kubectl get service`), Octavia's version, and the log of"
    f" the controller ({makers.CONTROLLERS})",
)
def listener_exists(target: LoadBalancerTarget) -> CheckResult:
    """Look for SCTP listeners."""
    listeners = makers.sctp_listeners(target.load_balancer)
    ports = {listener.protocol_port for listener in listeners}
    missing = [str(port) for port, _ in target.snapshot.expected.ports if port not in ports]
    if listeners and not missing:
        return ok(_listed(listeners))
    what = f"no SCTP listener{' on port ' if missing else ''}{' and '.join(missing)}"
    others = _listed(target.load_balancer.listeners)
    return fail(f"{what}; there is {others}" if others else "no listener at all", transient=True)


def _listed(listeners: tuple[Listener, ...]) -> str:
    return ", ".join(f"{listener.protocol}:{listener.protocol_port}" for listener in listeners)
