# SPDX-License-Identifier: Apache-2.0

"""States in which a service is well, of each maker and on each provider: none is warned of."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from openstack.connection import Connection

from tests.support import kuryr, occm
from tests.support.cloud import Cloud
from tests.support.shell import Shell

# The SDK's own affairs.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack")

NAMESPACE = "well"
AMF, SMF = (occm.mark(name, namespace=NAMESPACE) for name in ("amf", "smf"))
BLUE, GREEN = (occm.mark("amf", cluster, NAMESPACE) for cluster in ("blue", "green"))
BY_KURYR = f"{NAMESPACE}/amf"


@pytest.fixture(scope="module")
def connection(cloud: Cloud) -> Iterator[Connection]:
    """Act in the cloud as the maker of the load balancers."""
    with kuryr.connect(cloud) as connected:
        yield connected


@dataclass(frozen=True)
class Builder:
    """Makes load balancers of a provider."""

    cloud: Cloud
    connection: Connection
    provider: str

    @contextmanager
    def balancer(
        self, name: str, listeners: Sequence[dict[str, Any]], **more: Any
    ) -> Iterator[Any]:
        """Make a load balancer, and wait until it works."""
        with kuryr.load_balancer(self.connection, name, listeners, **more) as made:
            kuryr.wait_until_online(self.connection, made.id)
            if self.provider == "ovn":
                self._move(made.id, "ovn", "SOURCE_IP_PORT")
            try:
                yield made
            finally:
                self._move(made.id, "amphora", "ROUND_ROBIN")

    def _move(self, load_balancer_id: str, provider: str, algorithm: str) -> None:
        """Let the objects be as with another provider: this cloud runs amphorae only."""
        change = "UPDATE load_balancer SET provider = ? WHERE id = ?"
        self.cloud.sql("octavia", change, [provider, load_balancer_id])
        change = "UPDATE pool SET lb_algorithm = ? WHERE load_balancer_id = ?"
        self.cloud.sql("octavia", change, [algorithm, load_balancer_id])

    @contextmanager
    def state(self, load_balancer_id: str, **values: str) -> Iterator[None]:
        """Let a load balancer and its parts be in a state for a while, as if since a moment ago."""
        names = ", ".join(f"{name} = ?" for name in values)
        asked = f"SELECT {', '.join(values)} FROM load_balancer WHERE id = ?"
        (before,) = self.cloud.sql("octavia", asked, [load_balancer_id])
        change = f"UPDATE load_balancer SET {names}, updated_at = datetime('now') WHERE id = ?"
        self.cloud.sql("octavia", change, [*values.values(), load_balancer_id])
        try:
            yield
        finally:
            self.cloud.sql("octavia", change, [*before, load_balancer_id])


def kuryr_port(port: int = 38412, protocol: str = "SCTP", **changes: Any) -> dict[str, Any]:
    """Describe a listener of Kuryr's with two pods."""
    pods = [kuryr.member(f"{BY_KURYR}-{pod}:{port}", f"10.0.0.{110 + pod}", port) for pod in (0, 1)]
    return kuryr.listener(f"{BY_KURYR}:{protocol}:{port}", port, *pods, protocol=protocol) | changes


State = Callable[[Builder], AbstractContextManager[object]]


def plain(build: Builder) -> AbstractContextManager[object]:
    """One Service of Kuryr's, without a floating IP."""
    return build.balancer(BY_KURYR, [kuryr_port()])


def two_protocols(build: Builder) -> AbstractContextManager[object]:
    """SCTP and TCP on one port."""
    return build.balancer(BY_KURYR, [kuryr_port(), kuryr_port(protocol="TCP")])


def policy(build: Builder) -> AbstractContextManager[object]:
    """A NetworkPolicy that admits some clients."""
    cidrs = ["10.0.0.128/26", "192.0.2.0/24"]
    return build.balancer(BY_KURYR, [kuryr_port(allowed_cidrs=cidrs)])


def scaled_to_zero(build: Builder) -> AbstractContextManager[object]:
    """No pod, as the user says."""
    return build.balancer(BY_KURYR, [kuryr.listener(f"{BY_KURYR}:SCTP:38412", 38412)])


@contextmanager
def being_deleted(build: Builder) -> Iterator[None]:
    """On its way out."""
    with (
        build.balancer(BY_KURYR, [kuryr_port()]) as made,
        build.state(made.id, provisioning_status="PENDING_DELETE"),
    ):
        yield


@contextmanager
def fresh(build: Builder) -> Iterator[None]:
    """Made a moment ago, and not reported as working yet."""
    with (
        build.balancer(BY_KURYR, [kuryr_port()]) as made,
        build.state(made.id, operating_status="OFFLINE"),
    ):
        yield


def of_occm(build: Builder) -> AbstractContextManager[object]:
    """One Service of cloud-provider-openstack's."""
    return build.balancer(AMF, [occm.listener(AMF, 38412, 31412)], tags=[AMF])


def shared(build: Builder) -> AbstractContextManager[object]:
    """A load balancer of two Services."""
    ports = [occm.listener(AMF, 38412, 31412), occm.listener(SMF, 3868, 31868)]
    return build.balancer(AMF, ports, tags=[AMF, SMF])


@contextmanager
def two_clusters(build: Builder) -> Iterator[None]:
    """The same Service of two clusters."""
    with ExitStack() as stack:
        for mark in (BLUE, GREEN):
            port = occm.listener(mark, 38412, 31412)
            stack.enter_context(build.balancer(mark, [port], tags=[mark]))
        yield


def by_hand(build: Builder) -> AbstractContextManager[object]:
    """A load balancer that was made by hand, and is named in an annotation."""
    return build.balancer("front", [occm.listener(AMF, 38412, 31412)], tags=["mine", AMF])


def source_ranges(build: Builder) -> AbstractContextManager[object]:
    """Only the Service's source ranges are admitted."""
    port = occm.listener(AMF, 38412, 31412, allowed_cidrs=["192.0.2.0/24"])
    return build.balancer(AMF, [port], tags=[AMF])


def occms_two_protocols(build: Builder) -> AbstractContextManager[object]:
    """SCTP and TCP on one port."""
    tcp = occm.listener(AMF, 38412, 31413, number=1) | {"protocol": "TCP"}
    tcp["default_pool"]["protocol"] = "TCP"
    return build.balancer(AMF, [occm.listener(AMF, 38412, 31412), tcp], tags=[AMF])


def dual_vip(build: Builder) -> AbstractContextManager[object]:
    """An additional VIP of the other family, all of whose clients are admitted, too."""
    subnet: Any = build.connection.network.find_subnet(kuryr.SUBNET_V6, ignore_missing=False)
    everybody = ["0.0.0.0/0", "::/0"]
    port = occm.listener(AMF, 38412, 31412, allowed_cidrs=everybody)
    port["default_pool"]["members"].append(kuryr.member("worker-4", "fd00:75::a1", 31412))
    vips = [{"subnet_id": subnet.id}]
    return build.balancer(AMF, [port], tags=[AMF], additional_vips=vips)


@contextmanager
def with_a_floating_ip(build: Builder) -> Iterator[None]:
    """A floating IP that is served."""
    network: Any = build.connection.network
    public = network.find_network("public", ignore_missing=False)
    with build.balancer(AMF, [occm.listener(AMF, 38412, 31412)], tags=[AMF]) as made:
        bound = network.create_ip(floating_network_id=public.id, port_id=made.vip_port_id)
        served = "UPDATE floatingips SET status = 'ACTIVE' WHERE id = ?"
        build.cloud.sql("neutron", served, [bound.id])
        try:
            yield
        finally:
            network.delete_ip(bound.id)


ZERO = ("--members", "0")
KURYRS: dict[str, tuple[State, tuple[str, ...]]] = {
    "plain": (plain, ()),
    "two protocols on one port": (two_protocols, ()),
    "scaled to zero": (scaled_to_zero, ZERO),
    "fresh": (fresh, ()),
    "being deleted": (being_deleted, ()),
}
OCCMS: dict[str, tuple[State, tuple[str, ...]]] = {
    "plain": (of_occm, ()),
    "shared by two Services": (shared, ()),
    "two clusters": (two_clusters, ()),
    "made by hand": (by_hand, ()),
    "two protocols on one port": (occms_two_protocols, ()),
    "two VIPs": (dual_vip, ()),
    "a floating IP": (with_a_floating_ip, ()),
}
# OVN refuses a list of admitted clients.
ONLY_AMPHORA: dict[str, tuple[State, tuple[str, ...]]] = {
    "a policy that admits some": (policy, ()),
    "source ranges": (source_ranges, ()),
}
STATES = [
    pytest.param(provider, *state, id=f"{maker} on {provider}: {name}")
    for maker, states in (("Kuryr", KURYRS), ("cloud-provider-openstack", OCCMS))
    for provider in ("amphora", "ovn")
    for name, state in states.items()
] + [pytest.param("amphora", *state, id=f"amphora: {name}") for name, state in ONLY_AMPHORA.items()]


@pytest.mark.parametrize(("provider", "state", "expected"), STATES)
def test_a_service_that_is_well_is_not_warned_of(
    shell: Shell,
    cloud: Cloud,
    connection: Connection,
    provider: str,
    state: State,
    expected: tuple[str, ...],
) -> None:
    with state(Builder(cloud, connection, provider)):
        for chosen in ((BY_KURYR,), ("--all", "--namespace", NAMESPACE, "--show", "all")):
            arguments = (*chosen, *expected, "--strict", "-f", "json")
            done = shell.verify(*arguments, env=cloud.environ())
            rows = json.loads(done.stdout or "[]")
            odd = [row for row in rows if row["Status"] in ("WARN", "FAIL")]
            assert (done.returncode, done.stderr, odd) == (0, "", [])
            assert rows
