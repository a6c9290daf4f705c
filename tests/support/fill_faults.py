# SPDX-License-Identifier: Apache-2.0

"""What is wrong with a broken service: changes to its rows, one for each check that can fail."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.support.fill_rows import PORT_PARTS, Rows, new_id, number_of, service

Fault = Callable[[Rows], None]

CLOSED_POD = "10.0.0.99"  # its port has port security, and no group that would let anything in
# Added to a service's number where another object needs one of its own.
_TWIN, _GROUP, _FLOATING_IP = 1_000_000, 2_000_000, 3_000_000


def _one(table: str, **values: Any) -> Fault:
    return lambda rows: rows[table][0].update(values)


def _twin(rows: Rows) -> None:
    other = service(rows, number_of(rows) + _TWIN, rows["load_balancer"][0]["name"])
    for table, added in other.items():
        rows[table] += added


def _switched_off(rows: Rows) -> None:
    (listener,) = rows["listener"]
    listener["enabled"] = False
    # Without one it would be a NetworkPolicy's doing.
    rows["listener_cidr"] = [{"listener_id": listener["id"], "cidr": "0.0.0.0/0"}]


def _no_weight(rows: Rows) -> None:
    for member in rows["member"]:
        member["weight"] = 0


def _monitored(rows: Rows, **values: Any) -> None:
    monitor = {"id": new_id(), "pool_id": rows["pool"][0]["id"], "type": "SCTP", "enabled": True}
    monitor |= {"delay": 5, "timeout": 4, "fall_threshold": 3, "rise_threshold": 3}
    monitor |= {"provisioning_status": "ACTIVE", "operating_status": "ONLINE"}
    monitor["project_id"] = rows["pool"][0]["project_id"]
    rows["health_monitor"] = [monitor | values]


def _broken_monitor(rows: Rows) -> None:
    _monitored(rows, provisioning_status="ERROR")


def _monitor_that_no_group_admits(rows: Rows) -> None:
    _monitored(rows, type="HTTP")
    for member in rows["member"]:
        member["monitor_port"] = 31999


def _no_port(rows: Rows) -> None:
    for table in PORT_PARTS:
        rows[table] = []


def _closed_group(rows: Rows) -> None:
    attribute = _attribute(rows, _GROUP, "securitygroups")
    group = {"id": new_id(), "name": "closed", "stateful": True, "standard_attr_id": attribute}
    rows["securitygroups"] = [group | {"project_id": rows["load_balancer"][0]["project_id"]}]
    (binding,) = rows["securitygroupportbindings"]
    binding["security_group_id"] = group["id"]


def _floating_ip_to_another(rows: Rows) -> None:
    attribute = _attribute(rows, _FLOATING_IP, "floatingips")
    (port,) = rows["ports"]
    floating_ip = {"id": new_id(), "standard_attr_id": attribute, "status": "ACTIVE"}
    floating_ip |= {"floating_port_id": new_id(), "floating_network_id": port["network_id"]}
    floating_ip |= {"floating_ip_address": "172.24.4.9", "fixed_ip_address": "10.0.0.9"}
    floating_ip |= {"fixed_port_id": port["id"]}
    rows["floatingips"] = [
        floating_ip | {"project_id": rows["load_balancer"][0]["project_id"]},
    ]


def _attribute(rows: Rows, offset: int, kind: str) -> int:
    number = rows["standardattributes"][0]["id"] + offset
    rows["standardattributes"].append(
        rows["standardattributes"][0] | {"id": number, "resource_type": kind}
    )
    return int(number)


# By the only check that fails on it.
FAULTS: Mapping[str, Fault] = {
    "load-balancer-unique": _twin,
    "load-balancer-admin-state": _one("load_balancer", enabled=False),
    "load-balancer-provisioning": _one("load_balancer", provisioning_status="ERROR"),
    "load-balancer-operating": _one("load_balancer", operating_status="ERROR"),
    "listener-port": _one("listener", protocol_port=91),
    "listener-admin-state": _switched_off,
    "listener-status": _one("listener", provisioning_status="ERROR"),
    "pool-exists": _one("listener", default_pool_id=None),
    "pool-protocol": _one("pool", protocol="TCP"),
    "pool-algorithm": _one("pool", lb_algorithm="SOURCE_IP_PORT"),
    "pool-admin-state": _one("pool", enabled=False),
    "pool-status": _one("pool", provisioning_status="ERROR"),
    "pool-monitor": _broken_monitor,
    "monitor-security-groups": _monitor_that_no_group_admits,
    "members-exist": _no_weight,
    "member-address": _one("member", ip_address="fd00:75::75"),
    "member-port": _one("member", protocol_port=9091),
    "member-status": _one("member", provisioning_status="ERROR"),
    "member-security-groups": _one("member", ip_address=CLOSED_POD),
    "vip-port": _no_port,
    "vip-security-groups": _closed_group,
    "floating-ip": _floating_ip_to_another,
}
