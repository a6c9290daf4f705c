# SPDX-License-Identifier: Apache-2.0

"""The Kubernetes API of the makers' lab: objects as dictionaries, read and written by path."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import requests
import yaml  # type: ignore[import-untyped]

TIMEOUT = 30.0  # seconds for one request
_POLL = 0.1  # seconds
_FRESH = 0.9  # seconds for which the versions of objects are not asked for again
Object = dict[str, Any]
Versions = dict[str, list[tuple[str, str]]]

_METADATA = {"Accept": "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"}
FROM_CACHE = {"resourceVersion": "0"}
"""Asks the API server for what it has at hand, without a question to etcd."""

# Where the objects of a kind live.
_PATHS = {
    "CustomResourceDefinition": "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "Endpoints": "/api/v1/namespaces/{}/endpoints",
    "Event": "/api/v1/namespaces/{}/events",
    "KuryrLoadBalancer": "/apis/openstack.org/v1/namespaces/{}/kuryrloadbalancers",
    "KuryrNetwork": "/apis/openstack.org/v1/namespaces/{}/kuryrnetworks",
    "KuryrPort": "/apis/openstack.org/v1/namespaces/{}/kuryrports",
    "Namespace": "/api/v1/namespaces",
    "NetworkPolicy": "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
    "Node": "/api/v1/nodes",
    "Pod": "/api/v1/namespaces/{}/pods",
    "Service": "/api/v1/namespaces/{}/services",
}


class KubernetesApi:
    """A cluster's API, as an administrator uses it."""

    def __init__(self, url: str, token: str, certificate: Path) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy leads to this machine's loopback
        self._session.headers["Authorization"] = f"Bearer {token}"
        self._session.verify = str(certificate)
        self._lock = threading.Lock()
        self._versions: dict[str, tuple[float, Versions]] = {}

    def is_ready(self) -> bool:
        """Tell whether it serves."""
        try:
            answer = self._session.get(f"{self.url}/readyz", timeout=TIMEOUT)
        except (requests.RequestException, OSError):
            return False
        return answer.status_code == 200

    def get(self, kind: str, name: str, namespace: str = "default") -> Object | None:
        """Return an object, None if there is none."""
        return self._call("GET", f"{_path(kind, namespace)}/{name}")

    def list(self, kind: str, namespace: str | None = "default", **query: str) -> list[Object]:
        """Return the objects of a kind in a namespace, or in all."""
        path = _path(kind, namespace)
        found = self._call("GET", path, params=query)
        return list(found["items"]) if found else []

    def versions(self, kind: str, namespace: str) -> Sequence[tuple[str, str]]:
        """Return the UID and the version of each object of a kind, as of a second ago at most.

        They are read for all namespaces at once: many ask, each second.
        """
        with self._lock:
            since, found = self._versions.get(kind, (0.0, {}))
            if time.monotonic() - since > _FRESH:
                since, found = time.monotonic(), self._all_versions(kind)
                self._versions[kind] = since, found
        return found.get(namespace, ())

    def _all_versions(self, kind: str) -> Versions:
        """Return the UID and the version of each object by its namespace, without its content."""
        answer = self._session.get(
            f"{self.url}{_path(kind, None)}", headers=_METADATA, params=FROM_CACHE, timeout=TIMEOUT
        )
        answer.raise_for_status()
        found: Versions = {}
        for part in answer.json()["items"] or ():
            meta = part["metadata"]
            version = meta["uid"], meta["resourceVersion"]
            found.setdefault(meta["namespace"], []).append(version)
        return found

    def apply(self, wanted: Object, namespace: str | None = None) -> Object:
        """Make an object, in a namespace where one is given, or change it to what it should be."""
        if namespace:
            wanted = {**wanted, "metadata": {**wanted["metadata"], "namespace": namespace}}
        kind, name = wanted["kind"], wanted["metadata"]["name"]
        path = _path(kind, wanted["metadata"].get("namespace", "default"))
        query = {"fieldManager": "lab", "force": "true"}
        made = self._call(
            "PATCH", f"{path}/{name}", wanted, kind="application/apply-patch+yaml", params=query
        )
        assert made
        return made

    def apply_all(self, wanted: Iterable[Object]) -> None:
        """Apply objects in their order."""
        for part in wanted:
            self.apply(part)

    def patch(
        self, kind: str, name: str, change: Object, namespace: str = "default", sub: str = ""
    ) -> Object | None:
        """Merge a change into an object or one of its subresources; None if it is gone."""
        path = f"{_path(kind, namespace)}/{name}{sub}"
        kind_of_patch = "application/merge-patch+json"
        return self._call("PATCH", path, change, kind=kind_of_patch)

    def create(self, kind: str, body: Object, namespace: str = "default", sub: str = "") -> None:
        """Make an object or a subresource of one, such as ``/pod/binding``; keep one that is."""
        self._call("POST", f"{_path(kind, namespace)}{sub}", body)

    def delete(self, kind: str, name: str, namespace: str = "default", **body: Any) -> None:
        """Delete an object; it may go later, or be gone already."""
        self._call("DELETE", f"{_path(kind, namespace)}/{name}", body or None)

    def _call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        kind: str = "application/json",
        params: dict[str, str] | None = None,
    ) -> Object | None:
        answer = self._session.request(
            method,
            f"{self.url}{path}",
            json=body,
            params=params,
            headers={"Content-Type": kind},
            timeout=TIMEOUT,
        )
        if answer.status_code == 404 or (answer.status_code == 409 and method == "POST"):
            return None
        if not answer.ok:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        found: Object = answer.json()
        return found


def _path(kind: str, namespace: str | None) -> str:
    pattern = _PATHS[kind]
    return pattern.replace("/namespaces/{}", "") if namespace is None else pattern.format(namespace)


def read_objects(path: Path) -> list[Object]:
    """Return the objects of a YAML file."""
    return [found for found in yaml.safe_load_all(path.read_text()) if found]


def wait_for(description: str, ready: Callable[[], bool], timeout: float) -> float:
    """Wait until something is true; return how many seconds that took.

    :param timeout: seconds.
    :raises TimeoutError: it did not become true.
    """
    started = time.monotonic()
    while not ready():
        if time.monotonic() - started > timeout:
            raise TimeoutError(f"not within {timeout:.0f} s: {description}")
        time.sleep(_POLL)
    return time.monotonic() - started
