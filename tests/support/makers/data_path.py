# SPDX-License-Identifier: Apache-2.0

"""The data path in a guest, which follows what a Kubernetes and a cloud of this host hold.

Octavia itself tells the amphora; see `tests.support.lab.follow_amphora`. This tells the rest: pods,
the ports of nodes, and floating IPs.
"""

import json
import threading
import traceback
from collections.abc import Mapping
from typing import Any

from tests.support.cloud import Cloud
from tests.support.lab import Lab, LabError, topology
from tests.support.makers.kubernetes_api import KubernetesApi
from tests.support.makers.stand_in_kubelet import Pod

_POLL = 0.3  # seconds
_TIMEOUT = 60.0  # seconds for one change
_FLOATING_IPS = (
    "SELECT floating_ip_address, fixed_ip_address FROM floatingips"
    " WHERE fixed_ip_address IS NOT NULL ORDER BY 1"
)


class Pods:
    """The pods of a cluster as namespaces of the guest, in which the demo's server runs."""

    def __init__(self, guest: Lab) -> None:
        self._guest = guest

    def plug(self, pod: Pod) -> None:
        """Make a pod that begins to run."""
        _tell(self._guest, "plugging", "plug", pod.name, pod.address)

    def unplug(self, pod: Pod) -> None:
        """Take a pod away that is gone."""
        _tell(self._guest, "plugging", "unplug", pod.name)


class Follower:
    """A thread that keeps the guest's nodes and router as the cluster and the cloud have them.

    Use it in a ``with`` statement. ``nodes`` maps the names of nodes to their addresses, and is
    empty where no load balancer leads to nodes.
    """

    def __init__(
        self, guest: Lab, api: KubernetesApi, nodes: Mapping[str, str], cloud: Cloud
    ) -> None:
        self._guest, self._api, self._nodes, self._cloud = guest, api, nodes, cloud
        self._told: dict[str, str] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="data path", daemon=True)

    def __enter__(self) -> "Follower":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(_TIMEOUT)

    def _run(self) -> None:
        while not self._stopping.wait(_POLL):
            try:
                self._look()
            except Exception:  # the API server may be busy, or on its way down
                if not self._stopping.is_set():
                    traceback.print_exc()

    def _look(self) -> None:
        self._follow("stand_in_router", dict(self._cloud.sql("neutron", _FLOATING_IPS)))
        if self._nodes:
            wanted = {"nodes": dict(self._nodes), "ports": node_ports(self._api)}
            self._follow("stand_in_proxy", wanted)

    def _follow(self, module: str, wanted: Mapping[str, Any]) -> None:
        text = json.dumps(wanted)
        if self._told.get(module) != text:
            _tell(self._guest, module, text)
            self._told[module] = text


def node_ports(api: KubernetesApi) -> list[dict[str, Any]]:
    """Return the ports that each node has for the Services of a cluster, and where they lead."""
    found = []
    for service in api.list("Service", None):
        meta = service["metadata"]
        endpoints = api.get("Endpoints", meta["name"], meta["namespace"]) or {}
        for port in service["spec"].get("ports", []):
            if "nodePort" in port:
                protocol = port.get("protocol", "TCP")
                targets = _targets(endpoints, port.get("name"), protocol)
                found.append({"protocol": protocol, "port": port["nodePort"], "targets": targets})
    return found


def _targets(endpoints: Mapping[str, Any], name: str | None, protocol: str) -> list[str]:
    """Return the ready addresses and ports of one port of a Service, in a lasting order."""
    return sorted(
        f"{address['ip']}:{port['port']}"
        for subset in endpoints.get("subsets", [])
        for port in subset["ports"]
        if (port.get("name"), port.get("protocol", "TCP")) == (name, protocol)
        for address in subset.get("addresses", [])
    )


def _tell(guest: Lab, module: str, *arguments: str) -> None:
    argv = ["/usr/bin/python3", "-S", "-m", f"tests.support.lab.guest.{module}", *arguments]
    done = guest.run(argv, ns=topology.ROOT, timeout=_TIMEOUT)
    if done.returncode != 0:
        raise LabError(done.stderr.strip())
