# SPDX-License-Identifier: Apache-2.0

"""A stand-in for the nodes of a cluster with kube-proxy: node ports lead to pods.

``python -m tests.support.lab.guest.stand_in_proxy WANTED`` makes the nodes and the way from their
ports to pods, as JSON says::

    {"nodes": {"worker-1": "10.0.1.11"},
     "ports": [{"protocol": "SCTP", "port": 30090, "targets": ["10.244.1.2:9090"]}]}

Like kube-proxy's mode `ipvs` it uses the kernel's load balancer, each node in turn over all pods:
the traffic policy Cluster. There is no kube-proxy, no kubelet and no container.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.lab.guest import network, plugging, system

_OPTIONS = {"SCTP": "--sctp-service", "TCP": "--tcp-service", "UDP": "--udp-service"}


def follow(nodes: Mapping[str, str], ports: Sequence[Mapping[str, Any]]) -> None:
    """Let each node lead each port to its targets, and nothing else.

    Raises GuestError when the kernel refuses.
    """
    for node, address in nodes.items():
        if not (system.NAMESPACES / node).exists():
            plugging.add_host(node, address)
            with system.inside(node):
                network.balance("eth0")
        with system.inside(node):
            system.call(["ipvsadm", "--clear"])
            system.call(["ipvsadm", "--restore"], _rules(address, ports))


def _rules(address: str, ports: Sequence[Mapping[str, Any]]) -> str:
    lines = []
    for port in ports:
        service = f"{_OPTIONS[port['protocol']]} {address}:{port['port']}"
        lines.append(f"-A {service} -s rr")
        lines += [f"-a {service} -r {target} -m" for target in port["targets"]]
    return "\n".join([*lines, ""])


def main() -> int:
    """Follow what the argument wants; return an exit status."""
    wanted = json.loads(sys.argv[1])
    return system.exit_status(lambda: follow(wanted["nodes"], wanted["ports"]))


if __name__ == "__main__":
    sys.exit(main())
