# SPDX-License-Identifier: Apache-2.0

"""The real cloud-provider-openstack over a cluster and a cloud: its network, options, process."""

import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support import kuryr
from tests.support.cloud import Cloud, walkthrough
from tests.support.makers.control_plane import Cluster
from tests.support.makers.programs import Programs
from tests.support.makers.running import Program, free_port, plain_environ, read_from

SERVICE_CIDR = "10.96.0.0/24"
NETWORK = "occm-nodes-net"
SUBNET = walkthrough.Subnet("occm-nodes-subnet", "10.0.1.0/24", "10.0.1.1")
NODES = {"worker-1": "10.0.1.11", "worker-2": "10.0.1.12", "worker-3": "10.0.1.13"}
# The servers that the nodes are: there is no Nova, which only OCCM's other controllers would ask.
SERVERS = {node: str(uuid.uuid5(uuid.NAMESPACE_DNS, node)) for node in NODES}
_START_TIMEOUT = 120.0  # seconds, on a machine that has other work
_USER = "kuryr"  # the project's member, with no more rights than OCCM needs


class Occm:
    """The cloud controller manager; its options can change from one start to the next."""

    def __init__(self, programs: Programs, cluster: Cluster, cloud: Cloud, state: Path) -> None:
        self._programs, self._cluster, self._cloud = programs, cluster, cloud
        self._state = state
        self.log = state / "occm.log"
        self._program: Program | None = None
        state.mkdir(parents=True, exist_ok=True)
        make_network(cloud)

    def start(self, options: Mapping[str, str] | None = None) -> None:
        """Start it with options of the section LoadBalancer, such as ``create-monitor``.

        ``cluster-name`` is an option of the program; ``class NAME OPTION`` is one of a class.
        """
        settings = dict(options or {})
        cluster_name = settings.pop("cluster-name", "prod")
        path, port = self._state / "cloud.conf", free_port()
        path.write_text(self._configuration(settings))
        path.chmod(0o600)
        written = self.log.stat().st_size if self.log.exists() else 0
        words = {
            "--cloud-provider": "openstack",
            "--cloud-config": path,
            "--cluster-name": cluster_name,
            "--controllers": "service-lb-controller",
            "--kubeconfig": self._cluster.kubeconfig,
            "--bind-address": "127.0.0.1",
            "--secure-port": port,
            "--cert-dir": self._state / "certificates",
            "--leader-elect": "false",
            "--concurrent-service-syncs": 6,
            "--v": 2,
        }
        program = self._programs["openstack-cloud-controller-manager"]
        argv = [program, *(f"{name}={value}" for name, value in words.items())]
        self._program = Program.start(argv, self.log, plain_environ())
        started = "Starting service controller"
        self._program.wait_until(lambda: started in read_from(self.log, written), _START_TIMEOUT)

    def stop(self) -> None:
        """End it, if it runs."""
        if self._program:
            self._program.stop()
            self._program = None

    def is_alive(self) -> bool:
        """Tell whether it runs."""
        return self._program is not None and self._program.is_running()

    def _configuration(self, options: Mapping[str, str]) -> str:
        cloud = json.loads((self._cloud.state / "clouds.yaml").read_text())["clouds"][_USER]
        auth = cloud["auth"]
        with kuryr.connect(self._cloud) as connection:
            network: Any = connection.network
            subnet = network.find_subnet(SUBNET.name, ignore_missing=False).id
            name = walkthrough.PUBLIC_NETWORK.name
            public = network.find_network(name, ignore_missing=False).id
        sections: dict[str, dict[str, Any]] = {
            "Global": {
                "auth-url": auth["auth_url"],
                "username": auth["username"],
                "password": auth["password"],
                "tenant-name": auth["project_name"],
                "user-domain-id": auth["user_domain_id"],
                "tenant-domain-id": auth["project_domain_id"],
                "region": cloud["region_name"],
            },
            "LoadBalancer": {
                "subnet-id": subnet,
                "floating-network-id": public,
                "lb-provider": "amphora",
            },
        }
        for words, value in options.items():
            *of_class, option = words.split()
            section = f'LoadBalancerClass "{of_class[1]}"' if of_class else "LoadBalancer"
            sections.setdefault(section, {})[option] = value
        lines = []
        for section, values in sections.items():
            lines.append(f"[{section}]")
            lines += [f"{name}={json.dumps(value)}" for name, value in values.items()]
        return "\n".join([*lines, ""])


def make_network(cloud: Cloud) -> None:
    """Make the nodes' network on the router, each node with a port, unless they are there."""
    with kuryr.connect(cloud) as connection:
        network: Any = connection.network
        if network.find_network(NETWORK):
            return
        subnet = kuryr.routed_network(connection, NETWORK, SUBNET)
        group = network.create_security_group(name="occm-nodes")
        kuryr.admit(connection, group.id, "sctp")
        for node, address in NODES.items():
            network.create_port(
                name=node,
                network_id=subnet.network_id,
                device_id=SERVERS[node],
                fixed_ips=[{"ip_address": address}],
                security_group_ids=[group.id],
            )
