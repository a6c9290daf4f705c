# SPDX-License-Identifier: Apache-2.0

"""Checks on what Neutron holds of the VIPs: their port, and floating IPs."""

from collections.abc import Iterable
from itertools import groupby

from kuryrsctp.model import FloatingIp, Port, Unreadable, Vip
from kuryrsctp.verifier.checks.catalogue import CheckResult, check, fail, ok, skip, warn
from kuryrsctp.verifier.checks.placeholders import word
from kuryrsctp.verifier.checks.targets import LoadBalancerTarget

_UNSERVED = "ask the cloud's operator about the router that leads to the VIP's subnet"
_NOT_IPV4 = "bind it to a port with an IPv4 address: an IPv4 floating IP leads to no IPv6 VIP"

# Owners of ports that are no load balancer's: a server, a trunk, a router, DHCP, a floating IP.
# Providers have names of their own, such as network:f5lbaasv2.
_FOREIGN_OWNERS = (
    "compute:",
    "baremetal:",
    "trunk:",
    "network:router",
    "network:dhcp",
    "network:floatingip",
)


@check(
    "vip-port",
    on=LoadBalancerTarget,
    meaning="Neutron has the port that holds the VIPs, or one for each, and nothing else has taken"
    " it.",
    cause="The port was deleted, the address was taken from it, or a server was given the port.",
    remedy="ask the cloud's operator to look at the load balancer in Octavia",
)
def vip_port(target: LoadBalancerTarget) -> CheckResult:
    """Look for each port by ID, addresses and owner."""
    ports, load_balancer = target.snapshot.network.ports, target.load_balancer
    if isinstance(ports, Unreadable):
        return skip(ports.reason)
    for port_id, group in groupby(load_balancer.vips, key=lambda vip: vip.port_id):
        vips = [vip.address for vip in group]
        port = next((port for port in ports if port.id == port_id), None)
        if port is None:
            return _absent(target, f"no port {port_id} that holds {', '.join(vips)}", ports)
        missing = [address for address in vips if address not in port.addresses]
        if missing:
            return fail(f"port {port.id} does not hold {', '.join(missing)}")
        if port.owner.startswith(_FOREIGN_OWNERS):
            return fail(f"taken by {port.owner}: its packets do not reach the load balancer")
    return ok(f"holds {', '.join(vip.address for vip in load_balancer.vips)}")


def _absent(target: LoadBalancerTarget, absent: str, ports: Iterable[Port]) -> CheckResult:
    project = target.load_balancer.project_id
    # Neutron does not refuse a list to those without rights: it leaves out what they may not see.
    if all(port.project_id != project for port in ports):
        return skip(f"{absent} is visible: these credentials see no port of project {project}")
    return fail(absent)


@check(
    "floating-ip",
    on=LoadBalancerTarget,
    meaning="A floating IP on a port of the VIPs leads to a VIP, and is active.",
    cause="It was bound by hand to another address of the port; or no router or agent serves it.",
    remedy="bind it again: `openstack floating ip unset --port <floating IP>`, then `openstack"
    " floating ip set --port <VIP port> --fixed-ip-address <VIP> <floating IP>`",
)
def floating_ip(target: LoadBalancerTarget) -> CheckResult:
    """Check the floating IPs, if there are any."""
    floating_ips, vips = target.snapshot.network.floating_ips, target.load_balancer.vips
    if isinstance(floating_ips, Unreadable):
        return skip(floating_ips.reason)
    holders = {vip.port_id for vip in vips}
    own = [bound for bound in floating_ips if bound.port_id in holders]
    addresses = [vip.address for vip in vips]
    for bound in own:
        if bound.fixed_address not in addresses:
            hint = _binding(bound, target) if any(vip.version == 4 for vip in vips) else _NOT_IPV4
            return fail(
                f"{bound.address} leads to {bound.fixed_address}, not to the VIP"
                f" {' or '.join(addresses)}",
                hint,
            )
        if bound.status == "ERROR":
            return fail(f"{bound.address} is in ERROR", _UNSERVED)
        if bound.status != "ACTIVE":
            return warn(f"{bound.address} is {bound.status}, expected ACTIVE", _UNSERVED)
    if own:
        return ok(", ".join(f"{bound.address}, to {bound.fixed_address}" for bound in own))
    why = target.maker.needs_floating_ip(target.load_balancer)
    if why and any(vip.version == 4 for vip in vips):
        port = word(_first_of_ipv4(target).port_id, "VIP port")
        hint = f"give it one: `openstack floating ip create --port {port} <external network>`"
        return warn(f"none; {why}", hint)
    when = target.maker.no_floating_ip
    return ok(f"none; {when}" if when else "none")


def _binding(bound: FloatingIp, target: LoadBalancerTarget) -> str:
    """Return the commands that let a floating IP lead to the first VIP that it can lead to.

    Neutron refuses another address of the same port until the floating IP has left that port.
    """
    vip = _first_of_ipv4(target)
    port, floating_ip = word(vip.port_id, "VIP port"), word(bound.id, "ID")
    return (
        f"`openstack floating ip unset --port {floating_ip}`, then `openstack floating ip set"
        f" --port {port} --fixed-ip-address {vip.address} {floating_ip}`"
    )


def _first_of_ipv4(target: LoadBalancerTarget) -> Vip:
    return next(vip for vip in target.load_balancer.vips if vip.version == 4)


def port_of_vips(target: LoadBalancerTarget) -> Port | None:
    """Return the port that holds the main VIP, None if it is not visible."""
    ports = target.snapshot.network.ports
    if isinstance(ports, Unreadable):
        return None
    port_id = target.load_balancer.vip_port_id
    return next((port for port in ports if port.id == port_id), None)
