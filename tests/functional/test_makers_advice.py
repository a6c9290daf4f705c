# SPDX-License-Identifier: Apache-2.0

"""What is advised is what this maker does, and works with this provider."""

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from openstack.connection import Connection

from kuryrsctp.verifier.report import Status
from tests.support import kuryr, occm
from tests.support.cloud import Cloud
from tests.support.database import stored_row
from tests.support.readers import endpoints, read

# The SDK's own affairs.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack")

NAMESPACE = "advice"
BY_KURYR, AMF = f"{NAMESPACE}/amf", occm.mark("amf", namespace=NAMESPACE)
AMF_PORT = occm.listener(AMF, 38412, 31412)
FAILOVER = "openstack loadbalancer failover"


@pytest.fixture(scope="module")
def connection(cloud: Cloud) -> Iterator[Connection]:
    """Act in the cloud as the maker of the load balancers."""
    with kuryr.connect(cloud) as connected:
        yield connected


@contextmanager
def by_kuryr(connection: Connection, **changes: Any) -> Iterator[Any]:
    """Make a load balancer as Kuryr does, with one pod; changes are of its listener."""
    pod = kuryr.member(f"{BY_KURYR}-0:38412", "10.0.0.113", 38412)
    port = kuryr.listener(f"{BY_KURYR}:SCTP:38412", 38412, pod) | changes
    with kuryr.load_balancer(connection, BY_KURYR, [port]) as made:
        kuryr.wait_until_online(connection, made.id)
        yield made


def parts(connection: Connection, load_balancer_id: str) -> tuple[Any, Any]:
    """Return the only listener and the only pool of a load balancer."""
    api: Any = connection.load_balancer
    (listener,), (pool,) = (
        list(api.listeners(load_balancer_id=load_balancer_id)),
        list(api.pools(loadbalancer_id=load_balancer_id)),
    )
    return listener, pool


def test_a_load_balancer_of_cloud_provider_openstack_in_error_is_not_repaired(
    connection: Connection, cloud: Cloud
) -> None:
    with (
        occm.load_balancer(connection, AMF, [AMF_PORT]) as made,
        stored_row(cloud, "load_balancer", made.id, provisioning_status="ERROR"),
    ):
        reading = read(connection, BY_KURYR)
    assert reading.odd == {("load-balancer-provisioning", "FAIL")}
    hint = reading.row("load-balancer-provisioning").hint
    assert "cloud-provider-openstack does not repair it" in hint
    assert f"{FAILOVER} {made.id}" in hint
    assert "kuryr-controller" not in reading.hints
    assert "Kuryr" not in reading.hints


def test_a_load_balancer_of_kuryrs_in_error_is_not_said_to_be_repaired_in_time(
    connection: Connection, cloud: Cloud
) -> None:
    with (
        by_kuryr(connection) as made,
        stored_row(cloud, "load_balancer", made.id, provisioning_status="ERROR"),
    ):
        reading = read(connection, BY_KURYR)
    hint = reading.row("load-balancer-provisioning").hint
    assert f"{FAILOVER} {made.id}" in hint
    assert "openstack kuryr sctp probe" in hint
    assert "minutes" not in hint
    assert "when an endpoint of the Service comes or goes" in hint


def test_a_load_balancer_on_ovn_in_error_is_not_to_be_failed_over(
    connection: Connection, cloud: Cloud
) -> None:
    with (
        by_kuryr(connection) as made,
        stored_row(cloud, "load_balancer", made.id, provisioning_status="ERROR", provider="ovn"),
    ):
        assert "failover" not in read(connection, BY_KURYR).hints


def test_a_pool_of_nodes_without_a_member_is_a_fault_of_nodes_and_node_ports(
    connection: Connection, cloud: Cloud
) -> None:
    port = occm.listener(AMF, 38412, 31412)
    port["default_pool"]["members"] = []
    with occm.load_balancer(connection, AMF, [port]) as made:
        kuryr.age(cloud, made.id)
        reading = read(connection, BY_KURYR)
    assert reading.odd == {("members-exist", "FAIL")}
    assert reading.listed[BY_KURYR].member_counts == (0,)
    hint = reading.row("members-exist").hint
    assert "allocateLoadBalancerNodePorts" in hint
    assert "kubectl get nodes" in hint
    assert "endpoints" not in hint


def test_a_pool_of_pods_without_a_member_may_be_right(connection: Connection) -> None:
    port = kuryr.listener(f"{BY_KURYR}:SCTP:38412", 38412)
    with kuryr.load_balancer(connection, BY_KURYR, [port]) as made:
        kuryr.wait_until_online(connection, made.id)
        reading = read(connection, BY_KURYR)
    assert reading.odd == {("members-exist", "WARN")}
    assert "endpoints,pods" in reading.row("members-exist").hint


def test_no_health_monitor_is_advised_that_ovn_refuses(
    connection: Connection, cloud: Cloud
) -> None:
    api: Any = connection.load_balancer
    with by_kuryr(connection) as made:
        cloud.report({made.id: "SILENT"})
        _, pool = parts(connection, made.id)
        monitor = api.create_health_monitor(
            pool_id=pool.id, type="SCTP", delay=5, timeout=3, max_retries=2
        )
        kuryr.settle(connection, made.id)
        with (
            stored_row(cloud, "load_balancer", made.id, provider="ovn"),
            stored_row(cloud, "pool", pool.id, lb_algorithm="SOURCE_IP_PORT"),
            stored_row(cloud, "health_monitor", monitor.id, provisioning_status="ERROR"),
        ):
            reading = read(connection, BY_KURYR)
        cloud.report({})
    row = reading.row("pool-monitor")
    assert (row.status, "--type SCTP" in row.hint) == (Status.FAIL, False)
    assert "OVN has no health monitor" in row.hint


@pytest.mark.parametrize("name", ["", "renamed", f"listener_7_{AMF}"])
def test_any_name_of_a_listener_is_right_with_cloud_provider_openstack(
    connection: Connection, name: str
) -> None:
    mark = occm.mark("amf", "kubernetes", NAMESPACE)
    port = occm.listener(mark, 38412, 31412, name=name)
    with occm.load_balancer(connection, mark, [port]) as made:
        reading = read(connection, BY_KURYR)
        assert endpoints(connection, BY_KURYR) == {f"{made.vip_address}:38412"}
    assert (reading.odd, reading.hints.strip()) == (set(), "")


def test_a_listener_of_the_releases_without_names_and_tags_is_right_as_well(
    connection: Connection,
) -> None:
    mark = occm.mark("amf", "kubernetes", NAMESPACE)
    port = occm.listener(mark, 38412, 31412, name="", tags=[])
    with occm.load_balancer(connection, mark, [port], []):
        reading = read(connection, BY_KURYR)
    assert (reading.odd, reading.hints.strip()) == (set(), "")


def test_names_given_by_hand_are_odd_with_kuryr_and_it_is_not_said_to_change_them(
    connection: Connection,
) -> None:
    api: Any = connection.load_balancer
    with by_kuryr(connection) as made:
        listener, pool = parts(connection, made.id)
        (member,) = api.members(pool)
        api.update_listener(listener, name="renamed")
        kuryr.settle(connection, made.id)
        api.update_pool(pool, name="renamed")
        kuryr.settle(connection, made.id)
        api.update_member(member, pool, name="renamed")
        kuryr.settle(connection, made.id)
        kuryr.wait_until_online(connection, made.id)
        reading = read(connection, BY_KURYR)
    assert reading.odd == {
        ("listener-name", "WARN"),
        ("pool-name", "WARN"),
        ("member-name", "WARN"),
    }
    for check in ("listener-name", "pool-name", "member-name"):
        hint = reading.row(check).hint
        assert "Kuryr neither changes nor removes" in hint
        assert "delete" not in hint
    assert "a member without an endpoint" in reading.row("member-name").hint


def test_a_pool_that_is_not_there_is_put_down_to_its_own_maker(
    connection: Connection, cloud: Cloud
) -> None:
    port = occm.listener(AMF, 38412, 31412)
    del port["default_pool"]
    with kuryr.load_balancer(connection, AMF, [port], tags=[AMF]) as made:
        kuryr.wait_until_online(connection, made.id)
        kuryr.age(cloud, made.id)
        reading = read(connection, BY_KURYR)
        assert endpoints(connection, BY_KURYR)
    assert ("pool-exists", "FAIL") in reading.odd
    hint = reading.row("pool-exists").hint
    assert "openstack-cloud-controller-manager" in hint
    assert "once the Service changes" in hint
    assert "Kuryr" not in reading.hints


def test_a_service_without_a_load_balancer_is_to_be_looked_up_in_its_events(
    connection: Connection,
) -> None:
    reading = read(connection, BY_KURYR, listed=False)
    assert reading.odd == {("load-balancer-exists", "FAIL")}
    assert "`kubectl describe service -n advice amf`" in reading.row("load-balancer-exists").hint


def test_source_ranges_are_named_only_where_the_maker_heeds_them(connection: Connection) -> None:
    source = ipaddress.ip_network("198.51.100.0/24")
    admitted = {"allowed_cidrs": ["192.0.2.0/24"]}
    with by_kuryr(connection, **admitted):
        with_kuryr = read(connection, BY_KURYR, source=source).row("listener-allowed-cidrs")
    with occm.load_balancer(connection, AMF, [occm.listener(AMF, 38412, 31412, **admitted)]):
        with_occm = read(connection, BY_KURYR, source=source).row("listener-allowed-cidrs")
    assert with_kuryr.status is with_occm.status is Status.FAIL
    assert "loadBalancerSourceRanges" not in with_kuryr.hint
    assert "networkpolicy" in with_kuryr.hint
    assert "loadBalancerSourceRanges" in with_occm.hint
    assert "networkpolicy" not in with_occm.hint
