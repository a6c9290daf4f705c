# SPDX-License-Identifier: Apache-2.0

"""Breaks the way to a pod, or to the load balancer, and mends it again.

The router sends what belongs to each target through a chain of its own, which is empty while
nothing is broken.
"""

from collections.abc import Sequence

from tests.support.lab import topology
from tests.support.lab.guest import system

REJECT_TYPES = {
    # iptables' name: ip6tables' nearest
    "icmp-port-unreachable": "icmp6-port-unreachable",
    "icmp-proto-unreachable": "icmp6-port-unreachable",
    "icmp-host-unreachable": "icmp6-addr-unreachable",
    "icmp-net-unreachable": "icmp6-no-route",
    "icmp-host-prohibited": "icmp6-adm-prohibited",
    "icmp-net-prohibited": "icmp6-adm-prohibited",
    "icmp-admin-prohibited": "icmp6-adm-prohibited",
}
DEFAULT_REJECT = "icmp-admin-prohibited"


def prepare(pods: Sequence[topology.Pod]) -> None:
    """Make the chains, one for each pod and one for the way from the clients to the amphora."""
    arriving = f"-i {topology.CLIENT_NETWORK.name} -o {topology.SERVICE_NETWORK.name}"
    leaving = f"-i {topology.SERVICE_NETWORK.name} -o {topology.CLIENT_NETWORK.name}"
    for family in (4, 6):
        chains = [_chain(topology.AMPHORA)]
        rules = [f"{arriving} -j {chains[0]}", f"{leaving} -j {chains[0]}"]
        for pod in pods:
            address = pod.ipv4 if family == 4 else pod.ipv6
            chains.append(_chain(pod.name))
            rules += [f"-d {address} -j {chains[-1]}", f"-s {address} -j {chains[-1]}"]
        _restore(family, chains, [f"FORWARD {rule}" for rule in rules])


def drop(target: str) -> None:
    """Lose every packet to and from the target without a word."""
    for family in (4, 6):
        _restore(family, [_chain(target)], [f"{_chain(target)} -j DROP"])


def reject(target: str, kind: str) -> None:
    """Answer every packet to and from the target with an ICMP error."""
    for family, name in ((4, kind), (6, REJECT_TYPES[kind])):
        _restore(family, [_chain(target)], [f"{_chain(target)} -j REJECT --reject-with {name}"])


def restore(target: str) -> None:
    """Undo `drop` and `reject`."""
    for family in (4, 6):
        _restore(family, [_chain(target)], [])


def _chain(target: str) -> str:
    return f"to-{target[-20:]}"  # a chain's name has 28 characters at most


def _restore(family: int, chains: Sequence[str], rules: Sequence[str]) -> None:
    lines = ["*filter", *(f":{chain} - [0:0]" for chain in chains)]
    lines += [f"-A {rule}" for rule in rules]
    program = "iptables-legacy-restore" if family == 4 else "ip6tables-legacy-restore"
    with system.inside(topology.ROUTER):
        system.call([program, "--noflush"], "\n".join([*lines, "COMMIT", ""]))
