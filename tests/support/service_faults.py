# SPDX-License-Identifier: Apache-2.0

"""Faults that it takes more than one change to make, each of which mends itself again."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

from tests.support import kuryr, occm
from tests.support.database import stored_row
from tests.support.healthy_service import (
    NAME,
    Fault,
    HealthyService,
    changed,
    stored,
    time_ago,
)


@contextmanager
def nothing(healthy: HealthyService) -> Iterator[None]:
    """Leave the service as it is: the fault is in what is asked."""
    yield


def together(*faults: Fault) -> Fault:
    """Make several faults at once."""

    @contextmanager
    def fault(healthy: HealthyService) -> Iterator[None]:
        with ExitStack() as stack:
            for part in faults:
                stack.enter_context(part(healthy))
            yield

    return fault


def beside(name: str, *listeners: dict[str, Any], subnet: str = kuryr.SUBNET) -> Fault:
    """Make another load balancer."""

    @contextmanager
    def fault(healthy: HealthyService) -> Iterator[None]:
        connection = healthy.users["kuryr"]
        with kuryr.load_balancer(connection, name, listeners, subnet=subnet) as made:
            kuryr.wait_until_online(connection, made.id)
            kuryr.age(healthy.cloud, made.id)
            yield

    return fault


TWIN = beside(NAME)
WEB = beside("core/web", kuryr.listener("core/web:TCP:80", 80, protocol="TCP"))
EMPTY = beside("core/udr", kuryr.listener("core/udr:SCTP:1", 1))
_PCF = occm.mark("pcf")
_TWO_NODE_PORTS = occm.listener(_PCF, 3870, 31870)
_TWO_NODE_PORTS["default_pool"]["members"][-1]["protocol_port"] = 31871
TWO_NODE_PORTS = beside(_PCF, _TWO_NODE_PORTS)
ONE_MEMBER_TWICE = beside(
    "core/upf",
    kuryr.listener(
        "core/upf:SCTP:8805",
        8805,
        # The same address written in two ways.
        *(
            kuryr.member("core/upf-0:8805", address, 8805)
            for address in ("fd00:75::75", "fd00:75:0::75")
        ),
    ),
    subnet=kuryr.SUBNET_V6,
)


@contextmanager
def pool_of_another_listener(healthy: HealthyService) -> Iterator[None]:
    """Give a listener the pool of another one: its own is used by none."""
    healthy.settle()
    with stored("other_listener", default_pool_id=healthy.ids["pool"])(healthy):
        try:
            yield
        finally:
            healthy.settle()  # a cure may be under way


@contextmanager
def listener_by_hand(healthy: HealthyService) -> Iterator[None]:
    """Make another port for the members of a listener, as somebody may by hand."""
    made = healthy.octavia.create_listener(
        name="by-hand",
        protocol="SCTP",
        protocol_port=38413,
        loadbalancer_id=healthy.ids["load_balancer"],
        default_pool_id=healthy.ids["pool"],
    )
    healthy.settle()
    try:
        with stored_row(healthy.cloud, "listener", made.id, operating_status="ONLINE"):
            yield
    finally:
        healthy.octavia.delete_listener(made.id)
        healthy.settle()


@contextmanager
def on_the_vips_subnet(healthy: HealthyService) -> Iterator[None]:
    """Let a member have the VIP's subnet, as Kuryr's are said to have by default."""
    found = healthy.octavia.get_load_balancer(healthy.ids["load_balancer"])
    with stored("member", subnet_id=found.vip_subnet_id)(healthy):
        yield


def full(*kinds: str) -> Fault:
    """Let the project have no more than it has of these (the SDK's names of quotas).

    All are quotas of Octavia's, but for `ports`.
    """

    @contextmanager
    def fault(healthy: HealthyService) -> Iterator[None]:
        admin: Any = healthy.users["admin"]
        used = {
            "load_balancers": len(list(healthy.octavia.load_balancers())),
            "listeners": len(list(healthy.octavia.listeners())),
            "pools": len(list(healthy.octavia.pools())),
            "members": sum(len(pool.members) for pool in healthy.octavia.pools()),
            "health_monitors": len(list(healthy.octavia.health_monitors())),
        }
        admin.load_balancer.update_quota(
            healthy.project, **{kind: used[kind] for kind in kinds if kind in used}
        )
        if "ports" in kinds:
            ports = len(list(admin.network.ports(project_id=healthy.project)))
            admin.network.update_quota(healthy.project, ports=ports)
        try:
            yield
        finally:
            admin.load_balancer.delete_quota(healthy.project)
            if "ports" in kinds:
                admin.network.delete_quota(healthy.project)

    return fault


@contextmanager
def tcp_only(healthy: HealthyService) -> Iterator[None]:
    """Let only TCP in to the pods, as the rule in Kuryr's manual does."""
    network = healthy.network
    rules = network.security_group_rules(security_group_id=healthy.group, protocol="sctp")
    for rule in list(rules):
        network.delete_security_group_rule(rule.id)
    tcp = kuryr.admit(healthy.users["kuryr"], healthy.group, "tcp")
    try:
        yield
    finally:
        network.delete_security_group_rule(tcp.id)
        kuryr.admit(healthy.users["kuryr"], healthy.group, "sctp")


@contextmanager
def half_the_subnet(healthy: HealthyService) -> Iterator[None]:
    """Let only a half of the service's subnet in to the pods."""
    with tcp_only(healthy):
        half = kuryr.admit(
            healthy.users["kuryr"], healthy.group, "sctp", remote_ip_prefix="10.0.0.128/27"
        )
        try:
            yield
        finally:
            network = healthy.network
            network.delete_security_group_rule(half.id)


@contextmanager
def no_group(healthy: HealthyService) -> Iterator[None]:
    """Take the pods' ports out of every group."""
    network = healthy.network
    ports = [port for port in network.ports() if healthy.group in port.security_group_ids]
    for port in ports:
        network.update_port(port.id, security_group_ids=[])
    try:
        yield
    finally:
        for port in ports:
            network.update_port(port.id, security_group_ids=[healthy.group])


@contextmanager
def rule_of_the_vip_deleted(healthy: HealthyService) -> Iterator[None]:
    """Delete Octavia's own rule for SCTP at the VIP."""
    network: Any = healthy.users["admin"].network
    (group,) = network.get_port(healthy.ids["vip_port"]).security_group_ids
    (rule,) = network.security_group_rules(
        security_group_id=group, port_range_max=38412, protocol="sctp"
    )
    network.delete_security_group_rule(rule.id)
    try:
        yield
    finally:
        kuryr.admit(
            healthy.users["admin"], group, "sctp", port_range_min=38412, port_range_max=38412
        )


def monitored(kind: str, **more: Any) -> Fault:
    """Give the pool a health monitor."""

    @contextmanager
    def fault(healthy: HealthyService) -> Iterator[None]:
        made = healthy.octavia.create_health_monitor(
            pool_id=healthy.ids["pool"], type=kind, delay=5, timeout=3, max_retries=2, **more
        )
        healthy.settle()
        try:
            yield
        finally:
            healthy.octavia.delete_health_monitor(made.id)
            healthy.settle()

    return fault


# As cloud-provider-openstack makes it for externalTrafficPolicy Local.
PORTS_FOR_A_MONITOR = together(
    changed("member", monitor_port=31999), changed("other_member", monitor_port=31999)
)
POLICY_LOCAL = together(monitored("HTTP", url_path="/healthz"), PORTS_FOR_A_MONITOR)


def down(*parts: str) -> Callable[[HealthyService], dict[str, str]]:
    """Let the amphora say that its health monitor does not reach these members."""
    return lambda healthy: {healthy.ids[part]: "DOWN" for part in parts}


@contextmanager
def hung_monitor(healthy: HealthyService) -> Iterator[None]:
    """Let the change to a health monitor hang for hours."""
    put = "UPDATE health_monitor SET provisioning_status = ?, updated_at = ? WHERE pool_id = ?"
    with monitored("SCTP")(healthy):
        pool = healthy.ids["pool"]
        healthy.cloud.sql("octavia", put, ["PENDING_UPDATE", time_ago(timedelta(hours=6)), pool])
        try:
            yield
        finally:
            healthy.cloud.sql("octavia", put, ["ACTIVE", time_ago(timedelta()), pool])


@contextmanager
def floating_ip_down(healthy: HealthyService) -> Iterator[None]:
    """Bind a floating IP to the VIP; without an agent it stays DOWN."""
    network = healthy.network
    public = network.find_network("public", ignore_missing=False)
    made = network.create_ip(floating_network_id=public.id, port_id=healthy.ids["vip_port"])
    try:
        yield
    finally:
        network.delete_ip(made.id)


@contextmanager
def floating_ip_is_active(healthy: HealthyService) -> Iterator[None]:
    """Let the floating IP be what an agent would make of it; it goes with the floating IP."""
    put = "UPDATE floatingips SET status = 'ACTIVE' WHERE fixed_port_id = ?"
    healthy.cloud.sql("neutron", put, [healthy.ids["vip_port"]])
    yield


@contextmanager
def vip_without_groups(healthy: HealthyService) -> Iterator[None]:
    """Take the VIP's port out of every group, as Kuryr does without enforce_sg_rules."""
    port = healthy.network.get_port(healthy.ids["vip_port"])
    network: Any = healthy.users["admin"].network
    network.update_port(port.id, security_group_ids=[])
    try:
        yield
    finally:
        network.update_port(port.id, security_group_ids=port.security_group_ids)
