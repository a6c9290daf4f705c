# SPDX-License-Identifier: Apache-2.0

"""Where `probe` is going to send messages, as real APIs tell it."""

from collections.abc import Iterator
from typing import Any

import pytest
from openstack.connection import Connection

from kuryrsctp import prober
from kuryrsctp.errors import ServiceLacksFloatingIp
from tests.support import kuryr, occm
from tests.support.cloud import Cloud

SERVICE = "default/sctp-demo"


@pytest.fixture
def connection(cloud: Cloud) -> Iterator[Connection]:
    with kuryr.connect(cloud) as connected:
        yield connected


def targets(connection: Connection, **arguments: Any) -> list[str]:
    planned = prober.plan(connection, SERVICE, **arguments)
    return [str(target.endpoint) for target in planned.targets]


def test_a_service_has_a_vip_and_members(connection: Connection) -> None:
    members = ["10.0.0.75:9090", "10.0.0.88:9090"]
    assert targets(connection) == ["10.0.0.158:90"]
    assert sorted(targets(connection, via="members")) == members
    vip, *direct = targets(connection, via="both")
    assert (vip, sorted(direct)) == ("10.0.0.158:90", members)


def test_a_floating_ip_takes_the_place_of_the_vip(connection: Connection) -> None:
    with pytest.raises(
        ServiceLacksFloatingIp, match=r"no floating IP is bound to VIP 10\.0\.0\.158"
    ):
        targets(connection, floating_ip=True)
    network: Any = connection.network
    (balancer,) = connection.load_balancer.load_balancers(name=SERVICE)
    public = network.find_network("public", ignore_missing=False)
    made = network.create_ip(floating_network_id=public.id, port_id=balancer.vip_port_id)
    try:
        assert targets(connection, floating_ip=True) == [f"{made.floating_ip_address}:90"]
    finally:
        network.delete_ip(made.id)


def test_a_service_of_cloud_provider_openstack_without_a_floating_ip_is_internal(
    connection: Connection,
) -> None:
    amf = occm.mark("amf", namespace="internal")
    with (
        kuryr.load_balancer(connection, amf, [occm.listener(amf, 38412, 31412)], tags=[amf]),
        pytest.raises(ServiceLacksFloatingIp, match="normal for an internal Service") as raised,
    ):
        prober.plan(connection, "internal/amf", floating_ip=True)
    assert "only type LoadBalancer" not in str(raised.value)
