# SPDX-License-Identifier: Apache-2.0

"""Fills a running cloud with services, straight into its databases: the APIs need a second each.

Every row is a copy of one that the real APIs made for the walkthrough's service.
"""

import contextlib
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.support.cloud import Cloud
from tests.support.fill_faults import CLOSED_POD, FAULTS
from tests.support.fill_rows import PARTS, PORT_PARTS, Rows, renew_port, service

_TCP_EVERY = 5
_TEMPLATE = "default/sctp-demo"
_TEMPLATE_POD = "sctp-demo-65fcf85ddb-zg7nq"


@dataclass(frozen=True)
class Filled:
    """The names of the services that were put in, and for a broken one the check that fails."""

    sctp: tuple[str, ...]
    tcp: tuple[str, ...]
    broken: Mapping[str, str]

    @property
    def listed(self) -> list[str]:
        """The names of all SCTP load balancers: two of them may have the same."""
        twins = [name for name, check in self.broken.items() if check == "load-balancer-unique"]
        return [*self.sctp, *twins]


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
            rows = service(template, number, name)
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
    return _rows(databases, PARTS | PORT_PARTS, wanted)


def _rows(
    databases: sqlite3.Connection, conditions: Mapping[str, str], ids: Mapping[str, str]
) -> Rows:
    return {
        table: [dict(row) for row in databases.execute(f"SELECT * FROM {table} WHERE {where}", ids)]
        for table, where in conditions.items()
    }


def _closed_port(databases: sqlite3.Connection, number: int) -> Rows:
    (port,) = databases.execute("SELECT id FROM ports WHERE name = ?", [_TEMPLATE_POD]).fetchone()
    rows = _rows(databases, PORT_PARTS, {"port": port})
    del rows["ipallocations"][1:]  # the one of IPv6
    rows["securitygroupportbindings"] = []
    renew_port(rows, number, CLOSED_POD)
    return rows


def _make_tcp(rows: Rows) -> None:
    for table in ("listener", "pool"):
        (row,) = rows[table]
        row |= {"protocol": "TCP", "name": row["name"].replace(":SCTP:", ":TCP:")}


def _insert(databases: sqlite3.Connection, rows: Rows) -> None:
    for table, added in rows.items():
        if added:
            columns, places = ", ".join(added[0]), ", ".join(f":{name}" for name in added[0])
            databases.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", added)
