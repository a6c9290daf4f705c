# SPDX-License-Identifier: Apache-2.0

"""A healthy service in a real cloud, and the ways to change it that mend it again."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from openstack.connection import Connection

import kuryrsctp
from kuryrsctp.verifier.report import Expectations, Finding, Status
from tests.support import kuryr
from tests.support.cloud import Cloud
from tests.support.database import stored_row
from tests.support.readers import without_ages

NAME = "core/nrf"
ADDRESSES = ("10.0.0.110", "10.0.0.111")
_TIMEOUT = 30  # seconds for a heartbeat to be heard
_POLL = 0.1


@dataclass(frozen=True)
class HealthyService:
    """A service of two pods: SCTP and TCP on port 38412, SCTP on 9999; `ids` are of its parts."""

    cloud: Cloud
    users: dict[str, Connection]
    group: str
    project: str
    ids: dict[str, str]

    @property
    def network(self) -> Any:
        """Neutron, as Kuryr sees it."""
        return self.users["kuryr"].network

    @property
    def octavia(self) -> Any:
        """Octavia, as Kuryr sees it."""
        return self.users["kuryr"].load_balancer

    def settle(self) -> None:
        """Wait until Octavia has made the last change, and let it seem to be an hour old."""
        kuryr.settle(self.users["kuryr"], self.ids["load_balancer"])
        kuryr.age(self.cloud, self.ids["load_balancer"])

    def rows(self, user: str, service: str = "", **expected: Any) -> tuple[Finding, ...]:
        """Verify the service, or another one, as a user who expects something of it.

        It is read alone and among all services, and both ways have to give the same rows.
        """
        connection, name, wanted = self.users[user], service or NAME, Expectations(**expected)
        rows = kuryrsctp.verify(connection, name, expected=wanted).findings
        results = kuryrsctp.verify_all(connection, namespace="core", expected=wanted)
        in_bulk = {result.name: result.report for result in results}
        if _is_listed(rows):
            report = in_bulk[name]
            assert report is not None
            assert without_ages(report.findings) == without_ages(rows)
        else:
            assert name not in in_bulk
        return rows

    def wrong(self, user: str, service: str = "", **expected: Any) -> set[tuple[str, str]]:
        """Return the check and status of each row that is neither OK nor skipped."""
        rows = self.rows(user, service, **expected)
        bad = (Status.WARN, Status.FAIL)
        return {(row.check, row.status.value) for row in rows if row.status in bad}


def _is_listed(rows: Iterable[Finding]) -> bool:
    """Tell whether a service has an SCTP listener: no list shows what has none."""
    is_ambiguous = ("load-balancer-unique", Status.FAIL) in {
        (row.check, row.status) for row in rows
    }
    return is_ambiguous or any(row.check == "listener-protocol" for row in rows)


def _nothing(_: HealthyService) -> dict[str, str]:
    return {}


Fault = Callable[[HealthyService], AbstractContextManager[object]]


@contextmanager
def healthy_service(cloud: Cloud) -> Iterator[HealthyService]:
    """Make the service, and delete it in the end."""
    with ExitStack() as stack:
        users = {
            user: stack.enter_context(kuryr.connect(cloud, user))
            for user in ("kuryr", "viewer", "admin")
        }
        connection = users["kuryr"]
        group = stack.enter_context(kuryr.pods(connection, ADDRESSES))
        ports = [_port(38412), _port(9999), _port(38412, "TCP")]
        made = stack.enter_context(kuryr.load_balancer(connection, NAME, ports))
        kuryr.wait_until_online(connection, made.id)
        # The states that a fault puts into the database are to stay there.
        cloud.report({made.id: "SILENT"})
        stack.callback(cloud.report, {})
        kuryr.age(cloud, made.id)
        yield HealthyService(cloud, users, group, made.project_id, _ids(connection, made))


def _port(number: int, protocol: str = "SCTP") -> dict[str, Any]:
    members = [
        kuryr.member(f"{NAME}-{pod}:{number}", address, number)
        for pod, address in enumerate(ADDRESSES)
    ]
    return kuryr.listener(f"{NAME}:{protocol}:{number}", number, *members, protocol=protocol)


def _ids(connection: Connection, made: Any) -> dict[str, str]:
    api: Any = connection.load_balancer
    listeners = {listener.name: listener for listener in api.listeners(load_balancer_id=made.id)}
    listener, other = listeners[f"{NAME}:SCTP:38412"], listeners[f"{NAME}:SCTP:9999"]
    member, other_member = api.members(listener.default_pool_id, sort_key="name", sort_dir="asc")
    return {
        "load_balancer": made.id,
        "vip": made.id,
        "vip_port": made.vip_port_id,
        "listener": listener.id,
        "other_listener": other.id,
        "pool": listener.default_pool_id,
        "other_pool": other.default_pool_id,
        "member": member.id,
        "other_member": other_member.id,
    }


def time_ago(age: timedelta) -> str:
    """Return a time as Octavia's database has it."""
    return (datetime.now(timezone.utc) - age).strftime("%Y-%m-%d %H:%M:%S")


def stored(part: str, *, age: timedelta = timedelta(hours=1), **changes: object) -> Fault:
    """Change a part of the service in Octavia's database, as its API would not.

    `age` is how long ago that part seems to have been changed.
    """
    table = part.removeprefix("other_")

    @contextmanager
    def fault(healthy: HealthyService) -> Iterator[None]:
        key = "load_balancer_id" if table == "vip" else "id"
        timed = {} if table == "vip" else {"updated_at": time_ago(age)}
        values = {**changes, **timed}
        with stored_row(healthy.cloud, table, healthy.ids[part], key=key, **values):
            yield

    return fault


def changed(part: str, **changes: object) -> Fault:
    """Change a part of the service through Octavia's API; names are the SDK's."""
    kind = part.removeprefix("other_")
    pool = ["pool"] if kind == "member" else []

    @contextmanager
    def fault(healthy: HealthyService) -> Iterator[None]:
        read, update = (getattr(healthy.octavia, f"{verb}_{kind}") for verb in ("get", "update"))
        address = [healthy.ids[part], *(healthy.ids[parent] for parent in pool)]
        found = read(*address)
        update(*address, **changes)
        healthy.settle()
        try:
            yield
        finally:
            # What the test changed may still be under way: Octavia would answer 409.
            healthy.settle()
            update(*address, **{name: getattr(found, name) for name in changes})
            healthy.settle()

    return fault


def heard(
    change: Fault,
    part: str,
    status: str,
    said: Callable[[HealthyService], dict[str, str]] = _nothing,
) -> Fault:
    """Change the service, and let the amphora report until Octavia has heard of it.

    `status` is the operating status that a part comes to have; `said` is what the amphora says
    otherwise than that all is well.
    """

    @contextmanager
    def fault(healthy: HealthyService) -> Iterator[None]:
        try:
            with change(healthy):
                healthy.cloud.report(said(healthy))
                _wait_for(healthy, part, status)
                yield
        finally:
            healthy.cloud.report({})
            kuryr.wait_until_online(healthy.users["kuryr"], healthy.ids["load_balancer"])
            healthy.cloud.report({healthy.ids["load_balancer"]: "SILENT"})
            healthy.settle()

    return fault


def _wait_for(healthy: HealthyService, part: str, status: str) -> None:
    table = part.removeprefix("other_")
    asked = f"SELECT operating_status FROM {table} WHERE id = ?"
    deadline = time.monotonic() + _TIMEOUT
    while healthy.cloud.sql("octavia", asked, [healthy.ids[part]]) != [(status,)]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"the {part} does not become {status}")
        time.sleep(_POLL)


@contextmanager
def forbidden(cloud: Cloud, *rules: str) -> Iterator[None]:
    """Let nobody but an administrator do what these rules of Neutron's or Octavia's policy say."""
    path = cloud.state / "policy.yaml"  # JSON is YAML, and is read again when it changes
    path.write_text(json.dumps(dict.fromkeys(rules, "role:admin")))
    try:
        yield
    finally:
        path.write_text("{}")
