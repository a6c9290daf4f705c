# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Fills a running cloud with services, straight into its databases: the APIs need a second each.

Every row is a copy of one that the real APIs made for the walkthrough's service.
"""

import contextlib
import copy
import ipaddress
import sqlite3
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.lab.cloud import Cloud

Rows = dict[str, list[dict[str, Any]]]  # by table
Fault = Callable[[Rows], None]

_TCP_EVERY = 5
_FIRST_VIP = ipaddress.IPv4Address("10.128.0.1")
_CLOSED_POD = "10.0.0.99"  # its port has port security, and no group that would let anything in
_TEMPLATE = "default/sctp-demo"
_TEMPLATE_POD = "sctp-demo-65fcf85ddb-zg7nq"
# Which of a table's rows belong to the load balancer; to the port of its VIP.
_PARTS = {
    "load_balancer": "id = :lb",
    "vip": "load_balancer_id = :lb",
    "listener": "load_balancer_id = :lb",
    "pool": "load_balancer_id = :lb",
    "member": "pool_id IN (SELECT id FROM pool WHERE load_balancer_id = :lb)",
}
_PORT_PARTS = {
    "standardattributes": "id = (SELECT standard_attr_id FROM ports WHERE id = :port)",
    "ports": "id = :port",
    "ipallocations": "port_id = :port",
    "ml2_port_bindings": "port_id = :port",
    "portsecuritybindings": "port_id = :port",
    "securitygroupportbindings": "port_id = :port",
}


def _one(table: str, **values: Any) -> Fault:
    return lambda rows: rows[table][0].update(values)


def _no_weight(rows: Rows) -> None:
    for member in rows["member"]:
        member["weight"] = 0


def _no_port(rows: Rows) -> None:
    for table in _PORT_PARTS:
        rows[table] = []


# Each by the one check that fails on it.
FAULTS: Mapping[str, Fault] = {
    "load-balancer-admin-state": _one("load_balancer", enabled=False),
    "load-balancer-provisioning": _one("load_balancer", provisioning_status="ERROR"),
    "load-balancer-operating": _one("load_balancer", operating_status="ERROR"),
    "listener-port": _one("listener", protocol_port=91),
    "listener-admin-state": _one("listener", enabled=False),
    "listener-status": _one("listener", provisioning_status="ERROR"),
    "pool-exists": _one("listener", default_pool_id=None),
    "pool-protocol": _one("pool", protocol="TCP"),
    "pool-algorithm": _one("pool", lb_algorithm="SOURCE_IP_PORT"),
    "pool-admin-state": _one("pool", enabled=False),
    "pool-status": _one("pool", provisioning_status="ERROR"),
    "members-exist": _no_weight,
    "member-address": _one("member", ip_address="fd00:75::75"),
    "member-port": _one("member", protocol_port=9091),
    "member-status": _one("member", operating_status="ERROR"),
    "member-security-groups": _one("member", ip_address=_CLOSED_POD),
    "vip-port": _no_port,
}


@dataclass(frozen=True)
class Filled:
    """The names of the services that were put in, and for a broken one the check that fails."""

    sctp: tuple[str, ...]
    tcp: tuple[str, ...]
    broken: Mapping[str, str]


def fill(cloud: Cloud, count: int, broken_each: int = 2) -> Filled:
    """Add services to Kuryr's project; every fifth is TCP.

    :param broken_each: how many SCTP services have each of the FAULTS.
    """
    names = [f"scale-{number // 100:03}/service-{number:05}" for number in range(count)]
    tcp = names[_TCP_EVERY - 1 :: _TCP_EVERY]
    sctp = sorted({*names} - {*tcp})
    faults = [fault for fault in FAULTS for _ in range(broken_each)]
    apart = len(sctp) // max(1, len(faults))
    broken = dict(zip(sctp[::apart], faults, strict=False))
    made: Rows = defaultdict(list)
    with _databases(cloud) as databases:
        template = _template(databases)
        for number, name in enumerate(names):
            rows = _service(template, number, name)
            if name in broken:
                FAULTS[broken[name]](rows)
            elif number % _TCP_EVERY == _TCP_EVERY - 1:
                _make_tcp(rows)
            for table, added in rows.items():
                made[table] += added
        for table, added in _closed_port(databases, count).items():
            made[table] += added
        _insert(databases, made)
    return Filled(tuple(sctp), tuple(tcp), broken)


@contextlib.contextmanager
def _databases(cloud: Cloud) -> Iterator[sqlite3.Connection]:
    """Open Octavia's and Neutron's databases as one, and index what MySQL would index."""
    path = cloud.state / "octavia.db"
    with contextlib.closing(sqlite3.connect(path, timeout=60)) as databases:
        databases.row_factory = sqlite3.Row
        databases.execute("ATTACH ? AS neutron", [str(cloud.state / "neutron.db")])
        for schema in ("main", "neutron"):
            _index_foreign_keys(databases, schema)
        with databases:
            yield databases


def _index_foreign_keys(databases: sqlite3.Connection, schema: str) -> None:
    """MySQL, which clouds run on, has an index for each foreign key; SQLite has none."""
    tables = f"SELECT name FROM {schema}.sqlite_master WHERE type = 'table'"
    for (table,) in databases.execute(tables).fetchall():
        keys = databases.execute(f"PRAGMA {schema}.foreign_key_list('{table}')").fetchall()
        for column in {key["from"] for key in keys}:
            index = f"{schema}.foreign_{table}_{column}"
            databases.execute(f"CREATE INDEX IF NOT EXISTS {index} ON {table} ({column})")


def _template(databases: sqlite3.Connection) -> Rows:
    query = "SELECT id, port_id FROM load_balancer JOIN vip ON load_balancer_id = id"
    ids = dict(databases.execute(f"{query} WHERE name = ?", [_TEMPLATE]).fetchone())
    wanted = {"lb": ids["id"], "port": ids["port_id"]}
    return _rows(databases, _PARTS | _PORT_PARTS, wanted)


def _rows(
    databases: sqlite3.Connection, conditions: Mapping[str, str], ids: Mapping[str, str]
) -> Rows:
    return {
        table: [dict(row) for row in databases.execute(f"SELECT * FROM {table} WHERE {where}", ids)]
        for table, where in conditions.items()
    }


def _service(template: Rows, number: int, name: str) -> Rows:
    """Copy the template's rows, each with its own IDs, for another service."""
    rows = copy.deepcopy(template)
    (balancer,), (vip,), (listener,), (pool,) = (rows[table] for table in list(_PARTS)[:4])
    balancer |= {"id": _new_id(), "name": name}
    pool |= {"id": _new_id(), "load_balancer_id": balancer["id"], "name": f"{name}:SCTP:90"}
    listener |= {
        "id": _new_id(),
        "load_balancer_id": balancer["id"],
        "default_pool_id": pool["id"],
        "name": pool["name"],
    }
    for member in rows["member"]:
        member |= {"id": _new_id(), "pool_id": pool["id"]}
    vip |= {"load_balancer_id": balancer["id"], "ip_address": str(_FIRST_VIP + number)}
    vip["port_id"] = _renew_port(rows, number, vip["ip_address"])
    return rows


def _renew_port(rows: Rows, number: int, address: str) -> str:
    """Give the rows of a port its own IDs and one address; return the port's ID."""
    new = _new_id()
    for table in _PORT_PARTS:
        for row in rows[table]:
            row |= {"port_id": new} if "port_id" in row else {}
    attribute = 1_000_000 + number
    rows["standardattributes"][0]["id"] = attribute
    mac = f"fa:17:00:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
    rows["ports"][0] |= {"id": new, "standard_attr_id": attribute, "mac_address": mac}
    rows["ipallocations"][0]["ip_address"] = address
    return new


def _closed_port(databases: sqlite3.Connection, number: int) -> Rows:
    (port,) = databases.execute("SELECT id FROM ports WHERE name = ?", [_TEMPLATE_POD]).fetchone()
    rows = _rows(databases, _PORT_PARTS, {"port": port})
    del rows["ipallocations"][1:]  # the one of IPv6
    rows["securitygroupportbindings"] = []
    _renew_port(rows, number, _CLOSED_POD)
    return rows


def _make_tcp(rows: Rows) -> None:
    for table in ("listener", "pool"):
        (row,) = rows[table]
        row |= {"protocol": "TCP", "name": row["name"].replace(":SCTP:", ":TCP:")}


def _new_id() -> str:
    return str(uuid.uuid4())


def _insert(databases: sqlite3.Connection, rows: Rows) -> None:
    for table, added in rows.items():
        if added:
            columns, places = ", ".join(added[0]), ", ".join(f":{name}" for name in added[0])
            databases.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", added)
