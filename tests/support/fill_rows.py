# SPDX-License-Identifier: Apache-2.0

"""Rows of the databases that make up one service, and copies of them with IDs of their own."""

import copy
import ipaddress
import uuid
from typing import Any

Row = dict[str, Any]
Rows = dict[str, list[Row]]  # by table

_FIRST_VIP = ipaddress.IPv4Address("10.128.0.1")
_FIRST_ATTRIBUTE = 1_000_000
_LONG_AGO = "2026-01-01 00:00:00"
# Which of a table's rows belong to the load balancer; to the port of its VIP.
PARTS = {
    "load_balancer": "id = :lb",
    "vip": "load_balancer_id = :lb",
    "listener": "load_balancer_id = :lb",
    "pool": "load_balancer_id = :lb",
    "member": "pool_id IN (SELECT id FROM pool WHERE load_balancer_id = :lb)",
}
PORT_PARTS = {
    "standardattributes": "id = (SELECT standard_attr_id FROM ports WHERE id = :port)",
    "ports": "id = :port",
    "ipallocations": "port_id = :port",
    "ml2_port_bindings": "port_id = :port",
    "portsecuritybindings": "port_id = :port",
    "securitygroupportbindings": "port_id = :port",
}


def service(template: Rows, number: int, name: str) -> Rows:
    """Copy a service's rows for another one of this name; the number tells its VIP."""
    rows = copy.deepcopy(template)
    (balancer,), (vip,), (listener,), (pool,) = (rows[table] for table in list(PARTS)[:4])
    for part in (balancer, listener, pool):
        # What they lack is a fault only where they are not new, as the template may be.
        part |= {"created_at": _LONG_AGO, "updated_at": _LONG_AGO}
    balancer |= {"id": new_id(), "name": name}
    pool |= {"id": new_id(), "load_balancer_id": balancer["id"], "name": f"{name}:SCTP:90"}
    listener |= {
        "id": new_id(),
        "load_balancer_id": balancer["id"],
        "default_pool_id": pool["id"],
        "name": pool["name"],
    }
    for member in rows["member"]:
        member |= {"id": new_id(), "pool_id": pool["id"]}
    vip |= {"load_balancer_id": balancer["id"], "ip_address": str(_FIRST_VIP + number)}
    vip["port_id"] = renew_port(rows, number, vip["ip_address"])
    return rows


def number_of(rows: Rows) -> int:
    """Return the number that `service` was given."""
    return int(ipaddress.IPv4Address(rows["vip"][0]["ip_address"])) - int(_FIRST_VIP)


def renew_port(rows: Rows, number: int, address: str) -> str:
    """Give the rows of a port its own IDs and one address; return the port's ID."""
    new = new_id()
    for table in PORT_PARTS:
        for row in rows[table]:
            row |= {"port_id": new} if "port_id" in row else {}
    attribute = _FIRST_ATTRIBUTE + number
    rows["standardattributes"][0]["id"] = attribute
    mac = f"fa:17:00:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
    rows["ports"][0] |= {"id": new, "standard_attr_id": attribute, "mac_address": mac}
    rows["ipallocations"][0]["ip_address"] = address
    return new


def new_id() -> str:
    """Return an ID that nothing else has."""
    return str(uuid.uuid4())
