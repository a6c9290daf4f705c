# SPDX-License-Identifier: Apache-2.0

"""Whose is it? What belongs to another Service is neither judged, nor counted, nor probed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from openstack.connection import Connection

import kuryrsctp
from kuryrsctp.errors import ServiceAmbiguous
from kuryrsctp.prober.targets import Via
from tests.support import kuryr, occm
from tests.support.cloud import Cloud
from tests.support.readers import read
from tests.support.shell import Shell

# The SDK's own affairs.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack")

AMF, SMF = occm.mark("amf"), occm.mark("smf")
AMF_PORT = occm.listener(AMF, 38412, 31412)
SMF_PORT = occm.listener(SMF, 3868, 31868)
# Of the load balancer that several tests look at.
SHARED_AMF, SHARED_SMF = (occm.mark(name, namespace="shared") for name in ("amf", "smf"))


@pytest.fixture(scope="module")
def connection(cloud: Cloud) -> Iterator[Connection]:
    """Act in the cloud as the maker of the load balancers."""
    with kuryr.connect(cloud) as connected:
        yield connected


@pytest.fixture(scope="module")
def shared(connection: Connection) -> Iterator[Any]:
    """Hold a load balancer that shared/amf and shared/smf share, the listener of shared/smf off."""
    listeners = [
        occm.listener(SHARED_AMF, 38412, 31412),
        occm.listener(SHARED_SMF, 3868, 31868, admin_state_up=False),
    ]
    tags = [SHARED_AMF, SHARED_SMF]
    with kuryr.load_balancer(connection, SHARED_AMF, listeners, tags=tags) as made:
        yield made


class Rows:
    """The rows of `verify`, and the exit status, of one service or of all."""

    def __init__(self, shell: Shell, cloud: Cloud, *arguments: str, user: str = "kuryr") -> None:
        done = shell.verify(
            *arguments, "--show", "all", "--long", "-f", "json", env=cloud.environ(user)
        )
        self.code, self.stderr = done.returncode, done.stderr
        self.rows: list[dict[str, Any]] = json.loads(done.stdout or "[]")

    @property
    def wrong(self) -> set[tuple[str, str, str, str]]:
        """Service, check, status and resource of what is WARN or FAIL."""
        return {
            (row["Service"], row["Check"], row["Status"], row["Resource"])
            for row in self.rows
            if row["Status"] in ("WARN", "FAIL")
        }

    @property
    def services(self) -> list[str]:
        """The services, in the order of their rows."""
        return list(dict.fromkeys(row["Service"] for row in self.rows))

    def detail(self, check: str, service: str = "") -> str:
        """Return the detail of the only row of a check."""
        (row,) = (
            row for row in self.rows if row["Check"] == check and service in ("", row["Service"])
        )
        return str(row["Detail"])


def test_a_neighbours_fault_is_not_mine(shell: Shell, cloud: Cloud, shared: Any) -> None:
    amf, smf = (Rows(shell, cloud, name, "--strict") for name in ("shared/amf", "shared/smf"))
    assert (amf.code, amf.wrong) == (0, set())
    assert not any(SHARED_SMF in row["Resource"] or "3868" in row["Detail"] for row in amf.rows)
    off = ("shared/smf", "listener-admin-state", "FAIL", f"listener_0_{SHARED_SMF}")
    assert (smf.code, smf.wrong) == (3, {off})


def test_all_services_are_judged_each_by_its_own_parts(
    shell: Shell, cloud: Cloud, shared: Any
) -> None:
    everything = Rows(shell, cloud, "--all", "--namespace", "shared")
    assert everything.services == ["shared/amf", "shared/smf"]
    off = ("shared/smf", "listener-admin-state", "FAIL", f"listener_0_{SHARED_SMF}")
    assert (everything.code, everything.wrong) == (3, {off})
    for name in everything.services:
        own = [row for row in everything.rows if row["Service"] == name]
        assert own == Rows(shell, cloud, name).rows


def test_a_port_that_another_service_has_is_not_there(
    shell: Shell, cloud: Cloud, shared: Any
) -> None:
    rows = Rows(shell, cloud, "shared/smf", "--port", "38412")
    assert rows.code == 3
    assert ("shared/smf", "listener-exists", "FAIL", SHARED_AMF) in rows.wrong
    assert rows.detail("listener-exists") == (
        "no SCTP listener on port 38412; there is SCTP:3868; others on this load balancer:"
        " SCTP:38412 of prod:shared/amf"
    )


def test_each_service_of_a_shared_load_balancer_is_listed(
    shell: Shell, cloud: Cloud, shared: Any
) -> None:
    rows = listed(shell, cloud, "--namespace", "shared")
    assert [(row["Service"], row["Cluster"], row["Ports"], row["Members"]) for row in rows] == [
        ("shared/amf", "prod", [38412], [3]),
        ("shared/smf", "prod", [3868], [3]),
    ]


def test_only_the_services_own_ports_and_members_are_probed(
    connection: Connection, shared: Any
) -> None:
    for name, port, node_port in (("shared/amf", 38412, 31412), ("shared/smf", 3868, 31868)):
        vip = kuryrsctp.plan(connection, name).targets
        members = kuryrsctp.plan(connection, name, via=Via.MEMBERS).targets
        assert [str(target.endpoint) for target in vip] == [f"{shared.vip_address}:{port}"]
        assert {str(target.endpoint) for target in members} == {
            f"{address}:{node_port}" for address in occm.NODES.values()
        }


def test_a_load_balancer_picked_by_its_id_is_judged_whole(
    shell: Shell, cloud: Cloud, shared: Any
) -> None:
    rows = Rows(shell, cloud, shared.id)
    assert rows.detail("listener-exists") == "SCTP:3868, SCTP:38412"
    assert rows.wrong == {(shared.id, "listener-admin-state", "FAIL", f"listener_0_{SHARED_SMF}")}


@pytest.mark.parametrize("arguments", [("core/amf",), ("--all", "--namespace", "core")], ids=str)
def test_a_service_whose_listener_is_not_there_is_not_seen_in_anothers(
    shell: Shell, cloud: Cloud, connection: Connection, arguments: tuple[str, ...]
) -> None:
    with occm.load_balancer(connection, SMF, [SMF_PORT], [SMF, AMF]) as made:
        kuryr.age(cloud, made.id)
        rows = Rows(shell, cloud, *arguments)
    assert rows.code == 3
    assert rows.wrong == {("core/amf", "listener-exists", "FAIL", SMF)}
    assert rows.detail("listener-exists", "core/amf") == (
        "no SCTP listener; others on this load balancer: SCTP:3868 of prod:core/smf"
    )


@pytest.fixture(scope="module")
def clusters(connection: Connection) -> Iterator[dict[str, Any]]:
    """Hold twins/amf of two clusters."""
    blue, green = (occm.mark("amf", cluster, "twins") for cluster in ("blue", "green"))
    with (
        occm.load_balancer(connection, blue, [occm.listener(blue, 38412, 31412)]) as one,
        occm.load_balancer(connection, green, [occm.listener(green, 38412, 31412)]) as other,
    ):
        yield {"blue": one, "green": other}


@pytest.mark.parametrize("arguments", [("twins/amf",), ("--all", "--namespace", "twins")], ids=str)
def test_the_same_service_of_two_clusters_is_judged_twice(
    shell: Shell, cloud: Cloud, clusters: dict[str, Any], arguments: tuple[str, ...]
) -> None:
    rows = Rows(shell, cloud, *arguments, "--strict")
    assert (rows.code, rows.wrong) == (0, set())
    assert rows.services == ["blue:twins/amf", "green:twins/amf"]


def test_a_cluster_can_be_named(shell: Shell, cloud: Cloud, clusters: dict[str, Any]) -> None:
    rows = Rows(shell, cloud, "green:twins/amf", "--strict")
    assert (rows.code, rows.services) == (0, ["green:twins/amf"])
    assert rows.rows[0]["ID"] == clusters["green"].id
    missing = Rows(shell, cloud, "red:twins/amf")
    assert missing.code == 3
    assert missing.detail("load-balancer-exists").startswith(
        "no load balancer 'red:twins/amf' is visible to these credentials; there is"
        " 'blue:twins/amf' and 'green:twins/amf'"
    )


def test_a_service_that_two_names_stand_for_is_told_once(
    shell: Shell, cloud: Cloud, clusters: dict[str, Any]
) -> None:
    both = Rows(shell, cloud, "twins/amf").rows
    assert Rows(shell, cloud, "green:twins/amf", "twins/amf", "blue:twins/amf").rows == sorted(
        both, key=lambda row: row["Service"], reverse=True
    )


def test_a_probe_asks_which_cluster_is_meant(
    connection: Connection, clusters: dict[str, Any]
) -> None:
    for ask in (kuryrsctp.plan, kuryrsctp.verify):
        with pytest.raises(ServiceAmbiguous) as ambiguous:
            ask(connection, "twins/amf")
        for cluster, load_balancer in clusters.items():
            assert f"{cluster}:twins/amf: {load_balancer.id} (project" in str(ambiguous.value)
    (target,) = kuryrsctp.plan(connection, "blue:twins/amf").targets
    assert target.endpoint.address == clusters["blue"].vip_address


def test_two_clusters_are_told_apart_in_the_list(
    shell: Shell, cloud: Cloud, clusters: dict[str, Any]
) -> None:
    rows = listed(shell, cloud, "--namespace", "twins")
    assert [(row["Service"], row["Cluster"]) for row in rows] == [
        ("blue:twins/amf", "blue"),
        ("green:twins/amf", "green"),
    ]


@pytest.mark.parametrize("arguments", [("core/smf",), ("--all", "--namespace", "core")], ids=str)
def test_a_load_balancer_that_is_being_deleted_stands_aside_for_the_live_one(
    shell: Shell, cloud: Cloud, connection: Connection, arguments: tuple[str, ...]
) -> None:
    with (
        occm.load_balancer(connection, SMF, [SMF_PORT]) as going,
        occm.load_balancer(connection, SMF, [SMF_PORT]) as live,
        being_deleted(cloud, going.id),
    ):
        rows = Rows(shell, cloud, *arguments)
    assert (rows.code, rows.services) == (0, ["core/smf"])
    assert rows.wrong == {("core/smf", "load-balancer-unique", "WARN", SMF)}
    assert rows.rows[0]["ID"] == live.id
    assert going.id in rows.detail("load-balancer-unique")


def test_two_live_ones_of_one_cluster_and_project_are_a_fault_and_none_is_to_be_deleted(
    shell: Shell, cloud: Cloud, connection: Connection
) -> None:
    with (
        occm.load_balancer(connection, SMF, [SMF_PORT]),
        occm.load_balancer(connection, SMF, [SMF_PORT]),
    ):
        rows = Rows(shell, cloud, "core/smf")
    assert (rows.code, {row[1:3] for row in rows.wrong}) == (3, {("load-balancer-unique", "FAIL")})
    assert not any("delete" in row["Hint"] for row in rows.rows)


def test_an_administrator_sees_the_service_of_each_project(
    shell: Shell, cloud: Cloud, connection: Connection
) -> None:
    port = kuryr.listener("core/amf:SCTP:1", 1, kuryr.member("core/amf-0:1", "10.0.0.100", 1))
    with (
        kuryr.load_balancer(connection, "core/amf", [port]) as first,
        kuryr.load_balancer(connection, "core/amf", [port]) as other,
        in_project(cloud, other.id, "elsewhere"),
    ):
        both = Rows(shell, cloud, "core/amf", user="admin")
        own = Rows(shell, cloud, "core/amf", "--project", "k8s", user="admin")
    assert (both.code, sorted(both.services)) == (0, sorted([first.id, other.id]))
    assert (own.code, own.services, own.rows[0]["ID"]) == (0, ["core/amf"], first.id)


def test_another_projects_port_with_a_nodes_address_is_not_the_nodes(
    cloud: Cloud, connection: Connection
) -> None:
    with (
        occm.load_balancer(connection, AMF, [AMF_PORT]),
        kuryr.connect(cloud, "admin") as admin,
        port_on_another_network(admin, occm.NODES["worker-1"]) as port,
    ):
        seen = read(admin, "core/amf")
    assert seen.odd == set()
    assert seen.told("member-security-groups", "worker-1") == (
        f"SKIP the port with 10.0.0.101 is of project {port.project_id}: it may be on another"
        " network"
    )


@contextmanager
def port_on_another_network(admin: Connection, address: str) -> Iterator[Any]:
    """Let an administrator's project have a port with an address on a network of its own."""
    network: Any = admin.network
    made = network.create_network(name="another")
    try:
        network.create_subnet(network_id=made.id, ip_version=4, cidr="10.0.0.0/24")
        port = network.create_port(network_id=made.id, fixed_ips=[{"ip_address": address}])
        try:
            yield port
        finally:
            network.delete_port(port.id)
    finally:
        network.delete_network(made.id)


def test_both_makers_may_have_a_service_and_each_is_judged_by_its_own_rules(
    shell: Shell, cloud: Cloud, connection: Connection
) -> None:
    port = kuryr.listener("core/amf:SCTP:1", 1, kuryr.member("core/amf-0:1", "10.0.0.100", 1))
    with (
        kuryr.load_balancer(connection, "core/amf", [port]),
        occm.load_balancer(connection, AMF, [AMF_PORT]),
    ):
        rows = Rows(shell, cloud, "core/amf", "--strict")
        everything = Rows(shell, cloud, "--all", "--namespace", "core")
    assert (rows.code, rows.services) == (0, ["core/amf", "prod:core/amf"])
    assert everything.rows == rows.rows


def test_a_load_balancer_made_by_hand_is_a_services_that_uses_it(
    shell: Shell, cloud: Cloud, connection: Connection
) -> None:
    by_hand = kuryr.listener("theirs", 7, kuryr.member("x", "10.0.0.100", 7))
    with occm.load_balancer(connection, "front", [AMF_PORT, by_hand], ["theirs", AMF]) as made:
        rows = Rows(shell, cloud, "core/amf", "--strict")
        everything = listed(shell, cloud, "--long")
    assert (rows.code, rows.services) == (0, ["core/amf"])
    assert rows.detail("listener-exists") == "SCTP:38412"
    assert {("core/amf", (38412,), "cloud-provider-openstack"), (made.id, (7,), "")} <= {
        (row["Service"], tuple(row["Ports"]), row["Made By"]) for row in everything
    }


def test_a_listeners_tag_tells_the_service_before_the_load_balancers_does(
    shell: Shell, cloud: Cloud, connection: Connection
) -> None:
    with occm.load_balancer(connection, "front", [AMF_PORT], []):
        rows = Rows(shell, cloud, "core/amf")
        everything = Rows(shell, cloud, "--all", "--namespace", "core")
    assert (rows.code, rows.services) == (0, ["core/amf"])
    # The load balancer has not got its tag, and will not without a floating IP.
    assert {(check, status) for _, check, status, _ in rows.wrong} == {("floating-ip", "WARN")}
    assert everything.rows == rows.rows


def test_a_shared_load_balancer_keeps_the_name_of_a_service_that_is_gone(
    shell: Shell, cloud: Cloud, connection: Connection
) -> None:
    with occm.load_balancer(connection, AMF, [SMF_PORT], [SMF]):
        smf, amf = (Rows(shell, cloud, name, "--strict") for name in ("core/smf", "core/amf"))
        services = [row["Service"] for row in listed(shell, cloud, "--namespace", "core")]
    assert (smf.code, services) == (0, ["core/smf"])
    assert ("core/amf", "load-balancer-exists", "FAIL", "core/amf") in amf.wrong


def test_the_description_tells_the_service_where_the_name_is_of_the_first_releases(
    shell: Shell, cloud: Cloud, connection: Connection
) -> None:
    name, text = (
        "a5f1d6a0c1b24c4e8d3b0a9c8d7e6f50",
        "Kubernetes external service core/amf from cluster c",
    )
    port = occm.listener(name, 38412, 31412, tags=[], name="")
    with occm.load_balancer(connection, name, [port], [], description=text):
        rows = Rows(shell, cloud, "c:core/amf", "--strict")
        everything = Rows(shell, cloud, "--all", "--namespace", "core")
        services = [(row["Service"], row["Cluster"]) for row in listed(shell, cloud)]
    assert (rows.code, rows.services) == (0, ["c:core/amf"])
    assert everything.services == ["core/amf"]
    assert ("core/amf", "c") in services


def test_a_service_is_found_by_a_tag_that_was_cut(
    shell: Shell, cloud: Cloud, connection: Connection
) -> None:
    cluster, name = "c" * 225, "amf-with-a-long-name"
    tag = occm.mark(name, cluster)
    assert tag.endswith("_core_amf-with-a-")
    with occm.load_balancer(connection, tag, [occm.listener(tag, 38412, 31412)]) as made:
        found = [
            Rows(shell, cloud, service, "--strict")
            for service in (f"core/{name}", f"{cluster}:core/{name}")
        ]
        missing = Rows(shell, cloud, "core/amf-without")
    assert [(rows.code, rows.rows[0]["ID"]) for rows in found] == [(0, made.id)] * 2
    assert missing.code == 3


def test_a_service_whose_listener_vanished_is_still_listed_and_its_pool_is_named(
    shell: Shell, cloud: Cloud, connection: Connection
) -> None:
    with occm.load_balancer(connection, AMF, [AMF_PORT]) as made:
        ((listener,), (pool,)) = (
            list(connection.load_balancer.listeners(load_balancer_id=made.id)),
            list(connection.load_balancer.pools(loadbalancer_id=made.id)),
        )
        connection.load_balancer.delete_listener(listener.id)
        kuryr.settle(connection, made.id)
        kuryr.age(cloud, made.id)
        rows = Rows(shell, cloud, "core/amf")
        everything = Rows(shell, cloud, "--all", "--namespace", "core")
        services = [
            (row["Service"], row["Ports"]) for row in listed(shell, cloud, "--namespace", "core")
        ]
    assert services == [("core/amf", [])]
    assert rows.code == 3
    assert rows.wrong == {
        ("core/amf", "listener-exists", "FAIL", AMF),
        ("core/amf", "pools-used", "WARN", AMF),
    }
    assert pool.id in rows.detail("pools-used")
    assert everything.rows == rows.rows


def listed(shell: Shell, cloud: Cloud, *arguments: str) -> list[dict[str, Any]]:
    """Return the rows of `list`, without the walkthrough's."""
    done = shell.openstack("kuryr", "sctp", "list", *arguments, "-f", "json", env=cloud.environ())
    assert (done.returncode, done.stderr) == (0, "")
    return [row for row in json.loads(done.stdout) if row["Service"] != "default/sctp-demo"]


@contextmanager
def being_deleted(cloud: Cloud, load_balancer_id: str) -> Iterator[None]:
    """Let a load balancer stay for a while in the state in which it is deleted."""
    change = "UPDATE load_balancer SET provisioning_status = ? WHERE id = ?"
    cloud.sql("octavia", change, ["PENDING_DELETE", load_balancer_id])
    try:
        yield
    finally:
        cloud.sql("octavia", change, ["ACTIVE", load_balancer_id])


@contextmanager
def in_project(cloud: Cloud, load_balancer_id: str, project: str) -> Iterator[None]:
    """Let a load balancer belong to another project for a while."""
    asked = "SELECT project_id FROM load_balancer WHERE id = ?"
    ((own,),) = cloud.sql("octavia", asked, [load_balancer_id])
    change = "UPDATE load_balancer SET project_id = ? WHERE id = ?"
    cloud.sql("octavia", change, [project, load_balancer_id])
    try:
        yield
    finally:
        cloud.sql("octavia", change, [own, load_balancer_id])
