# SPDX-License-Identifier: Apache-2.0

"""Security groups of other kinds than Octavia and Kuryr make, each of which goes again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support import kuryr
from tests.support.healthy_service import Fault, HealthyService


@contextmanager
def _group(healthy: HealthyService, **more: Any) -> Iterator[str]:
    """Make a security group that lets SCTP in, and lets nothing out unasked."""
    connection, network = healthy.users["kuryr"], healthy.network
    made = network.create_security_group(name="another-of-a-test", **more)
    for rule in made.security_group_rules:
        network.delete_security_group_rule(rule["id"])
    kuryr.admit(connection, made.id, "sctp")
    try:
        yield made.id
    finally:
        network.delete_security_group(made.id)


@contextmanager
def _pods_in(healthy: HealthyService, group: str) -> Iterator[None]:
    """Put the pods' ports into a group, and into no other."""
    network = healthy.network
    ports = [port for port in network.ports() if healthy.group in port.security_group_ids]
    for port in ports:
        network.update_port(port.id, security_group_ids=[group])
    try:
        yield
    finally:
        for port in ports:
            network.update_port(port.id, security_group_ids=[healthy.group])


def pods_in_a_group(*, answers: bool = False, **more: Any) -> Fault:
    """Put the pods into another group, with a rule for answers or without one."""

    @contextmanager
    def fault(healthy: HealthyService) -> Iterator[None]:
        with _group(healthy, **more) as group:
            if answers:
                healthy.network.create_security_group_rule(
                    security_group_id=group, direction="egress", protocol="sctp"
                )
            with _pods_in(healthy, group):
                yield

    return fault


def pods_that_admit_addresses(*addresses: str) -> Fault:
    """Let SCTP in to the pods only from an address group."""

    @contextmanager
    def fault(healthy: HealthyService) -> Iterator[None]:
        network = healthy.network
        made = network.create_address_group(name="balancers", addresses=list(addresses))
        group = network.create_security_group(name="another-of-a-test")
        kuryr.admit(healthy.users["kuryr"], group.id, "sctp", remote_address_group_id=made.id)
        try:
            with _pods_in(healthy, group.id):
                yield
        finally:
            network.delete_security_group(group.id)
            network.delete_address_group(made.id)

    return fault


@contextmanager
def health_port_admitted(healthy: HealthyService) -> Iterator[None]:
    """Let the question of a health monitor in to the nodes."""
    made = kuryr.admit(
        healthy.users["kuryr"], healthy.group, "tcp", port_range_min=31999, port_range_max=31999
    )
    try:
        yield
    finally:
        healthy.network.delete_security_group_rule(made.id)


def vip_given_a_group(protocol: str) -> Fault:
    """Give the VIP a group that lets one protocol in: Octavia makes no rules for listeners then."""

    @contextmanager
    def fault(healthy: HealthyService) -> Iterator[None]:
        network = healthy.network
        group = network.create_security_group(name="of-the-vip")
        kuryr.admit(healthy.users["kuryr"], group.id, protocol)
        _give(healthy, [group.id])
        try:
            yield
        finally:
            _give(healthy, [])
            network.delete_security_group(group.id)

    return fault


def _give(healthy: HealthyService, groups: list[str]) -> None:
    path = f"/lbaas/loadbalancers/{healthy.ids['load_balancer']}"
    answer = healthy.octavia.put(path, json={"loadbalancer": {"vip_sg_ids": groups}})
    assert answer.ok, answer.text
    healthy.settle()
