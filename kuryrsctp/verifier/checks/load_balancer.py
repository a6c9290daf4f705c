# SPDX-License-Identifier: Apache-2.0

"""Checks on the load balancer itself."""

from collections import Counter
from dataclasses import replace

from kuryrsctp import makers
from kuryrsctp.model import Listener, LoadBalancer, is_pending
from kuryrsctp.verifier.checks import default_pools, statuses
from kuryrsctp.verifier.checks.catalogue import CheckResult, check, fail, ok, skip, warn
from kuryrsctp.verifier.checks.placeholders import word
from kuryrsctp.verifier.checks.targets import LoadBalancerTarget

_MAX_COMMANDS = 3
_NAMED_FOR_A_LISTENER = "by its name one of them was made for a listener that uses another pool"
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
    return warn(f"used by no listener: {listed}", _of_unused(target), transient=is_changing)


def _of_unused(target: LoadBalancerTarget) -> str:
    """Say what to do about pools that no listener uses: one may be what a listener lacks."""
    pools = target.load_balancer.orphaned_pools
    if of_wrong_pools := _of_wrong_pools(target):
        return of_wrong_pools
    ids = [word(pool.id, "pool") for pool in pools[:_MAX_COMMANDS]]
    listeners = makers.sctp_listeners(target.load_balancer)
    lacking = [listener for listener in listeners if listener.pool is None]
    if not lacking:
        commands = ", ".join(f"`openstack loadbalancer pool delete {pool}`" for pool in ids)
        return f"none of them carries traffic; to remove what is not needed: {commands}"
    if len(lacking) == len(pools) == 1 and lacking[0].protocol == pools[0].protocol:
        listener = word(lacking[0].id, "listener")
        return (
            "delete nothing yet: if the pool was that of the listener without a pool, `openstack"
            f" loadbalancer listener set --default-pool {ids[0]} {listener}` gives it back"
        )
    return "delete nothing yet: find out which of them the listeners without a pool have lost"


def _of_wrong_pools(target: LoadBalancerTarget) -> str:
    """Say what to do where listeners use other pools than those with their names; "" if none does.

    A pool is given back to a listener only where the one that it uses is odd, too.
    """
    balancer, maker = target.load_balancer, target.maker
    waiting = {
        pool: default_pools.waiting(maker, pool, balancer) for pool in balancer.orphaned_pools
    }
    listeners = Counter(part.id for parts in waiting.values() for part in parts)
    if not listeners:
        return _of_renamed_pools(target)
    commands = [
        default_pools.give(pool, part)
        for pool, parts in waiting.items()
        for part in parts
        if len(parts) == listeners[part.id] == 1 and default_pools.doubt(maker, part, balancer)
    ]
    if not commands:
        return f"delete nothing yet: {_NAMED_FOR_A_LISTENER}; find out which one it has to use"
    listed = ", ".join(commands[:_MAX_COMMANDS])
    return f"delete nothing: {_NAMED_FOR_A_LISTENER}; {listed} gives it back"


def _of_renamed_pools(target: LoadBalancerTarget) -> str:
    """Say what to do where one of the pools may be that of a listener whose pool is another's."""
    balancer, maker = target.load_balancer, target.maker
    for listener in makers.sctp_listeners(balancer):
        is_odd = maker.is_own(listener, balancer) and default_pools.doubt(maker, listener, balancer)
        if is_odd and default_pools.may_be_of(maker, listener, balancer):
            port = listener.protocol_port
            return f"delete nothing yet, for the listener of port {port}: {default_pools.UNNAMED}"
    return ""


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
