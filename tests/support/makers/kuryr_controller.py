# SPDX-License-Identifier: Apache-2.0

"""The real Kuryr over a cluster and a cloud: its account, its options, its process."""

import configparser
import json
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests
from openstack.connection import Connection

from tests.support import kuryr
from tests.support.cloud import Cloud, walkthrough
from tests.support.makers.control_plane import TOKEN, Cluster
from tests.support.makers.kubernetes_api import read_objects
from tests.support.makers.programs import Programs
from tests.support.makers.running import Program, free_port, plain_environ

SERVICE_CIDR = "10.0.0.128/27"
# Amphorae take their addresses from the subnet of the ClusterIPs: where Kubernetes gives out none.
_AMPHORAE = {"start": "10.0.0.160", "end": "10.0.0.189"}
_USER = "kuryr-controller"
_START_TIMEOUT = 120.0  # seconds, on a machine that has other work
_LAUNCHER = Path(__file__).with_name("kuryr_launcher.py")

HANDLERS = ("vif", "kuryrport", "service", "endpoints", "kuryrloadbalancer")
# What kuryr.conf needs for NetworkPolicies.
WITH_POLICIES = {
    "kubernetes.enabled_handlers": ",".join(
        (*HANDLERS, "pod_label", "policy", "kuryrnetworkpolicy")
    ),
    "kubernetes.pod_security_groups_driver": "policy",
    "kubernetes.service_security_groups_driver": "policy",
}


class Kuryr:
    """Kuryr's controller; its options can change from one start to the next."""

    def __init__(self, programs: Programs, cluster: Cluster, cloud: Cloud, state: Path) -> None:
        self._programs, self._cluster, self._cloud = programs, cluster, cloud
        self._state = state
        self.log = state / "kuryr.log"
        self._program: Program | None = None
        self._health_port = 0
        state.mkdir(parents=True, exist_ok=True)
        _prepare_cloud(cloud)
        cluster.api.apply_all(
            part for path in sorted(programs.kuryr_crds.iterdir()) for part in read_objects(path)
        )

    def start(self, options: Mapping[str, str] | None = None) -> None:
        """Start it, with options such as ``{"kubernetes.enabled_handlers": "service"}``."""
        self._health_port = free_port()
        wanted = self._options(self._health_port)
        for name, value in (options or {}).items():
            section, option = name.split(".", 1)
            wanted.setdefault(section, {})[option] = value
        path = self._state / "kuryr.conf"
        _write(path, wanted)
        argv = [self._programs.kuryr_python, _LAUNCHER, "--config-file", path]
        self._program = Program.start(argv, self.log, plain_environ())
        self._program.wait_until(self.is_alive, _START_TIMEOUT)

    def stop(self) -> None:
        """End it, if it runs."""
        if self._program:
            self._program.stop()
            self._program = None

    def is_alive(self) -> bool:
        """Tell what it says to its liveness probe: one handler that failed makes it say no."""
        return _is_alive(self._health_port)

    def start_round(self) -> None:
        """Let it look at once whether what it made still exists, as every ten minutes."""
        assert self._program, "Kuryr does not run"
        self._program.signal(signal.SIGUSR2)

    def _options(self, health_port: int) -> dict[str, dict[str, str]]:
        cloud = json.loads((self._cloud.state / "clouds.yaml").read_text())["clouds"]["kuryr"]
        token = self._state / "token"
        token.write_text(f"{TOKEN}\n")
        with kuryr.connect(self._cloud) as connection, kuryr.connect(self._cloud, "admin") as admin:
            network: Any = connection.network
            pods = network.find_subnet(walkthrough.POD_SUBNET.name, ignore_missing=False)
            services = network.find_subnet(walkthrough.SERVICE_SUBNET.name, ignore_missing=False)
            group = network.find_security_group("k8s-pods", ignore_missing=False)
            public_name = walkthrough.PUBLIC_NETWORK.name
            public: Any = admin.network.find_network(public_name, ignore_missing=False)
        return {
            "DEFAULT": {"debug": "true", "use_stderr": "true"},
            "kubernetes": {
                "api_root": self._cluster.api.url,
                "token_file": str(token),
                "ssl_ca_crt_file": str(self._cluster.kubeconfig.parent / _CERTIFICATE),
                "ssl_verify_server_crt": "true",
                "enabled_handlers": ",".join(HANDLERS),
                "port_debug": "true",
            },
            "neutron": {
                "auth_type": "password",
                "auth_url": cloud["auth"]["auth_url"],
                "username": _USER,
                "password": cloud["auth"]["password"],
                "project_name": walkthrough.KURYR_PROJECT,
                "user_domain_id": "default",
                "project_domain_id": "default",
                "region_name": cloud["region_name"],
            },
            "neutron_defaults": {
                "project": services.project_id,
                "pod_subnet": pods.id,
                "service_subnet": services.id,
                "pod_security_groups": group.id,
                "external_svc_net": public.id,
                "ovs_bridge": "br-int",
            },
            "health_server": {"port": str(health_port)},
            "prometheus_exporter": {"controller_exporter_port": str(free_port())},
        }


_CERTIFICATE = "certificates/apiserver.crt"


def _write(path: Path, sections: Mapping[str, Mapping[str, str]]) -> None:
    file = configparser.ConfigParser(interpolation=None)
    file.read_dict(sections)
    with path.open("w") as opened:
        file.write(opened)
    path.chmod(0o600)


def _is_alive(port: int) -> bool:
    try:
        with requests.Session() as session:
            session.trust_env = False
            return session.get(f"http://127.0.0.1:{port}/alive", timeout=5).ok
    except requests.RequestException:
        return False


def _prepare_cloud(cloud: Cloud) -> None:
    """Give Kuryr an account, and Kubernetes its own range of addresses."""
    with kuryr.connect(cloud) as connection, kuryr.connect(cloud, "admin") as admin:
        subnet: Any = connection.network.find_subnet(
            walkthrough.SERVICE_SUBNET.name, ignore_missing=False
        )
        connection.network.update_subnet(subnet, allocation_pools=[_AMPHORAE])
        _make_account(admin)


def _make_account(admin: Connection) -> None:
    """Make Kuryr's user: admin in the pods' project, to bind ports to hosts, as in DevStack."""
    identity: Any = admin.identity
    project = identity.find_project(walkthrough.KURYR_PROJECT, ignore_missing=False)
    user = identity.find_user(_USER) or identity.create_user(
        name=_USER, password=walkthrough.PASSWORD, domain_id="default"
    )
    for name in ("admin", "member"):
        role = identity.find_role(name, ignore_missing=False)
        identity.assign_project_role_to_user(project, user, role)
