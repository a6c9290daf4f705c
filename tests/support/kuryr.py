# SPDX-License-Identifier: Apache-2.0

"""What Kuryr does in Octavia for a Service, for tests that need one of their own."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import openstack.config
from openstack.connection import Connection

from tests.support.cloud import Cloud

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


def settle(connection: Connection, lb_id: str) -> Any:
    """Wait until Octavia has made the last change; return the load balancer."""
    deadline = time.monotonic() + _TIMEOUT
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


def make(
    connection: Connection,
    name: str,
    listeners: Sequence[dict[str, Any]] = (),
    subnet: str = SUBNET,
    **more: Any,
) -> Any:
    """Ask for a load balancer with all its parts in one request; it has yet to settle."""
    found = connection.network.find_subnet(subnet, ignore_missing=False)
    return connection.load_balancer.create_load_balancer(
        name=name, vip_subnet_id=found.id, listeners=list(listeners), **more
    )


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
        settle(connection, made.id)
        connection.load_balancer.delete_load_balancer(made.id, cascade=True)
        _wait_until_gone(connection, made.id)


def _wait_until_gone(connection: Connection, lb_id: str) -> None:
    deadline = time.monotonic() + _TIMEOUT
    while any(other.id == lb_id for other in connection.load_balancer.load_balancers()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"load balancer {lb_id} is still there")
        time.sleep(_POLL)


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
    """Describe a listener with its pool, both called `name`."""
    pool = {
        "name": name,
        "protocol": protocol,
        "lb_algorithm": "ROUND_ROBIN",
        "members": list(members),
    }
    return {"name": name, "protocol": protocol, "protocol_port": port, "default_pool": pool}


def member(name: str, address: str, port: int, **more: Any) -> dict[str, Any]:
    """Describe a member."""
    return {"name": name, "address": address, "protocol_port": port} | more
