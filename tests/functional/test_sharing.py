# SPDX-License-Identifier: Apache-2.0

"""Load balancers that Services share, and Services whose names are much alike."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from openstack.connection import Connection
from openstack.exceptions import ConflictException

import kuryrsctp
from kuryrsctp.prober.targets import Via
from kuryrsctp.verifier.report import Status
from tests.support import kuryr, occm
from tests.support.cloud import Cloud
from tests.support.database import stored_row
from tests.support.readers import endpoints, read

# The SDK's own affairs.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack")

PORTS = {"amf": (38412, 31412), "smf": (3868, 31868), "udm": (2905, 31905)}
AMF, SMF, UDM = (occm.mark(name) for name in PORTS)
AMF_PORT, SMF_PORT, UDM_PORT = (
    occm.listener(occm.mark(name), *ports) for name, ports in PORTS.items()
)


@pytest.fixture(scope="module")
def connection(cloud: Cloud) -> Iterator[Connection]:
    """Act in the cloud as the maker of the load balancers."""
    with kuryr.connect(cloud) as connected:
        yield connected


@contextmanager
def off(connection: Connection, cloud: Cloud, made: Any, port: int) -> Iterator[None]:
    """Let the listener of a port be switched off, and no amphora report of it."""
    (found,) = connection.load_balancer.listeners(load_balancer_id=made.id, protocol_port=port)
    cloud.report({made.id: "SILENT"})
    with stored_row(cloud, "listener", found.id, enabled=False):
        yield
    cloud.report({})


def test_each_of_three_services_has_its_own_port_and_no_other(connection: Connection) -> None:
    ports, tags = [AMF_PORT, SMF_PORT, UDM_PORT], [AMF, SMF, UDM]
    with occm.load_balancer(connection, AMF, ports, tags) as made:
        for name, (port, node_port) in PORTS.items():
            reading = read(connection, f"core/{name}")
            assert reading.odd == set()
            assert reading.told("listener-exists") == f"OK SCTP:{port}"
            assert reading.listed[f"core/{name}"].ports == (port,)
            assert endpoints(connection, f"core/{name}") == {f"{made.vip_address}:{port}"}
            assert endpoints(connection, f"core/{name}", Via.MEMBERS) == {
                f"{address}:{node_port}" for address in occm.NODES.values()
            }


def test_services_that_share_a_load_balancer_are_told_apart_in_one_call(
    connection: Connection,
) -> None:
    with occm.load_balancer(connection, AMF, [AMF_PORT, SMF_PORT], [AMF, SMF]):
        results = kuryrsctp.verify_many(connection, ["core/smf", "core/amf", "core/smf"])
        reports = {result.name: result.report for result in results}
    assert list(reports) == ["core/smf", "core/amf"]
    assert all(report and report.status is Status.OK for report in reports.values())


@pytest.mark.parametrize(
    "cluster", ["my_big_cluster", "core_amf", "PROD-1", "a,b", "Straße 7", "c/d", "10.0.0.1:6443"]
)
def test_a_cluster_may_have_any_name(connection: Connection, cluster: str) -> None:
    mark = occm.mark("amf", cluster)
    with occm.load_balancer(connection, mark, [occm.listener(mark, 38412, 31412)]):
        for name in ("core/amf", f"{cluster}:core/amf"):
            reading = read(connection, name)
            assert reading.odd == set()
            assert reading.listed[name].cluster == cluster


def test_a_service_of_another_namespace_is_another_service(
    connection: Connection, cloud: Cloud
) -> None:
    other = occm.mark("amf", namespace="lab")
    ports = [AMF_PORT, occm.listener(other, 3868, 31868)]
    with (
        occm.load_balancer(connection, AMF, ports, [AMF, other]) as made,
        off(connection, cloud, made, 3868),
    ):
        assert read(connection, "core/amf").odd == set()
        assert read(connection, "lab/amf").odd == {("listener-admin-state", "FAIL")}


def test_a_namespace_and_a_cluster_of_one_name_are_not_mixed_up(connection: Connection) -> None:
    first, second = occm.mark("amf", "core", "lab"), occm.mark("amf", "lab", "core")
    with (
        occm.load_balancer(connection, first, [occm.listener(first, 38412, 31412)]),
        occm.load_balancer(connection, second, [occm.listener(second, 38412, 31412)]),
    ):
        for name, cluster in (("lab/amf", "core"), ("core/amf", "lab")):
            assert read(connection, name).listed[name].cluster == cluster


def test_the_shared_load_balancers_of_two_clusters_are_four_services(
    connection: Connection, cloud: Cloud
) -> None:
    with ExitStack() as stack:
        vips = {}
        for cluster in ("blue", "green"):
            amf, smf = (occm.mark(name, cluster) for name in ("amf", "smf"))
            ports = [occm.listener(amf, 38412, 31412), occm.listener(smf, 3868, 31868)]
            made = stack.enter_context(occm.load_balancer(connection, amf, ports, [amf, smf]))
            vips[cluster] = made.vip_address
        stack.enter_context(off(connection, cloud, made, 3868))
        assert read(connection, "core/amf").reports.keys() == {"blue:core/amf", "green:core/amf"}
        assert read(connection, "core/amf").odd == read(connection, "blue:core/smf").odd == set()
        assert read(connection, "green:core/smf").odd == {("listener-admin-state", "FAIL")}
        for cluster, vip in vips.items():
            assert endpoints(connection, f"{cluster}:core/smf") == {f"{vip}:3868"}


def test_the_name_of_a_listener_without_tags_tells_whose_it_is(
    connection: Connection, cloud: Cloud
) -> None:
    port = occm.listener(SMF, 3868, 31868, tags=[])
    with (
        occm.load_balancer(connection, AMF, [AMF_PORT, port], [AMF, SMF]) as made,
        off(connection, cloud, made, 3868),
    ):
        assert read(connection, "core/amf").odd == set()
        assert read(connection, "core/smf").odd == {("listener-admin-state", "FAIL")}
        assert endpoints(connection, "core/smf") == {f"{made.vip_address}:3868"}


def test_a_listener_without_name_and_tags_is_of_the_service_that_the_load_balancer_was_made_for(
    connection: Connection,
) -> None:
    port = occm.listener(AMF, 38412, 31412, tags=[], name="")
    with occm.load_balancer(connection, AMF, [port, SMF_PORT], [AMF, SMF]):
        assert read(connection, "core/amf").told("listener-exists") == "OK SCTP:38412"
        assert read(connection, "core/smf").told("listener-exists") == "OK SCTP:3868"


def test_tags_of_others_tell_nothing(connection: Connection) -> None:
    port = occm.listener(AMF, 38412, 31412, tags=["env=prod", AMF, "kube_service"])
    with occm.load_balancer(connection, AMF, [port], ["env=prod", AMF, "kube_service"]):
        assert read(connection, "core/amf").odd == set()


def test_a_load_balancer_by_hand_with_a_name_like_kuryrs_serves_another_makers_service(
    connection: Connection,
) -> None:
    by_hand = kuryr.listener("theirs", 7, kuryr.member("x", "10.0.0.100", 7))
    with occm.load_balancer(connection, "core/front", [AMF_PORT, by_hand], ["mine", AMF]) as made:
        reading = read(connection, "core/amf")
        assert reading.odd == set()
        assert reading.told("listener-exists") == "OK SCTP:38412"
        assert endpoints(connection, "core/amf") == {f"{made.vip_address}:38412"}
        assert read(connection, "core/front").told("listener-exists") == "OK SCTP:7"


def test_the_sctp_port_of_another_service_makes_no_service_of_tcp_sctp(
    connection: Connection, cloud: Cloud
) -> None:
    web = occm.mark("web")
    tcp = occm.listener(web, 80, 30080) | {"protocol": "TCP"}
    tcp["default_pool"] = tcp["default_pool"] | {"protocol": "TCP"}
    with occm.load_balancer(connection, AMF, [AMF_PORT, tcp], [AMF, web]) as made:
        kuryr.age(cloud, made.id)
        assert read(connection, "core/amf").odd == set()
        reading = read(connection, "core/web", listed=False)
    assert reading.odd == {("listener-exists", "FAIL")}
    assert reading.told("listener-exists") == (
        "FAIL no SCTP listener; there is TCP:80; others on this load balancer: SCTP:38412 of"
        " prod:core/amf"
    )


def test_a_service_whose_listener_is_not_there_is_listed_without_a_port_and_not_probed(
    connection: Connection, cloud: Cloud
) -> None:
    with occm.load_balancer(connection, SMF, [SMF_PORT], [SMF, AMF]) as made:
        kuryr.age(cloud, made.id)
        reading = read(connection, "core/amf")
        assert reading.odd == {("listener-exists", "FAIL")}
        assert reading.listed["core/amf"].ports == ()
        complaint = r"no SCTP listener of the Service \(it has SCTP 3868 of prod:core/smf\)"
        with pytest.raises(kuryrsctp.ServiceLacksSctp, match=complaint):
            endpoints(connection, "core/amf")


def test_of_two_load_balancers_the_one_that_stays_is_judged_and_probed(
    connection: Connection, cloud: Cloud
) -> None:
    with (
        occm.load_balancer(connection, SMF, [SMF_PORT]) as going,
        occm.load_balancer(connection, SMF, [SMF_PORT]) as live,
        stored_row(cloud, "load_balancer", going.id, provisioning_status="PENDING_DELETE"),
    ):
        reading = read(connection, "core/smf")
        assert reading.odd == {("load-balancer-unique", "WARN")}
        assert reading.row("load-balancer-unique").transient
        assert endpoints(connection, "core/smf") == {f"{live.vip_address}:3868"}


def test_an_administrator_sees_the_shared_load_balancers_of_two_projects(
    connection: Connection, cloud: Cloud
) -> None:
    ports, tags = [AMF_PORT, SMF_PORT], [AMF, SMF]
    with (
        occm.load_balancer(connection, AMF, ports, tags) as first,
        occm.load_balancer(connection, AMF, ports, tags) as other,
        stored_row(cloud, "load_balancer", other.id, project_id="elsewhere"),
        kuryr.connect(cloud, "admin") as admin,
    ):
        reports = read(admin, "core/smf").reports
        own = read(admin, "core/smf", project="k8s")
        assert endpoints(connection, "core/smf") == {f"{first.vip_address}:3868"}
    assert reports.keys() == {first.id, other.id}
    assert all(report.ok for report in reports.values())
    assert (own.odd, own.row("load-balancer-exists").id) == (set(), first.id)


def parts(connection: Connection, made: Any, port: int) -> tuple[str, str]:
    """Return the IDs of the listener of a port, and of its default pool."""
    (found,) = connection.load_balancer.listeners(load_balancer_id=made.id, protocol_port=port)
    return found.id, found.default_pool_id


@contextmanager
def on_the_pool_of_amf(connection: Connection) -> Iterator[tuple[Any, str, str]]:
    """Let the listener of one Service use the pool of another; yield its ID and its own pool's."""
    with occm.load_balancer(connection, AMF, [AMF_PORT, SMF_PORT], [AMF, SMF]) as made:
        (_, wrong), (listener, own) = (parts(connection, made, port) for port in (38412, 3868))
        connection.load_balancer.update_listener(listener, default_pool_id=wrong)
        kuryr.settle(connection, made.id)
        yield made, listener, own


def test_the_pool_of_one_service_is_wrong_for_the_listener_of_another(
    connection: Connection, cloud: Cloud
) -> None:
    with on_the_pool_of_amf(connection) as (made, listener, own):
        assert read(connection, "core/smf").row("listener-pool").transient
        kuryr.age(cloud, made.id)
        assert read(connection, "core/amf").odd == set()
        reading = read(connection, "core/smf")
    assert reading.odd == {("listener-pool", "FAIL"), ("pools-used", "WARN")}
    assert reading.told("listener-pool") == (
        f"FAIL by its name, 'pool_0_{AMF}' is the pool of listener 'listener_0_{AMF}' (port"
        " 38412): the clients of this port reach the members of port 38412"
    )
    command = f"`openstack loadbalancer listener set --default-pool {own} {listener}`"
    assert command in reading.row("listener-pool").hint
    assert command in reading.row("pools-used").hint
    assert "pool delete" not in reading.hints


def test_a_listener_that_has_the_wrong_pool_gets_no_new_one(
    connection: Connection, cloud: Cloud
) -> None:
    api: Any = connection.load_balancer
    with on_the_pool_of_amf(connection) as (made, listener, own):
        api.delete_pool(own)
        kuryr.settle(connection, made.id)
        kuryr.age(cloud, made.id)
        hint = read(connection, "core/smf").row("listener-pool").hint
        assert "Octavia refuses a new one for a listener that has a pool" in hint
        assert "openstack" not in hint
        with pytest.raises(ConflictException):
            api.create_pool(protocol="SCTP", lb_algorithm="ROUND_ROBIN", listener_id=listener)


def test_no_second_listener_can_have_a_port(connection: Connection) -> None:
    with (
        kuryr.load_balancer(connection, "core/nef", [kuryr.listener("by-hand", 38412)]) as made,
        pytest.raises(ConflictException),
    ):
        connection.load_balancer.create_listener(
            name="core/nef:SCTP:38412",
            protocol="SCTP",
            protocol_port=38412,
            loadbalancer_id=made.id,
        )


def test_the_pool_that_a_deleted_service_left_is_told_of_once_and_makes_no_service(
    connection: Connection, cloud: Cloud
) -> None:
    with occm.load_balancer(connection, AMF, [AMF_PORT, SMF_PORT], [AMF, SMF]) as made:
        api: Any = connection.load_balancer
        (listener,) = api.listeners(load_balancer_id=made.id, protocol_port=3868)
        api.delete_listener(listener.id)
        kuryr.settle(connection, made.id)
        kuryr.age(cloud, made.id)
        assert read(connection, "core/amf").odd == set()
        alive = read(connection, "core/smf")
        assert alive.odd == {("listener-exists", "FAIL"), ("pools-used", "WARN")}
        api.update_load_balancer(made.id, tags=[AMF])
        kuryr.settle(connection, made.id)
        kuryr.age(cloud, made.id)
        left = read(connection, "core/amf")
        by_id = kuryrsctp.verify(connection, made.id)
        services = {str(row.ref) for row in kuryrsctp.list_services(connection)}
        judged = {result.name for result in kuryrsctp.verify_all(connection)}
        gone = read(connection, "core/smf", listed=False)
    assert left.odd == {("pools-used", "WARN")}
    assert listener.default_pool_id in left.told("pools-used")
    assert [row for row in by_id.findings if row.status in (Status.WARN, Status.FAIL)] == [
        left.row("pools-used")
    ]
    assert services == judged == {"core/amf", "default/sctp-demo"}
    assert gone.odd == {("load-balancer-exists", "FAIL")}
