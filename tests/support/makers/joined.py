# SPDX-License-Identifier: Apache-2.0

"""Kubernetes, a maker, the cloud and a data path joined: what a maker makes carries messages.

Kubernetes, the maker, Keystone, Neutron and Octavia run on this host; the client, the amphora, the
nodes and the pods in a guest. The guest's client reaches the host's APIs over a serial line.
"""

import contextlib
import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from openstack.connection import Connection

from tests.support import kuryr
from tests.support.cloud import Cloud, walkthrough
from tests.support.lab import Lab, follow_amphora, host_link, topology
from tests.support.makers import lab
from tests.support.makers.data_path import Follower, Pods
from tests.support.makers.kubernetes_api import wait_for
from tests.support.makers.lab import MakerAtWork, MakersLab
from tests.support.makers.occm_controller import NODES

_ADMISSION = Path(__file__).with_name("address_of_the_walkthrough.yaml")
_TIMEOUT = 120.0  # seconds


@dataclass(frozen=True)
class Joined:
    """The joined lab of one maker; `environment` is what commands in the guest need."""

    guest: Lab
    makers: MakersLab
    maker: MakerAtWork
    environment: Mapping[str, str]

    def run(
        self, argv: Sequence[str], timeout: float = _TIMEOUT, cwd: Path | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command on the client, where ``kubectl`` and ``openstack`` find their APIs."""
        return self.guest.run(argv, env=self.environment, timeout=timeout, cwd=cwd)

    @property
    def pods(self) -> list[str]:
        """The names of the pods that run, in their order."""
        return sorted(pod.name for pod in self.maker.kubelet.running.values())

    def await_members(self, name: str, number: int = 2) -> None:
        """Wait until a load balancer is there, all in it works, and it has so many members.

        :raises TimeoutError: it is not so within two minutes.
        """
        with kuryr.connect(self.makers.cloud) as connection:
            wait_for(
                f"{name} has {number} members",
                lambda: _members(connection, name) == number,
                _TIMEOUT,
            )


def _members(connection: Connection, name: str) -> int:
    """Return how many members a load balancer has, once all in it works; 0 before."""
    api: Any = connection.load_balancer
    found = next(iter(api.load_balancers(name=name)), None)
    if found is None:
        return 0
    listeners = list(api.listeners(load_balancer_id=found.id))
    pools = list(api.pools(loadbalancer_id=found.id))
    members = [member for pool in pools for member in api.members(pool)]
    states = {part.provisioning_status for part in (found, *listeners, *pools, *members)}
    states |= {part.operating_status for part in (found, *listeners, *pools)}
    return len(members) if states == {"ACTIVE", "ONLINE"} else 0


@contextlib.contextmanager
def running(maker: str) -> Iterator[Joined]:
    """Run the joined lab of a maker, ``kuryr`` or ``occm``.

    :raises NotAvailable: a program cannot be had here.
    :raises BootError: the guest did not come up.
    :raises CloudFailed: the cloud did not come up.
    :raises LabFailed: another part of it did not come up.
    """
    with contextlib.ExitStack() as stack:
        guest = stack.enter_context(Lab.start(cloud=False, linked=True, pods=()))
        hook = {"LAB_AMPHORA_HOOK": str(follow_amphora.write_hook(guest))}
        cloud = stack.enter_context(Cloud.start(environ=hook))
        pods = Pods(guest)
        makers = stack.enter_context(
            lab.running([maker], cloud=cloud, on_running=pods.plug, on_gone=pods.unplug)
        )
        at_work = makers.maker(maker)
        urls = [*cloud.urls.values(), at_work.api.url]
        ports = [port for url in urls if (port := urlsplit(url).port)]
        stack.enter_context(host_link.to_host(guest, ports))
        nodes = NODES if maker == "occm" else {}
        stack.enter_context(Follower(guest, at_work.api, nodes, cloud))
        if maker == "kuryr":
            _make_load_balancer_of_the_api(cloud)
            _fix_address(makers, at_work)
        yield Joined(guest, makers, at_work, _environment(guest, makers, at_work))


def _environment(guest: Lab, makers: MakersLab, maker: MakerAtWork) -> dict[str, str]:
    # The first of these has the plugin's openstack and python3.
    first, rest = guest.environment["PATH"].split(":", 1)
    return {
        **makers.cloud.environ(),
        "KUBECONFIG": str(maker.cluster.kubeconfig),
        "PATH": f"{first}:{makers.programs.kubernetes}:{rest}",
    }


def _make_load_balancer_of_the_api(cloud: Cloud) -> None:
    """Make the load balancer of default/kubernetes, as who installs Kuryr does."""
    service = walkthrough.KUBERNETES
    members = [kuryr.member(member.name, member.address, member.port) for member in service.members]
    listener = kuryr.listener(service.listener, service.port, *members, protocol=service.protocol)
    with kuryr.connect(cloud) as connection:
        made = kuryr.make(connection, service.name, [listener], vip_address=service.vip)
        kuryr.settle(connection, made.id)


def _fix_address(makers: MakersLab, maker: MakerAtWork) -> None:
    """Let the walkthrough's Service get the ClusterIP that the walkthrough shows."""
    kubectl = [str(makers.programs["kubectl"]), "--kubeconfig", str(maker.cluster.kubeconfig)]
    done = subprocess.run(
        [*kubectl, "apply", "-f", str(_ADMISSION)], capture_output=True, text=True, timeout=_TIMEOUT
    )
    assert done.returncode == 0, done.stderr
    probe = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "sctp-demo"}}
    probe["spec"] = {"ports": [{"port": 90, "protocol": "SCTP"}]}

    def in_force() -> bool:
        dry = [*kubectl, "create", "--dry-run=server", "-o", "json", "-f", "-"]
        tried = subprocess.run(
            dry, input=json.dumps(probe), capture_output=True, text=True, timeout=_TIMEOUT
        )
        return tried.returncode == 0 and topology.VIP in tried.stdout

    wait_for("the address of the walkthrough", in_force, _TIMEOUT)
