# SPDX-License-Identifier: Apache-2.0

"""The makers' lab: both makers, each over a Kubernetes of its own, in one real cloud."""

import contextlib
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tests.support import kuryr
from tests.support.cloud import Cloud
from tests.support.cloud.walkthrough import PODS, SERVICES
from tests.support.makers import (
    control_plane,
    kuryr_controller,
    occm_controller,
    programs,
    stand_in_agents,
)
from tests.support.makers.control_plane import Cluster
from tests.support.makers.kubernetes_api import KubernetesApi, wait_for
from tests.support.makers.kuryr_controller import Kuryr
from tests.support.makers.occm_controller import Occm
from tests.support.makers.stand_in_kubelet import (
    Addresses,
    Listener,
    StandInKubelet,
    addresses_of_kuryr,
    addresses_of_nodes,
    ignore,
)

MAKERS = ("kuryr", "occm")
_REMOVE_TIMEOUT = 180.0  # seconds


@dataclass(frozen=True)
class MakerAtWork:
    """A maker that runs, over its cluster."""

    cluster: Cluster
    controller: Kuryr | Occm
    kubelet: StandInKubelet

    @property
    def api(self) -> KubernetesApi:
        """The cluster's API."""
        return self.cluster.api

    def restart(self, options: Mapping[str, str] | None = None) -> None:
        """Let the maker run with other options, or with its defaults."""
        self.controller.stop()
        self.controller.start(options)

    def start_round(self) -> None:
        """Let Kuryr look at once whether its load balancers exist."""
        assert isinstance(self.controller, Kuryr), "only Kuryr has rounds"
        self.controller.start_round()

    def make_namespace(self, name: str) -> None:
        """Make a namespace; wait until one of this name that is being deleted has gone."""
        wait_for(f"no old namespace {name}", partial(self._is_free, name), _REMOVE_TIMEOUT)
        meta = {"name": name, "labels": {"name": name}}
        self.api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": meta})

    def remove_namespace(self, name: str) -> None:
        """Delete what a namespace holds, Services first: they need their maker; then itself."""
        for kind in ("Service", "NetworkPolicy", "Pod"):
            for found in self.api.list(kind, name):
                self.api.delete(kind, found["metadata"]["name"], name)
            wait_for(f"no {kind} in {name}", partial(self._has_none, kind, name), _REMOVE_TIMEOUT)
        self.api.delete("Namespace", name)

    def _is_free(self, namespace: str) -> bool:
        found = self.api.get("Namespace", namespace)
        return found is None or "deletionTimestamp" not in found["metadata"]

    def _has_none(self, kind: str, namespace: str) -> bool:
        return not self.api.list(kind, namespace)


@dataclass
class MakersLab:
    """The running lab: its cloud, its programs, and its makers by their names.

    A maker is called `kuryr` or `occm`; one of a further cluster has more in its name, such as
    `occm-other`, and is started when it is first asked for. Where the lab `takes_turns`, those of
    the other kind end then: idle clusters cost a tenth of a core each.
    """

    cloud: Cloud
    programs: programs.Programs
    state: Path
    etcd: str
    stack: contextlib.ExitStack
    on_running: Listener = ignore
    on_gone: Listener = ignore
    takes_turns: bool = False
    makers: dict[str, MakerAtWork] = field(default_factory=dict)
    _stacks: dict[str, contextlib.ExitStack] = field(default_factory=dict)

    def maker(self, name: str) -> MakerAtWork:
        """Return a maker, and start it if it does not run."""
        if name not in self.makers:
            if self.takes_turns:
                self._end_all_but(_kind(name))
            with contextlib.ExitStack() as starting:
                self.makers[name] = self._start(name, starting)
                self._stacks[name] = self.stack.enter_context(starting.pop_all())
        return self.makers[name]

    def _end_all_but(self, kind: str) -> None:
        for name in [name for name in self.makers if _kind(name) != kind]:
            self._stacks.pop(name).close()
            del self.makers[name]

    def _start(self, name: str, stack: contextlib.ExitStack) -> MakerAtWork:
        kind = _kind(name)
        cidr = {"kuryr": kuryr_controller, "occm": occm_controller}[kind].SERVICE_CIDR
        made = control_plane.cluster(self.programs, self.state, self.etcd, name, cidr)
        cluster = stack.enter_context(made)
        make = Kuryr if kind == "kuryr" else Occm
        controller = make(self.programs, cluster, self.cloud, self.state / name)
        stack.callback(controller.stop)
        kubelet = self._kubelet(kind, cluster.api)
        stack.enter_context(kubelet)
        controller.start()
        return MakerAtWork(cluster, controller, kubelet)

    def _kubelet(self, kind: str, api: KubernetesApi) -> StandInKubelet:
        nodes: Mapping[str, str] = {stand_in_agents.NODE: "192.0.2.250"}
        servers: Mapping[str, str] = {}
        address_of: Addresses = addresses_of_kuryr(api, self.cloud)
        if kind == "occm":
            nodes, servers = occm_controller.NODES, occm_controller.SERVERS
            address_of = addresses_of_nodes(tuple(nodes))
        provider_ids = {node: f"openstack:///{server}" for node, server in servers.items()}
        return StandInKubelet(api, nodes, address_of, provider_ids, self.on_running, self.on_gone)


def _kind(name: str) -> str:
    return name.partition("-")[0]


@contextlib.contextmanager
def running(
    makers: Collection[str] = MAKERS,
    *,
    cloud: Cloud | None = None,
    on_running: Listener = ignore,
    on_gone: Listener = ignore,
    takes_turns: bool = False,
) -> Iterator[MakersLab]:
    """Run the lab with some makers, in a cloud of its own or a given one.

    `on_running` and `on_gone` are told of pods; of `takes_turns` see `MakersLab`.

    :raises NotAvailable: a program cannot be had here.
    :raises LabFailed: a part of it did not come up.
    """
    found = programs.ensure()
    with contextlib.ExitStack() as stack:
        if cloud is None:
            cloud = stack.enter_context(Cloud.start())
        remove_hand_made(cloud)
        stand_in_agents.add(cloud)
        state = Path(tempfile.mkdtemp(prefix="makers-"))
        stack.callback(shutil.rmtree, state, ignore_errors=True)
        url = stack.enter_context(control_plane.etcd(found, state))
        lab = MakersLab(cloud, found, state, url, stack, on_running, on_gone, takes_turns)
        with ThreadPoolExecutor() as pool:
            list(pool.map(lab.maker, makers))
        yield lab


def remove_hand_made(cloud: Cloud) -> None:
    """Take away what the cloud holds in the place of a maker's work."""
    names = {service.name for service in SERVICES}
    with kuryr.connect(cloud) as connection:
        api: Any = connection.load_balancer
        for found in [balancer for balancer in api.load_balancers() if balancer.name in names]:
            kuryr.delete(connection, found.id)
        network: Any = connection.network
        for port in [port for port in network.ports() if port.name in PODS]:
            network.delete_port(port)
