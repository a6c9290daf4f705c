# SPDX-License-Identifier: Apache-2.0

"""What Kuryr does in Octavia for a Service, for tests that need one of their own."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import openstack.config
from openstack.connection import Connection

from tests.support import recordings
from tests.support.cloud import Cloud
from tests.support.cloud.walkthrough import Subnet
from tests.support.recordings import State, asked

SUBNET = "k8s-service-subnet"
SUBNET_V6 = "k8s-service-subnet-v6"
POD_NETWORK = "k8s-pod-net"
_TIMEOUT = 60  # seconds for one change
_POLL = 0.1


def connect(cloud: Cloud, user: str = "kuryr") -> Connection:
    """Connect to the cloud as one of its users."""
    files = [cloud.environ(user)["OS_CLIENT_CONFIG_FILE"]]
    region = openstack.config.OpenStackConfig(config_files=files).get_one(user)
    return Connection(config=region)


def settle(connection: Connection, lb_id: str, timeout: float = _TIMEOUT) -> Any:
    """Wait until Octavia has made the last change; return the load balancer.

    :param timeout: seconds.
    """
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        found = connection.load_balancer.get_load_balancer(lb_id)
        if not found.provisioning_status.startswith("PENDING_"):
            return found
        time.sleep(_POLL)
    raise TimeoutError(f"load balancer {lb_id} is still {found.provisioning_status}")


def wait_until_online(connection: Connection, lb_id: str) -> None:
    """Wait until the amphora has reported a load balancer and its parts as working."""
    api: Any = connection.load_balancer
    deadline = time.monotonic() + _TIMEOUT
    while time.monotonic() < deadline:
        listeners = list(api.listeners(load_balancer_id=lb_id))
        pools = list(api.pools(loadbalancer_id=lb_id))
        members = [member for pool in pools for member in api.members(pool)]
        states = {part.operating_status for part in (*listeners, *pools)}
        states.add(api.get_load_balancer(lb_id).operating_status)
        of_members = {member.operating_status for member in members}
        if states == {"ONLINE"} and of_members <= {"NO_MONITOR"}:
            return
        time.sleep(_POLL)
    raise TimeoutError(f"load balancer {lb_id} is not reported as ONLINE")


def age(cloud: Cloud, lb_id: str) -> None:
    """Let a load balancer, its listeners and its pools seem to be an hour old.

    What is missing from them is a fault only then. Octavia's next change makes them new again, and
    so does an amphora's first report: wait for that before.
    """
    parent, hour = "load_balancer_id", "datetime('now', '-1 hour')"
    for table, key in (("load_balancer", "id"), ("listener", parent), ("pool", parent)):
        cloud.sql(
            "octavia",
            f"UPDATE {table} SET created_at = {hour}, updated_at = {hour} WHERE {key} = ?",
            [lb_id],
        )


def make(
    connection: Connection,
    name: str,
    listeners: Sequence[dict[str, Any]] = (),
    subnet: str = SUBNET,
    **more: Any,
) -> Any:
    """Ask for a load balancer with all its parts in one request; it has yet to settle."""
    found = connection.network.find_subnet(subnet, ignore_missing=False)
    (recorded,) = recordings.state("kuryr", "one-port", 0)["load_balancers"]
    body = asked("load balancer", recorded) | {"name": name, "vip_subnet_id": found.id} | more
    return connection.load_balancer.create_load_balancer(listeners=list(listeners), **body)


@contextmanager
def load_balancer(
    connection: Connection,
    name: str,
    listeners: Sequence[dict[str, Any]] = (),
    subnet: str = SUBNET,
    **more: Any,
) -> Iterator[Any]:
    """Make a load balancer with all its parts in one request, and delete it in the end."""
    made = make(connection, name, listeners, subnet, **more)
    try:
        yield settle(connection, made.id)
    finally:
        delete(connection, made.id)


def delete(connection: Connection, lb_id: str) -> None:
    """Delete a load balancer with all its parts, and wait until it is gone."""
    settle(connection, lb_id)
    connection.load_balancer.delete_load_balancer(lb_id, cascade=True)
    _wait_until_gone(connection, lb_id)


def _wait_until_gone(connection: Connection, lb_id: str) -> None:
    deadline = time.monotonic() + _TIMEOUT
    while any(other.id == lb_id for other in connection.load_balancer.load_balancers()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"load balancer {lb_id} is still there")
        time.sleep(_POLL)


def routed_network(connection: Connection, name: str, subnet: Subnet) -> Any:
    """Make a network with a subnet on the router of the pods; return the subnet."""
    network: Any = connection.network
    made = network.create_subnet(
        name=subnet.name,
        network_id=network.create_network(name=name).id,
        cidr=subnet.cidr,
        ip_version=4,
        gateway_ip=subnet.gateway,
        is_dhcp_enabled=False,
    )
    router = network.find_router("k8s-router", ignore_missing=False)
    network.add_interface_to_router(router, subnet_id=made.id)
    return made


@contextmanager
def pods(connection: Connection, addresses: Sequence[str]) -> Iterator[str]:
    """Make a port in the pods' network for each address, in a group for SCTP; yield its ID."""
    network: Any = connection.network
    group = network.create_security_group(name="pods-of-a-test")
    admit(connection, group.id, "sctp")
    net = network.find_network(POD_NETWORK, ignore_missing=False)
    ports = [
        network.create_port(
            network_id=net.id, fixed_ips=[{"ip_address": address}], security_group_ids=[group.id]
        )
        for address in addresses
    ]
    try:
        yield group.id
    finally:
        for port in ports:
            network.delete_port(port.id)
        network.delete_security_group(group.id)


def admit(connection: Connection, group: str, protocol: str, **more: Any) -> Any:
    """Let a protocol in to the ports of a security group."""
    network: Any = connection.network
    return network.create_security_group_rule(
        security_group_id=group, direction="ingress", protocol=protocol, **more
    )


def listener(
    name: str, port: int, *members: dict[str, Any], protocol: str = "SCTP"
) -> dict[str, Any]:
    """Describe a listener with its pool, both called `name`, as Kuryr was seen to make them."""
    own = {"name": name, "protocol": protocol}
    made = _recorded_listener()
    pool = asked("pool", made["default_pool"]) | own | {"members": list(members)}
    return asked("listener", made) | own | {"protocol_port": port, "default_pool": pool}


def member(name: str, address: str, port: int, **more: Any) -> dict[str, Any]:
    """Describe a member as Kuryr was seen to make them, but for its subnet, the VIP's."""
    (made, *_) = _recorded_listener()["default_pool"]["members"]
    own = {"name": name, "address": address, "protocol_port": port}
    described = asked("member", made) | own | more
    if "subnet_id" not in more:
        del described["subnet_id"]
    return described


def _recorded_listener() -> State:
    (balancer,) = recordings.state("kuryr", "one-port", 0)["load_balancers"]
    (found,) = balancer["listeners"]
    return dict(found)
