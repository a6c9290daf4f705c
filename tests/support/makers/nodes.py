# SPDX-License-Identifier: Apache-2.0

"""Adds, changes and deletes the nodes of a cluster, and makes them as they were."""

from collections.abc import Mapping

from tests.support.makers.kubernetes_api import KubernetesApi
from tests.support.makers.stand_in_kubelet import node_status, register_node

_OWN_LABEL = "kubernetes.io/hostname"


def change(
    api: KubernetesApi,
    name: str,
    *,
    address: str = "",
    labels: Mapping[str, str] | None = None,
    ready: bool | None = None,
    gone: bool = False,
) -> None:
    """Add a node that has an address here, or change or delete one that is there."""
    if gone:
        api.delete("Node", name)
    elif api.get("Node", name) is None:
        register_node(api, name, address, labels or {})
    else:
        if labels:
            api.patch("Node", name, {"metadata": {"labels": dict(labels)}})
        if ready is not None or address:
            found = address or _address_of(api, name)
            status = node_status(name, found, is_ready=ready is not False)
            api.patch("Node", name, {"status": status}, sub="/status")


def restore(api: KubernetesApi, nodes: Mapping[str, str]) -> None:
    """Let a cluster have these nodes, by their addresses, ready and without further labels."""
    for found in api.list("Node", None):
        meta = found["metadata"]
        if meta["name"] not in nodes:
            api.delete("Node", meta["name"])
            continue
        more = {label: None for label in meta["labels"] if label != _OWN_LABEL}
        api.patch("Node", meta["name"], {"metadata": {"labels": more}})
    for name, address in nodes.items():
        change(api, name, address=address, ready=True)


def _address_of(api: KubernetesApi, name: str) -> str:
    node = api.get("Node", name)
    assert node
    addresses = node["status"]["addresses"]
    return next(str(each["address"]) for each in addresses if each["type"] == "InternalIP")
