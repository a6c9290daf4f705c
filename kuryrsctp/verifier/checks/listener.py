# SPDX-License-Identifier: Apache-2.0

"""Checks on each SCTP listener, and on whether it has a pool."""

from dataclasses import replace

from kuryrsctp.providers.provider import Provider
from kuryrsctp.verifier.checks import default_pools, names, statuses
from kuryrsctp.verifier.checks.catalogue import CheckResult, check, fail, is_odd, ok, skip, warn
from kuryrsctp.verifier.checks.groups import vip_networks
from kuryrsctp.verifier.checks.targets import ListenerTarget
from kuryrsctp.verifier.report import Status
from kuryrsctp.verifier.security_groups import Admission, covered

_EVERYWHERE = {4: "0.0.0.0/0", 6: "::/0"}


@check(
    "listener-name",
    on=ListenerTarget,
    meaning="The listener has the name, or the tag, that its maker gives.",
    cause="It was made or renamed by hand.",
    remedy="rename it as its maker does",
)
def listener_name(target: ListenerTarget) -> CheckResult:
    """Compare with the maker's name."""
    return names.name(target, target.listener)


@check(
    "listener-protocol",
    on=ListenerTarget,
    meaning="The listener's protocol is SCTP.",
    cause="It is called SCTP but was made with another protocol, which cannot be changed.",
    remedy="if the port has to be SCTP, the listener and its pool have to be made again: a protocol"
    " cannot be changed",
)
def listener_protocol(target: ListenerTarget) -> CheckResult:
    """Check the protocol."""
    return names.protocol(target.listener.protocol)


@check(
    "listener-port",
    on=ListenerTarget,
    meaning="The listener's port is the one in its name, if its name has one.",
    cause="The listener was made by hand, or the Service's port has changed since.",
    remedy="compare with `kubectl get service -n <namespace> <name>`",
)
def listener_port(target: ListenerTarget) -> CheckResult:
    """Compare the port with the name's."""
    port = target.listener.protocol_port
    named = target.maker.listener_port(target.listener.name)
    return ok(str(port)) if named in (None, port) else fail(f"{port}, but the name says {named}")


@check(
    "listener-admin-state",
    on=ListenerTarget,
    meaning="The listener is switched on.",
    cause="It was switched off by hand.",
    remedy="`openstack loadbalancer listener set --enable <ID>`",
)
def listener_admin_state(target: ListenerTarget) -> CheckResult:
    """Check the administrative state."""
    return statuses.admin_state(target)


@check(
    "listener-status",
    on=ListenerTarget,
    tells_deletion=True,
    meaning="Octavia has finished the last change to the listener, and sees it working.",
    cause="A change is under way or has failed, or the provider does not report.",
    remedy="see whether `openstack kuryr sctp probe <service>` gets through, and ask the cloud's"
    " operator about the provider",
)
def listener_status(target: ListenerTarget) -> CheckResult:
    """Check both statuses."""
    return statuses.both(target)


@check(
    "listener-allowed-cidrs",
    on=ListenerTarget,
    meaning="Which clients the listener admits; without a list, all. With --source, whether it"
    " admits these.",
    cause="The maker passes on what the Service or a NetworkPolicy allows; or it was set by hand.",
    remedy="check that the clients' addresses are in the list",
)
def listener_allowed_cidrs(target: ListenerTarget) -> CheckResult:
    """Tell who is admitted, and check it if the user says where the clients are."""
    cidrs, source = target.listener.allowed_cidrs, target.snapshot.expected.source
    if not cidrs:
        return ok("all clients" if target.listener.admin_state_up else "no list")
    listed = ", ".join(cidrs)
    only = f"all clients ({listed})" if _admits_all(target) else f"only {listed}"
    if why := target.allowed_cidrs_unapplied:
        return ok(f"{only}, which is not applied: {why}")
    if source is None:
        networks = frozenset(map(str, vip_networks(target)))
        isolation = target.maker.isolation(frozenset(cidrs), networks)
        if isolation:
            return warn(f"{only}, {isolation}")
        closed = _closed_vips(target)
        return warn(f"{only}: no client reaches VIP {' and '.join(closed)}") if closed else ok(only)
    try:
        admitted = covered(cidrs, source)
    except ValueError:
        return skip(f"{only}, which is not a list of networks")
    if admitted is Admission.ALL:
        return ok(only)
    if admitted is Admission.SOME:
        return warn(f"{only}: not all of {source}")
    return fail(f"{only}: not {source}")


def _closed_vips(target: ListenerTarget) -> list[str]:
    """Return the VIPs of whose family the listener admits no client."""
    versions = {6 if ":" in cidr else 4 for cidr in target.listener.allowed_cidrs}
    return [vip.address for vip in target.load_balancer.vips if vip.version not in versions]


def _admits_all(target: ListenerTarget) -> bool:
    """Tell whether the allowed CIDRs are those of all clients, of each VIP's family."""
    everywhere = (_EVERYWHERE.get(vip.version, "") for vip in target.load_balancer.vips)
    return all(cidr in target.listener.allowed_cidrs for cidr in everywhere)


@check(
    "listener-timeouts",
    on=ListenerTarget,
    meaning="How long the listener keeps an idle connection, if the provider applies it.",
    cause="Annotations of the Service.",
    remedy="none is needed: 0 stands for Octavia's default",
)
def listener_timeouts(target: ListenerTarget) -> CheckResult:
    """Tell the timeouts; SCTP's own heartbeats keep an association from being idle."""
    listener = target.listener
    client, member = (
        f"{timeout} ms" if timeout else "default"
        for timeout in (listener.timeout_client_data, listener.timeout_member_data)
    )
    return ok(f"client {client}, member {member}{_unapplied(target.provider)}")


def _unapplied(provider: Provider) -> str:
    """Say that a provider does not apply timeouts, or that this is not known."""
    if provider.heeds_timeouts is None:
        return f"; whether {provider.title} applies them is not known"
    return "" if provider.heeds_timeouts else f", which {provider.title} does not apply"


@check(
    "listener-connection-limit",
    on=ListenerTarget,
    when=lambda target: target.listener.connection_limit >= 0,
    meaning="How many connections the listener takes at a time. Only told where there is a limit.",
    cause="It was set by hand, or by the maker for an annotation of the Service.",
    remedy="none is needed, if the limit is meant",
)
def listener_connection_limit(target: ListenerTarget) -> CheckResult:
    """Tell the limit, and what it limits with this provider."""
    limit, scope = target.listener.connection_limit, target.provider.connection_limit
    if limit == 0 and target.provider.takes_0_for_no_limit:
        return ok(f"0, which {target.provider.title} takes for no limit")
    return ok(
        f"{limit}, {scope}" if scope else f"{limit}; how the provider applies it is not known"
    )


@check(
    "pool-exists",
    on=ListenerTarget,
    meaning="The listener hands associations to a pool.",
    cause="Making the pool failed.",
    remedy="see the log of what made the load balancer",
)
def pool_exists(target: ListenerTarget) -> CheckResult:
    """Look for the default pool."""
    pool = target.listener.pool
    if pool is not None:
        return ok(pool.name or pool.id)
    if target.listener.default_pool_id:
        # Octavia's listeners have no IDs of pools that are gone: it came or went between requests.
        return statuses.not_yet("its pool was made or deleted while it was read")
    result = statuses.missing(target, f"no pool: {target.provider.missing_pool}")
    # What makers do to bring a pool back may cost the traffic of every port.
    is_sure = result.status is Status.FAIL
    return replace(result, hint=default_pools.of_missing(target)) if is_sure else result


@check(
    "listener-pool",
    on=ListenerTarget,
    when=lambda target: is_odd(default_pools.judge(target)),
    meaning="The pool that the listener uses is not another listener's. Only checked where names"
    " or tags tell that it may be.",
    cause="It was given to the listener by hand, or the listener was made by hand.",
    remedy="give the listener its own pool: `openstack loadbalancer listener set --default-pool"
    " <pool> <listener>`",
)
def listener_pool(target: ListenerTarget) -> CheckResult:
    """Compare the names of the pool and of the listeners."""
    return default_pools.judge(target)
