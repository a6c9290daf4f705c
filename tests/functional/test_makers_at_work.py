# SPDX-License-Identifier: Apache-2.0

"""What a maker is about to make is no fault, and what is deleted while it is read is none."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from openstack.connection import Connection

import kuryrsctp
from kuryrsctp.verifier.report import VerifyReport
from tests.support import kuryr, occm
from tests.support.cloud import Cloud
from tests.support.database import stored_row
from tests.support.healthy_service import time_ago
from tests.support.shell import Shell
from tests.support.struggling_proxy import StrugglingProxy, Trouble, in_front_of

# The SDK's own affairs.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack")

MARK = occm.mark("amf", namespace="steps")
NAME = "steps/amf"
PART = f"listener_0_{MARK}"
CHANGED = "changed less than a minute ago"
_TIMEOUT = 60  # seconds for Octavia to list the listeners


@pytest.fixture(scope="module")
def connection(cloud: Cloud) -> Iterator[Connection]:
    """Act in the cloud as the maker of the load balancers."""
    with kuryr.connect(cloud) as connected:
        yield connected


def verify(connection: Connection, expected: str) -> VerifyReport:
    """Verify the service; only the check that is expected may have found a fault."""
    report = kuryrsctp.verify(connection, NAME)
    assert {row.check for row in report.failures} <= {expected}
    return report


def status_of(report: VerifyReport, check: str) -> str:
    """Return the status that a check has found."""
    (row,) = (row for row in report.findings if row.check == check)
    if row.status.value == "WARN":
        assert CHANGED in row.detail
        assert "may still be at work" in row.hint
    return row.status.value


def test_what_is_made_step_by_step_is_missing_only_a_minute_after_the_last_step(
    connection: Connection, cloud: Cloud
) -> None:
    api: Any = connection.load_balancer
    protocol = "SCTP"
    with kuryr.load_balancer(connection, MARK, tags=[MARK]) as made:

        def seen(check: str) -> list[str]:
            """Return what a check says at once, and what it says after an hour."""
            kuryr.settle(connection, made.id)
            at_once = status_of(verify(connection, check), check)
            kuryr.wait_until_online(connection, made.id)
            kuryr.age(cloud, made.id)
            return [at_once, status_of(verify(connection, check), check)]

        assert seen("listener-exists") == ["WARN", "FAIL"]
        listener = api.create_listener(
            name=PART, protocol=protocol, protocol_port=1, load_balancer_id=made.id, tags=[MARK]
        )
        assert seen("pool-exists") == ["WARN", "FAIL"]
        pool = api.create_pool(
            name=PART, protocol=protocol, lb_algorithm="ROUND_ROBIN", listener_id=listener.id
        )
        assert seen("members-exist") == ["WARN", "FAIL"]
        api.create_member(pool, **kuryr.member("worker-1", "10.0.0.101", 31412))
        assert seen("members-exist") == ["OK", "OK"]
        # The Service's port is changed: what has the old one is deleted first.
        api.delete_pool(pool)
        assert seen("pool-exists") == ["WARN", "FAIL"]
        api.delete_listener(listener)
        assert seen("listener-exists") == ["WARN", "FAIL"]


def test_what_never_comes_is_a_fault_at_the_end_of_a_wait(
    connection: Connection, cloud: Cloud, shell: Shell
) -> None:
    with kuryr.load_balancer(connection, MARK, tags=[MARK]) as made:
        kuryr.wait_until_online(connection, made.id)
        new = time_ago(timedelta(seconds=45))
        with stored_row(cloud, "load_balancer", made.id, updated_at=new):
            done = shell.verify(NAME, "--wait", "25", "-f", "json", env=cloud.environ())
    listener = next(row for row in json.loads(done.stdout) if row["Check"] == "listener-exists")
    assert (done.returncode, listener["Status"]) == (3, "FAIL")
    assert listener["Detail"] == "no listener at all"


@pytest.fixture
def service(connection: Connection, cloud: Cloud) -> Iterator[Any]:
    """Hold a service that nothing has changed for an hour."""
    port = occm.listener(MARK, 38412, 31412)
    with occm.load_balancer(connection, MARK, [port]) as made:
        kuryr.age(cloud, made.id)
        yield made


def delete_pool_before(
    asked: str, connection: Connection, proxy: StrugglingProxy, lb_id: str
) -> None:
    """Delete the pool just before Octavia gets a request, and after it has listed listeners."""
    api: Any = connection.load_balancer
    (pool,) = api.pools(loadbalancer_id=lb_id)
    listeners_are_read = threading.Event()
    deleting = threading.Lock()

    def read_listeners(handler: Any, body: bytes) -> None:
        handler.hand_on(body)
        listeners_are_read.set()

    def delete(handler: Any, body: bytes) -> None:
        listeners_are_read.wait(_TIMEOUT)
        with deleting:
            if api.find_pool(pool.id) is not None:
                api.delete_pool(pool)
                kuryr.settle(connection, lb_id)
        handler.hand_on(body)

    def trouble(_: int, path: str) -> Trouble | None:
        if "/lbaas/listeners" in path:
            return read_listeners
        return delete if asked.format(pool=pool.id) in path else None

    proxy.trouble = trouble


@pytest.mark.parametrize("arguments", [(NAME,), ("--all", "--namespace", "steps")], ids=str)
@pytest.mark.parametrize(
    ("asked", "check", "status", "told"),
    [
        ("/lbaas/pools/{pool}/members", "pool-status", "SKIP", "it is being deleted"),
        ("/lbaas/pools?", "pool-exists", "WARN", "was made or deleted while it was read"),
    ],
    ids=["before its members are read", "before it is read"],
)
def test_a_pool_that_is_deleted_while_the_service_is_read_is_no_fault(
    connection: Connection,
    cloud: Cloud,
    shell: Shell,
    service: Any,
    tmp_path: Path,
    arguments: tuple[str, ...],
    asked: str,
    check: str,
    status: str,
    told: str,
) -> None:
    with in_front_of(cloud, tmp_path) as proxy:
        delete_pool_before(asked, connection, proxy, service.id)
        done = shell.verify(*arguments, "--show", "all", "--long", "-f", "json", env=proxy.environ)
    assert (done.returncode, done.stderr) == (0, "")
    rows = json.loads(done.stdout)
    assert {row["Status"] for row in rows} <= {"OK", "SKIP", status}
    (row,) = (row for row in rows if row["Check"] == check)
    assert (row["Status"], row["Detail"].endswith(told)) == (status, True)
    assert not list(connection.load_balancer.pools(loadbalancer_id=service.id))
