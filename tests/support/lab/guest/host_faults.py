# SPDX-License-Identifier: Apache-2.0

"""Breaks the way to a pod, or to the load balancers, where no router of the machine is on it.

A pod breaks its own way, and the client its way to every VIP. What the filters of these hosts hold
is nothing else.
"""

from tests.support.lab import topology
from tests.support.lab.guest import system
from tests.support.lab.guest.packet_faults import REJECT_TYPES

# Neighbours find each other on their link, which is not broken.
_NEIGHBOURS = (
    *("router-solicitation", "router-advertisement"),
    *("neighbour-solicitation", "neighbour-advertisement"),
)


def drop(target: str) -> None:
    """Lose every packet to and from the target without a word."""
    for family in (4, 6):
        _filter(target, family, "DROP", "DROP")


def reject(target: str, kind: str) -> None:
    """Answer every packet to and from the target with an ICMP error."""
    for family, name in ((4, kind), (6, REJECT_TYPES[kind])):
        answer = f"REJECT --reject-with {name}"
        if target == topology.AMPHORA:  # what comes from a VIP is for the client to miss
            _filter(target, family, "DROP", answer)
        else:
            _filter(target, family, answer, answer)


def restore(target: str) -> None:
    """Undo `drop` and `reject`."""
    for family in (4, 6):
        _filter(target, family)


def _filter(target: str, family: int, arriving: str = "", leaving: str = "") -> None:
    """Put the filter of the target's host in the place of the last one."""
    rules = []
    if family == 6:
        pass_on = "-p icmpv6 --icmpv6-type {} -j ACCEPT"
        rules += [
            f"{chain} {pass_on.format(kind)}"
            for chain in ("INPUT", "OUTPUT")
            for kind in _NEIGHBOURS
        ]
    host, source, destination = _where(target, family)
    if arriving:
        rules.append(f"INPUT -i eth0 {source} -j {arriving}")
    if leaving:
        # Errors that the host itself answers with have to leave.
        if target != topology.AMPHORA and arriving != "DROP":
            rules.append(f"OUTPUT -o eth0 -p {'icmp' if family == 4 else 'icmpv6'} -j ACCEPT")
        rules.append(f"OUTPUT -o eth0 {destination} -j {leaving}")
    lines = ["*filter", ":INPUT ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]"]
    lines += [f"-A {rule}" for rule in rules]
    program = "iptables-legacy-restore" if family == 4 else "ip6tables-legacy-restore"
    with system.inside(host):
        system.call([program], "\n".join([*lines, "COMMIT", ""]))


def _where(target: str, family: int) -> tuple[str, str, str]:
    """Return the host that filters, and what it says of source and destination."""
    if target != topology.AMPHORA:
        return target, "", ""
    network = topology.SERVICE_NETWORK
    prefix = f"{network.ipv4_gateway}/{network.ipv4_prefix}"
    if family == 6:
        prefix = f"{network.ipv6_gateway}/{network.ipv6_prefix}"
    return topology.CLIENT, f"-s {prefix}", f"-d {prefix}"
