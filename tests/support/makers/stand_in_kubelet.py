# SPDX-License-Identifier: Apache-2.0

"""A stand-in for scheduler, kubelet, CNI and Neutron's agent: pods get an address, and "run".

No container runs. Whoever joins the cluster with a data path is told of each pod that begins to
run, and of each that is gone. The annotation ``lab/ready: "false"`` keeps a pod from being Ready.
"""

import itertools
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import requests

from tests.support.cloud import Cloud
from tests.support.makers.kubernetes_api import FROM_CACHE, KubernetesApi, Object

_POLL = 0.5  # seconds
READY_ANNOTATION = "lab/ready"


@dataclass(frozen=True)
class Pod:
    """A pod that runs: its namespace, name, node and address."""

    namespace: str
    name: str
    node: str
    address: str


Listener = Callable[[Pod], None]
Addresses = Callable[[Object], str | None]


def ignore(_: Pod) -> None:
    """Do without being told."""


@dataclass
class StandInKubelet:
    """Runs the pods of a cluster on its nodes; use it in a ``with`` statement.

    ``address_of`` returns a pod's address, None while it has none.
    """

    api: KubernetesApi
    nodes: Mapping[str, str]
    address_of: Addresses
    provider_ids: Mapping[str, str] = field(default_factory=dict)
    on_running: Listener = ignore
    on_gone: Listener = ignore
    running: dict[str, Pod] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stand-in kubelet", daemon=True)
        self._turn = itertools.cycle(self.nodes)

    def __enter__(self) -> "StandInKubelet":
        for name, address in self.nodes.items():
            register_node(self.api, name, address, provider_id=self.provider_ids.get(name))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(_POLL):
            try:
                self._look()
            except (requests.RequestException, OSError) as error:  # the API server may be busy
                print(f"stand-in kubelet: {error}", file=sys.stderr)
            except Exception:
                traceback.print_exc()

    def _look(self) -> None:
        pods = self.api.list("Pod", None, **FROM_CACHE)
        for pod in pods:
            self._follow(pod)
        present = {pod["metadata"]["uid"] for pod in pods}
        for uid in self.running.keys() - present:
            self.on_gone(self.running.pop(uid))

    def _follow(self, pod: Object) -> None:
        meta, status = pod["metadata"], pod["status"]
        if "deletionTimestamp" in meta:
            self.api.delete("Pod", meta["name"], meta["namespace"], gracePeriodSeconds=0)
        elif not pod["spec"].get("nodeName"):
            self._bind(meta)
        elif status.get("podIP") is None:
            address = self.address_of(pod)
            if address:
                self._begin(pod, address)
        elif _should_be_ready(meta) != _is_ready(status):
            self._report(pod, status["podIP"])

    def _bind(self, meta: Object) -> None:
        target = {"apiVersion": "v1", "kind": "Node", "name": next(self._turn)}
        body = {"metadata": {"name": meta["name"]}, "target": target}
        self.api.create("Pod", body, meta["namespace"], f"/{meta['name']}/binding")

    def _begin(self, pod: Object, address: str) -> None:
        meta = pod["metadata"]
        begun = Pod(meta["namespace"], meta["name"], pod["spec"]["nodeName"], address)
        self.running[meta["uid"]] = begun
        self.on_running(begun)
        self._report(pod, address)

    def _report(self, pod: Object, address: str) -> None:
        meta = pod["metadata"]
        state = "True" if _should_be_ready(meta) else "False"
        now = _now()
        kinds = ("Initialized", "Ready", "ContainersReady", "PodScheduled")
        status: dict[str, Any] = {
            "phase": "Running",
            "podIP": address,
            "podIPs": [{"ip": address}],
            "hostIP": self.nodes[pod["spec"]["nodeName"]],
            "startTime": now,
            "conditions": [
                {"type": kind, "status": state, "lastTransitionTime": now} for kind in kinds
            ],
            "containerStatuses": [_container(spec, state) for spec in pod["spec"]["containers"]],
        }
        self.api.patch("Pod", meta["name"], {"status": status}, meta["namespace"], "/status")


def _container(spec: Object, state: str) -> Object:
    return {
        "name": spec["name"],
        "image": spec["image"],
        "imageID": "",
        "ready": state == "True",
        "restartCount": 0,
        "state": {"running": {"startedAt": _now()}},
    }


def _should_be_ready(meta: Object) -> bool:
    return bool(meta.get("annotations", {}).get(READY_ANNOTATION) != "false")


def _is_ready(status: Object) -> bool:
    conditions = status.get("conditions", [])
    return any(found["type"] == "Ready" and found["status"] == "True" for found in conditions)


def register_node(
    api: KubernetesApi,
    name: str,
    address: str,
    labels: Mapping[str, str] | None = None,
    provider_id: str | None = None,
) -> None:
    """Register a node that is ready, together with its address.

    The service controller looks at a new node once: without an address it would get no member.
    """
    status = node_status(name, address)
    meta = {"name": name, "labels": {"kubernetes.io/hostname": name, **(labels or {})}}
    spec = {"providerID": provider_id} if provider_id else {}
    body = {"apiVersion": "v1", "kind": "Node", "metadata": meta, "spec": spec, "status": status}
    api.create("Node", body)
    api.patch("Node", name, {"status": status}, sub="/status")


def node_status(name: str, address: str, *, is_ready: bool = True) -> Object:
    """Return a node's status, without an address where that is empty."""
    internal = [{"type": "InternalIP", "address": address}] if address else []
    ready = {"type": "Ready", "status": str(is_ready), "reason": "Lab", "message": "stand-in"}
    return {
        "addresses": [*internal, {"type": "Hostname", "address": name}],
        "conditions": [ready | _times()],
    }


def _times() -> dict[str, str]:
    return {"lastHeartbeatTime": _now(), "lastTransitionTime": _now()}


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def addresses_of_kuryr(api: KubernetesApi, cloud: Cloud) -> Addresses:
    """Return what plugs a pod as Neutron's agent would, and reads the address Kuryr gave it."""

    def address_of(pod: Object) -> str | None:
        meta = pod["metadata"]
        port = api.get("KuryrPort", meta["name"], meta["namespace"]) or {}
        vif = (port.get("status", {}).get("vifs") or {}).get("eth0", {}).get("vif")
        if not vif:
            return None
        data = vif["versioned_object.data"]
        plugged = "UPDATE ports SET status = 'ACTIVE' WHERE id = ? AND status != 'ACTIVE'"
        cloud.sql("neutron", plugged, [data["id"]])
        return _first_address(data) if data.get("active") else None

    return address_of


def _first_address(vif: Object) -> str:
    """Return the first address in the data of a VIF, as os-vif serialises it."""
    subnets = vif["network"]["versioned_object.data"]["subnets"]
    (subnet, *_) = subnets["versioned_object.data"]["objects"]
    (address, *_) = subnet["versioned_object.data"]["ips"]["versioned_object.data"]["objects"]
    return str(address["versioned_object.data"]["address"])


def addresses_of_nodes(nodes: Sequence[str]) -> Addresses:
    """Return what gives each pod the next address of its node's own range."""
    counters = {node: itertools.count(2) for node in nodes}

    def address_of(pod: Object) -> str:
        node = pod["spec"]["nodeName"]
        return f"10.244.{list(nodes).index(node) + 1}.{next(counters[node])}"

    return address_of
