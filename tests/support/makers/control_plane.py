# SPDX-License-Identifier: Apache-2.0

"""Real Kubernetes without nodes: one etcd, and for each cluster an API server and controllers."""

import contextlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.support.makers.kubernetes_api import KubernetesApi, wait_for
from tests.support.makers.programs import Programs
from tests.support.makers.running import Program, free_port, plain_environ

TOKEN = "lab-only"  # the servers listen on the loopback, with data nobody needs
_START_TIMEOUT = 120.0  # seconds, on a machine that has other work
_CONTROLLERS = (
    "deployment-controller",
    "endpoints-controller",
    "endpointslice-controller",
    "endpointslice-mirroring-controller",
    "garbage-collector-controller",
    "namespace-controller",
    "replicaset-controller",
)
# The API server publishes no endpoint of its own; the address only has to be one.
_ADVERTISED = "192.0.2.250"


@dataclass(frozen=True)
class Cluster:
    """A Kubernetes cluster: its name, its API, and the file with which a client finds it."""

    name: str
    api: KubernetesApi
    kubeconfig: Path


@contextlib.contextmanager
def etcd(programs: Programs, state: Path) -> Iterator[str]:
    """Run etcd on free ports; yield its URL."""
    client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    options = {
        "--data-dir": state / "etcd",
        "--listen-client-urls": client,
        "--advertise-client-urls": client,
        "--listen-peer-urls": peer,
        "--initial-advertise-peer-urls": peer,
        "--initial-cluster": f"default={peer}",
        "--log-level": "warn",
    }
    # Nothing here has to outlive the machine, and each write would wait for its disk.
    argv = [programs["etcd"], *_words(options), "--unsafe-no-fsync"]
    program = Program.start(argv, state / "etcd.log", plain_environ())
    try:
        program.wait_until(lambda: _is_healthy(client), _START_TIMEOUT)
        yield client
    finally:
        program.stop()


def _is_healthy(url: str) -> bool:
    with contextlib.suppress(requests.RequestException), requests.Session() as session:
        session.trust_env = False
        return session.get(f"{url}/health", timeout=5).ok
    return False


@contextlib.contextmanager
def cluster(
    programs: Programs, state: Path, etcd_url: str, name: str, service_cidr: str
) -> Iterator[Cluster]:
    """Run a cluster's API server and controllers; its keys in etcd begin with its name."""
    directory = state / name
    directory.mkdir(parents=True, exist_ok=True)
    key, tokens = directory / "service-accounts.key", directory / "tokens.csv"
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    tokens.write_text(f"{TOKEN},admin,admin,system:masters\n")
    port = free_port()
    options = {
        "--etcd-servers": etcd_url,
        "--etcd-prefix": f"/{name}",
        "--bind-address": "127.0.0.1",
        "--advertise-address": _ADVERTISED,
        "--secure-port": port,
        "--cert-dir": directory / "certificates",
        "--service-cluster-ip-range": service_cidr,
        "--token-auth-file": tokens,
        "--authorization-mode": "RBAC",
        "--service-account-issuer": "https://kubernetes.default.svc",
        "--service-account-key-file": key,
        "--service-account-signing-key-file": key,
        "--endpoint-reconciler-type": "none",
        # Pods here need no account, and no controller takes a new node's taint away.
        "--disable-admission-plugins": "ServiceAccount,TaintNodesByCondition",
    }
    with contextlib.ExitStack() as stack:
        argv = [programs["kube-apiserver"], *_words(options)]
        server = Program.start(argv, directory / "kube-apiserver.log", plain_environ())
        stack.callback(server.stop)
        certificate = directory / "certificates" / "apiserver.crt"
        server.wait_until(certificate.exists, _START_TIMEOUT)
        api = KubernetesApi(f"https://127.0.0.1:{port}", TOKEN, certificate)
        server.wait_until(api.is_ready, _START_TIMEOUT)
        made = Cluster(name, api, _write_kubeconfig(directory, api.url, certificate))
        stack.callback(_controllers(programs, directory, made, key).stop)
        wait_for(
            f"the namespace default of {name}",
            lambda: api.get("Namespace", "default") is not None,
            _START_TIMEOUT,
        )
        yield made


def _controllers(programs: Programs, directory: Path, made: Cluster, key: Path) -> Program:
    options = {
        "--kubeconfig": made.kubeconfig,
        "--bind-address": "127.0.0.1",
        "--secure-port": free_port(),
        "--cert-dir": directory / "controller-certificates",
        "--service-account-private-key-file": key,
        "--controllers": ",".join(_CONTROLLERS),
        "--leader-elect": "false",
        "--concurrent-deployment-syncs": 2,
    }
    argv = [programs["kube-controller-manager"], *_words(options)]
    return Program.start(argv, directory / "kube-controller-manager.log", plain_environ())


def _words(options: dict[str, object]) -> list[str]:
    return [f"{name}={value}" for name, value in options.items()]


def _write_kubeconfig(directory: Path, url: str, certificate: Path) -> Path:
    """Write the client's configuration (JSON is YAML, and needs no library)."""
    path = directory / "kubeconfig"
    server = {"server": url, "certificate-authority": str(certificate)}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "lab", "cluster": server}],
        "users": [{"name": "admin", "user": {"token": TOKEN}}],
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "admin"}}],
        "current-context": "lab",
    }
    path.write_text(json.dumps(content, indent=2) + "\n")
    path.chmod(0o600)
    return path
