# SPDX-License-Identifier: Apache-2.0

"""What a pool's health monitor asks, and what the statuses tell that come of it."""

from collections.abc import Sequence

from kuryrsctp.model import HealthMonitor, Member, Part, is_leaving
from kuryrsctp.verifier.checks import ages
from kuryrsctp.verifier.checks.catalogue import CheckResult, fail, ok, skip, warn
from kuryrsctp.verifier.checks.targets import MemberTarget, PoolTarget
from kuryrsctp.verifier.snapshot import unasked_ports

LOCAL = "externalTrafficPolicy Local"

# The type that can ask a node whether it has a pod of the Service: kube-proxy answers over plain
# HTTP, on the Service's healthCheckNodePort, and takes TCP connections whether there is one or not.
_TYPE_FOR_NODES = "HTTP"

_MAX_NAMES = 3

_ONE_PORT = (
    "compare the members' monitor_port with healthCheckNodePort of the Service (`kubectl get"
    " service -n <namespace> <name> -o yaml`)"
)
_NO_MONITOR = (
    f"if the Service has {LOCAL}, nodes without a pod of it get associations, too, until there is a"
    " health monitor: see the log of what made the load balancer"
)
LEFT_OVER = (
    "nothing is known to be wrong: `openstack kuryr sctp probe <service>` tells what answers"
)
_UNEXPLAINED = (
    "see whether `openstack kuryr sctp probe <service>` gets through, and ask the cloud's operator"
    " about the provider"
)
_NOT_SCTP = (
    "the monitor does not ask over SCTP: `openstack kuryr sctp probe <service> --via members` tells"
    " whether the member answers; then find out who made the monitor"
)


def health_port(target: PoolTarget, member: Member) -> int | None:
    """Return the port on which a member's node is asked for pods, None if it is not."""
    monitor, port = target.monitor, member.monitor_port
    if monitor is None or monitor.type != _TYPE_FOR_NODES or port == member.protocol_port:
        return None
    return port


def health_ports(target: PoolTarget) -> list[int]:
    """Return the ports on which the nodes of a pool are asked for pods, in order."""
    ports = {health_port(target, member) for member in target.pool.members}
    return sorted(port for port in ports if port)


def of_no_monitor(target: PoolTarget) -> CheckResult:
    """Say whether a health monitor is missing: members may have a port for its question."""
    ports = unasked_ports(target.pool)
    if not ports:
        return ok("none: Octavia does not know whether members answer")
    asked = " and ".join(map(str, ports))
    detail = f"none, but members have monitor_port {asked}: nothing asks there"
    return warn(detail, _NO_MONITOR, transient=True)


def of_monitor(target: PoolTarget, monitor: HealthMonitor) -> CheckResult:
    """Say what a health monitor asks, and what that tells."""
    ports = health_ports(target)
    if not ports:
        return _of_type(target, monitor.type)
    asked = f"{monitor.type} on {' and '.join(map(str, ports))}"
    others = [m.name or m.id for m in target.pool.members if health_port(target, m) is None]
    if others:
        return warn(f"{asked}, but for {_listed(others)} on the port for SCTP", _ONE_PORT)
    if len(ports) > 1:
        return warn(f"{asked}: a Service has only one healthCheckNodePort", _ONE_PORT)
    return ok(f"{asked}, as for {LOCAL}")


def _of_type(target: PoolTarget, kind: str) -> CheckResult:
    """Say what a health monitor tells that asks no node for pods."""
    provider = target.provider
    if kind != "SCTP":
        return warn(_meaning(target, kind))
    if provider.monitors is not None and kind not in provider.monitors:
        return warn(f"SCTP, which {provider.title} does not support")
    return ok("SCTP")


def _meaning(target: PoolTarget, kind: str) -> str:
    """Say what a health monitor tells that asks members, but not over SCTP."""
    if target.provider.monitor_meaning:
        return f"{kind}: {target.provider.monitor_meaning}"
    if kind == "PING":
        return "PING: it tells whether the member's host is up, not whether SCTP is answered"
    if kind == "UDP-CONNECT":
        return "UDP-CONNECT: it tells whether UDP is refused, not whether SCTP is answered"
    ports = {member.monitor_port or member.protocol_port for member in target.pool.members}
    if ports and ports.isdisjoint(member.protocol_port for member in target.pool.members):
        asked = " and ".join(map(str, sorted(ports)))
        return f"{kind} on {asked}: it does not tell whether SCTP is answered"
    return (
        f"{kind}: it does not tell whether SCTP is answered, and fails where only SCTP is answered"
    )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    return ", ".join(names[:_MAX_NAMES]) + more


def of_member(target: MemberTarget) -> CheckResult:
    """Say what it means that a member is in ERROR."""
    if (meaningless := _meaningless(target)) is not None:
        return meaningless
    if target.monitor is None:
        return warn("what the health monitor asks is not visible", LEFT_OVER)
    port = health_port(target, target.member)
    if port is None:
        if target.monitor.type == "SCTP":
            return fail("the health monitor does not reach it")
        asked = f"{target.monitor.type}, not SCTP"
        return fail(f"the health monitor does not reach it, and asks {asked}", _NOT_SCTP)
    if _is_any_online(target):
        return skip(
            f"the node has no ready pod of the Service, as for {LOCAL}, or does not answer on"
            f" {port}"
        )
    return _no_node(target)


def of_pool(target: PoolTarget) -> CheckResult:
    """Say what it means that a pool is in ERROR or DEGRADED."""
    if (meaningless := _meaningless(target)) is not None:
        return meaningless
    in_error = [member for member in _used(target) if member.operating_status == "ERROR"]
    is_degraded = target.pool.operating_status == "DEGRADED"
    if target.monitor and not in_error and (is_degraded or _is_any_online(target)):
        return _unlike_members(target)
    if in_error and all(health_port(target, member) for member in in_error):
        if _is_any_online(target):
            ports = " and ".join(map(str, health_ports(target)))
            return skip(
                f"some nodes have no ready pod of the Service, as for {LOCAL}, or do not answer on"
                f" {ports}"
            )
        return _no_node(target)
    if target.pool.operating_status == "ERROR":
        return fail("the health monitor reaches none of its members")
    return warn("the health monitor reaches only some of its members")


def _unlike_members(target: PoolTarget) -> CheckResult:
    """Say what a pool's status means that those of the members in use do not explain."""
    members, now = target.pool.members, target.snapshot.now
    if any(member.operating_status == "ERROR" for member in members):
        return skip("only by members that get no association")
    detail = "no member explains it"
    parts: tuple[Part, ...] = (target.pool, *members)
    if any(ages.is_fresh(part, now) for part in parts):
        # The pool was read before its members.
        return skip(f"{detail}, but a status changed a moment ago", transient=True)
    say = fail if target.pool.operating_status == "ERROR" else warn
    return say(detail, _UNEXPLAINED)


def left_over(target: PoolTarget) -> CheckResult | None:
    """Say that a status is likely from a health monitor that asks no more; None if one asks."""
    if target.pool.health_monitor_id is None:
        return warn("likely left over, as the pool has no health monitor", LEFT_OVER)
    if target.monitor and not target.monitor.admin_state_up:
        return warn("likely left over, as the health monitor is switched off", LEFT_OVER)
    return None


def _meaningless(target: PoolTarget) -> CheckResult | None:
    """Say why a status does not tell how members are; None if it does."""
    if (result := left_over(target)) is not None:
        return result
    monitor, title = target.monitor, target.provider.title
    if monitor is None:
        return None
    if ages.is_changing(monitor, target.snapshot.now) and is_leaving(monitor):
        return skip("the health monitor is being deleted", transient=True)
    if monitor.type in target.provider.misleading_monitors:
        told = f"with a monitor of type {monitor.type} {title} reports this also where all is well"
        return warn(told, _NOT_SCTP)
    return None


def _no_node(target: PoolTarget) -> CheckResult:
    """Say that no node is known to have a pod."""
    ports = " and ".join(map(str, health_ports(target)))
    kind = target.monitor.type if target.monitor else ""
    hint = (
        "check that a pod of the Service is ready (`kubectl get endpoints,pods -n <namespace>"
        f" -o wide`), and that the nodes' security group admits TCP {ports} (healthCheckNodePort of"
        " the Service) from the load balancer"
    )
    if all(member.operating_status == "ERROR" for member in _used(target)):
        return fail(f"no node has a ready pod of the Service, or {kind} on {ports} fails", hint)
    return warn("no node is known to have a ready pod of the Service", hint)


def _used(target: PoolTarget) -> list[Member]:
    """Return the members that get associations as far as they are well."""
    weight_of = target.provider.weight_of
    return [member for member in target.pool.members if weight_of(member)]


def _is_any_online(target: PoolTarget) -> bool:
    return any(member.operating_status == "ONLINE" for member in _used(target))
