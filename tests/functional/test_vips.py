# SPDX-License-Identifier: Apache-2.0

"""A load balancer may have several VIPs: all of them are looked at, whatever their family."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from openstack.connection import Connection

import kuryrsctp
from tests.support import kuryr
from tests.support.cloud import Cloud
from tests.support.readers import endpoints, read

# The SDK's own affairs.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack")

NAME = "vips/amf"
OTHER_SUBNET = "second-service-subnet"
V4 = kuryr.member(f"{NAME}-0:38412", "10.0.0.112", 38412)
V6 = kuryr.member(f"{NAME}-1:38412", "fd00:75::a1", 38412)


@pytest.fixture(scope="module")
def connection(cloud: Cloud) -> Iterator[Connection]:
    """Act in the cloud as the maker of the load balancers."""
    with kuryr.connect(cloud) as connected:
        yield connected


@pytest.fixture(scope="module")
def subnets(connection: Connection) -> Iterator[dict[str, str]]:
    """Hold another IPv4 subnet that the router serves; return the IDs of all by name."""
    network: Any = connection.network
    first = network.find_subnet(kuryr.SUBNET, ignore_missing=False)
    router = network.find_router("k8s-router", ignore_missing=False)
    second = network.create_subnet(
        name=OTHER_SUBNET, network_id=first.network_id, cidr="10.99.0.0/24", ip_version=4
    )
    network.add_interface_to_router(router, subnet=second.id)
    names = (kuryr.SUBNET, kuryr.SUBNET_V6, OTHER_SUBNET)
    try:
        yield {name: network.find_subnet(name, ignore_missing=False).id for name in names}
    finally:
        network.remove_interface_from_router(router, subnet_id=second.id)
        network.delete_subnet(second.id)


@contextmanager
def balancer(
    connection: Connection, subnets: Mapping[str, str], *names: str, members: Any = (V4, V6)
) -> Iterator[tuple[Any, list[str]]]:
    """Make a load balancer with a VIP in each of these subnets; yield it, and the VIPs."""
    main, *additional = names
    vips = [{"subnet_id": subnets[name]} for name in additional]
    port = kuryr.listener(f"{NAME}:SCTP:38412", 38412, *members)
    with kuryr.load_balancer(connection, NAME, [port], main, additional_vips=vips) as made:
        kuryr.wait_until_online(connection, made.id)
        found = connection.load_balancer.get_load_balancer(made.id)
        yield made, [found.vip_address, *(vip["ip_address"] for vip in found.additional_vips)]


@contextmanager
def floating_ip(connection: Connection, cloud: Cloud, port: str, vip: str) -> Iterator[str]:
    """Bind an active floating IP to a VIP; yield its address."""
    network: Any = connection.network
    public = network.find_network("public", ignore_missing=False)
    made = network.create_ip(floating_network_id=public.id, port_id=port, fixed_ip_address=vip)
    served = "UPDATE floatingips SET status = 'ACTIVE' WHERE id = ?"
    cloud.sql("neutron", served, [made.id])
    try:
        yield made.floating_ip_address
    finally:
        network.delete_ip(made.id)


@pytest.mark.parametrize(
    ("members", "odd"),
    [((V4, V6), set()), ((V6,), {("members-exist", "WARN")})],
    ids=["both families", "IPv6 only"],
)
def test_a_floating_ip_may_lead_to_an_additional_vip(
    connection: Connection,
    cloud: Cloud,
    subnets: dict[str, str],
    members: Any,
    odd: set[tuple[str, str]],
) -> None:
    names = (kuryr.SUBNET_V6, kuryr.SUBNET)
    with balancer(connection, subnets, *names, members=members) as (made, (v6, v4)):
        with floating_ip(connection, cloud, made.vip_port_id, v4) as address:
            seen = read(connection, NAME)
            (target,) = kuryrsctp.plan(connection, NAME, floating_ip=True).targets
        without = read(connection, NAME)
        assert endpoints(connection, NAME) == {f"[{v6}]:38412", f"{v4}:38412"}
    assert seen.odd == without.odd == odd
    assert seen.told("floating-ip") == f"OK {address}, to {v4}"
    assert without.told("floating-ip").startswith("OK none")
    assert str(target.endpoint) == f"{address}:38412"
    behind = [member.address for member in target.members]
    assert behind == [member["address"] for member in members if member is V4]
    assert [vip.address for vip in seen.listed[NAME].load_balancer.vips] == [v6, v4]


def test_three_vips_and_two_floating_ips_are_all_told_of(
    connection: Connection, cloud: Cloud, subnets: dict[str, str]
) -> None:
    names = (kuryr.SUBNET, kuryr.SUBNET_V6, OTHER_SUBNET)
    with balancer(connection, subnets, *names) as (made, (first, v6, second)), ExitStack() as stack:
        bound = {
            vip: stack.enter_context(floating_ip(connection, cloud, made.vip_port_id, vip))
            for vip in (first, second)
        }
        seen = read(connection, NAME)
        targets = kuryrsctp.plan(connection, NAME).targets
        through = {
            str(each.endpoint)
            for each in kuryrsctp.plan(connection, NAME, floating_ip=True).targets
        }
    assert seen.odd == set()
    for vip in (first, v6, second):
        assert vip in seen.told("vip-port")
        assert vip in seen.told("load-balancer-exists")
    for vip, address in bound.items():
        assert f"{address}, to {vip}" in seen.told("floating-ip")
    members = {str(each.endpoint): [m.address for m in each.members] for each in targets}
    assert members == {
        f"{first}:38412": [V4["address"]],
        f"[{v6}]:38412": [V6["address"]],
        f"{second}:38412": [V4["address"]],
    }
    assert through <= {f"{address}:38412" for address in bound.values()}


def test_a_vip_of_ipv6_only_is_as_good(connection: Connection, subnets: dict[str, str]) -> None:
    with balancer(connection, subnets, kuryr.SUBNET_V6, members=(V6,)) as (_, (v6,)):
        seen = read(connection, NAME)
        assert endpoints(connection, NAME) == {f"[{v6}]:38412"}
    assert (seen.odd, seen.told("floating-ip").startswith("OK none")) == (set(), True)


def test_a_vip_without_a_member_of_its_family_expects_no_answer(
    connection: Connection, subnets: dict[str, str]
) -> None:
    with balancer(connection, subnets, kuryr.SUBNET, kuryr.SUBNET_V6, members=(V4,)) as (_, vips):
        seen = read(connection, NAME)
        targets = {
            str(each.endpoint): len(each.members)
            for each in kuryrsctp.plan(connection, NAME).targets
        }
    assert targets == {f"{vips[0]}:38412": 1, f"[{vips[1]}]:38412": 0}
    assert not any(status == "FAIL" for _, status in seen.odd)


@pytest.fixture(scope="module")
def service(connection: Connection, subnets: dict[str, str]) -> Iterator[Any]:
    """Hold a Service with one VIP."""
    with balancer(connection, subnets, kuryr.SUBNET, members=(V4,)) as (made, _):
        yield made


@pytest.mark.parametrize(
    ("owner", "is_fault"),
    [
        ("compute:nova", True),
        ("compute:az-2", True),
        ("network:router_interface", True),
        ("Octavia", False),
        ("octavia", False),
        ("ovn-lb:vip", False),
        ("", False),
        ("network:f5lbaasv2", False),
    ],
)
def test_a_port_of_the_vip_that_a_server_has_taken_is_a_fault(
    connection: Connection, cloud: Cloud, service: Any, owner: str, is_fault: bool
) -> None:
    change = "UPDATE ports SET device_owner = ?, admin_state_up = ? WHERE id = ?"
    cloud.sql("neutron", change, [owner, is_fault, service.vip_port_id])
    try:
        seen = read(connection, NAME)
    finally:
        cloud.sql("neutron", change, ["Octavia", False, service.vip_port_id])
    assert seen.odd == ({("vip-port", "FAIL")} if is_fault else set())
    assert ("taken by" in seen.told("vip-port")) == is_fault
