# SPDX-License-Identifier: Apache-2.0

"""`verify --wait`: what Kuryr and Octavia are still at work on is looked at again."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
from openstack.connection import Connection

from tests.support import kuryr
from tests.support.cloud import Cloud
from tests.support.fake_api import FakeApi
from tests.support.shell import OPENSTACK, TIMEOUT, Shell

# The SDK's own affairs.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack")

WALKTHROUGH = "default/sctp-demo"
NO_LOAD_BALANCER: dict[str, list[dict[str, Any]]] = {
    "/lbaas/loadbalancers": [],
    "/lbaas/listeners": [],
}
PAUSE = 3  # seconds between two members that Kuryr makes, at most
# The cloud may be days old, and a change that is as old counts as one that hangs.
CHANGE = (
    "UPDATE load_balancer SET provisioning_status = ?, updated_at = datetime('now', '-5 minutes')"
    " WHERE name = ?"
)


class Waiting(NamedTuple):
    """A `verify` that waits, and the line in which it said so."""

    process: "subprocess.Popen[str]"
    line: str

    def end(self) -> tuple[int, str, str]:
        """Wait for its end; return its exit code, and what it has written since."""
        output, errors = self.process.communicate(timeout=TIMEOUT)
        return self.process.returncode, output, errors


@contextmanager
def pending(cloud: Cloud) -> Iterator[None]:
    """Let the walkthrough's load balancer be under change."""
    cloud.sql("octavia", CHANGE, ["PENDING_UPDATE", WALKTHROUGH])
    try:
        yield
    finally:
        cloud.sql("octavia", CHANGE, ["ACTIVE", WALKTHROUGH])


def provisioning(output: str) -> list[str]:
    """Return what the check on the provisioning status says."""
    rows = json.loads(output)
    return [row["Status"] for row in rows if row["Check"] == "load-balancer-provisioning"]


@contextmanager
def waiting(shell: Shell, env: Mapping[str, str], *arguments: str) -> Iterator[Waiting]:
    """Run `verify --wait`; in the context it has looked once, and waits."""
    with subprocess.Popen(
        [OPENSTACK, "kuryr", "sctp", "verify", *arguments],
        env=shell.environ(env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        yield Waiting(process, process.stderr.readline())


def test_a_change_is_waited_for_and_the_last_look_counts(shell: Shell, cloud: Cloud) -> None:
    arguments = (WALKTHROUGH, "--strict", "--wait", "200", "-f", "json")
    with pending(cloud), waiting(shell, cloud.environ(), *arguments) as verify:
        cloud.sql("octavia", CHANGE, ["ACTIVE", WALKTHROUGH])
        code, output, errors = verify.end()
    assert (code, provisioning(output)) == (0, ["OK"])
    (summary,) = errors.splitlines()
    assert summary.startswith(f"{WALKTHROUGH}: OK (")
    assert verify.line.startswith(f"{WALKTHROUGH}: load-balancer-provisioning: PENDING_UPDATE")
    assert verify.line.endswith("waiting up to 200 s\n")


@contextmanager
def new_member(connection: Connection, listener: Any) -> Iterator[None]:
    """Scale up: give the listener's pool another member."""
    api, lb_id = connection.load_balancer, listener.load_balancers[0]["id"]
    found = kuryr.member("default/sctp-demo-65fcf85ddb-new:9090", "10.0.0.90", 9090)
    made = api.create_member(listener.default_pool_id, **found)
    kuryr.settle(connection, lb_id)
    try:
        yield
    finally:
        api.delete_member(made, listener.default_pool_id)
        kuryr.settle(connection, lb_id)


@contextmanager
def new_listener(connection: Connection, listener: Any) -> Iterator[None]:
    """Give the Service another port, in the steps that Kuryr takes."""
    api, lb_id = connection.load_balancer, listener.load_balancers[0]["id"]
    name, protocol = f"{WALKTHROUGH}:SCTP:91", "SCTP"
    made = api.create_listener(
        name=name, protocol=protocol, protocol_port=91, load_balancer_id=lb_id
    )
    kuryr.settle(connection, lb_id)
    pool = api.create_pool(
        name=name, protocol=protocol, lb_algorithm="ROUND_ROBIN", listener_id=made.id
    )
    kuryr.settle(connection, lb_id)
    member = kuryr.member("default/sctp-demo-65fcf85ddb-zg7nq:9091", "10.0.0.75", 9091)
    api.create_member(pool, **member)
    kuryr.wait_until_online(connection, lb_id)
    try:
        yield
    finally:
        for delete, made_object in ((api.delete_pool, pool), (api.delete_listener, made)):
            delete(made_object)
            kuryr.settle(connection, lb_id)


@pytest.mark.parametrize(
    ("expected", "change", "reason"),
    [
        (("--members", "3"), new_member, "members-exist: 2, expected 3"),
        (("--member", "10.0.0.90"), new_member, "members-exist: 2, but not 10.0.0.90"),
        (
            ("--port", "91:9091"),
            new_listener,
            "listener-exists: no SCTP listener on port 91; there is SCTP:90",
        ),
    ],
    ids=["a scale-up", "a certain member", "a new port"],
)
def test_what_is_expected_is_waited_for(
    shell: Shell, cloud: Cloud, expected: tuple[str, ...], change: Any, reason: str
) -> None:
    with kuryr.connect(cloud) as connection:
        (listener,) = connection.load_balancer.listeners(name=f"{WALKTHROUGH}:SCTP:90")
        arguments = (WALKTHROUGH, *expected, "--wait", "200", "-f", "value")
        with (
            waiting(shell, cloud.environ(), *arguments) as verify,
            change(connection, listener),
        ):
            code, output, _ = verify.end()
    assert (code, [line for line in output.splitlines() if " FAIL " in line]) == (0, [])
    assert verify.line == f"{WALKTHROUGH}: {reason}; waiting up to 200 s\n"


def test_a_change_that_does_not_end_is_waited_for_no_longer_than_asked(
    shell: Shell, cloud: Cloud
) -> None:
    with pending(cloud):
        begun = time.monotonic()
        arguments = (WALKTHROUGH, "--strict", "--wait", "3", "-f", "json")
        looked = shell.openstack("kuryr", "sctp", "verify", *arguments, env=cloud.environ())
        assert time.monotonic() - begun > 3  # that it ends in time is the shell's to see
    assert (looked.returncode, provisioning(looked.stdout)) == (3, ["WARN"])
    reason, summary = looked.stderr.splitlines()
    assert reason.endswith("; waiting up to 3 s")
    assert summary.startswith(f"{WALKTHROUGH}: WARN (")


def test_a_settled_service_is_not_waited_for_even_if_it_is_wrong(
    shell: Shell, cloud: Cloud
) -> None:
    for table in ("load_balancer", "listener", "pool", "member"):
        cloud.sql("octavia", f"UPDATE {table} SET updated_at = '2026-01-01 00:00:00'")
    cloud.sql("octavia", CHANGE, ["ERROR", WALKTHROUGH])
    try:
        arguments = (WALKTHROUGH, "--wait", "-f", "json")
        looked = shell.openstack("kuryr", "sctp", "verify", *arguments, env=cloud.environ())
    finally:
        cloud.sql("octavia", CHANGE, ["ACTIVE", WALKTHROUGH])
    (summary,) = looked.stderr.splitlines()
    assert (looked.returncode, summary.partition(" (")[0]) == (3, f"{WALKTHROUGH}: FAIL")
    assert provisioning(looked.stdout) == ["FAIL"]


def test_quiet_waits_without_a_word(shell: Shell, fake: FakeApi) -> None:
    fake.lists |= NO_LOAD_BALANCER
    arguments = ("--quiet", "kuryr", "sctp", "verify", "x", "--wait", "1")
    done = shell.openstack(*arguments, env=fake.environ())
    assert (done.returncode, done.stderr) == (3, "")


def test_ctrl_c_while_waiting_shows_what_is_known(shell: Shell, fake: FakeApi) -> None:
    fake.lists |= NO_LOAD_BALANCER
    arguments = ("x", "--wait", "-f", "value", "-c", "Check")
    with waiting(shell, fake.environ(), *arguments) as verify:
        verify.process.send_signal(signal.SIGINT)
        code, output, errors = verify.end()
    assert verify.line.endswith("waiting up to 300 s\n")
    assert (code, errors) == (130, "default/x: FAIL (1 failure, 4 checks, 3 not judged)\n")
    assert "load-balancer-exists" in output.splitlines()


@pytest.mark.parametrize("value", ["sctp-demo", "-1", "nan", "inf"])
def test_the_time_to_wait_is_a_number_of_seconds(shell: Shell, value: str) -> None:
    done = shell.verify(f"--wait={value}", "x")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"argument --wait: invalid number of seconds '{value}'" in done.stderr


def statuses(output: str, check: str) -> list[str]:
    """Return what each row of a check says."""
    return [row["Status"] for row in json.loads(output) if row["Check"] == check]


def test_a_service_that_was_just_made_is_well_and_waited_for_until_it_is_online(
    shell: Shell, cloud: Cloud
) -> None:
    pod = kuryr.member("wait/amf-0:38412", "10.0.0.110", 38412)
    port = kuryr.listener("wait/amf:SCTP:38412", 38412, pod)
    cloud.report({"wait/amf": "SILENT"})
    try:
        with (
            kuryr.connect(cloud) as connection,
            kuryr.pods(connection, ["10.0.0.110"]),
            kuryr.load_balancer(connection, "wait/amf", [port]),
        ):
            arguments = ("wait/amf", "--strict", "-f", "json")
            at_once = shell.verify(*arguments, env=cloud.environ())
            with waiting(shell, cloud.environ(), *arguments, "--wait") as verify:
                cloud.report({})
                code, output, _ = verify.end()
    finally:
        cloud.report({})
    assert (at_once.returncode, statuses(at_once.stdout, "load-balancer-operating")) == (
        0,
        ["SKIP"],
    )
    assert "OFFLINE, and changed a moment ago" in verify.line
    assert (code, statuses(output, "load-balancer-operating")) == (0, ["OK"])
    assert statuses(output, "listener-status") == ["OK"]


def test_members_that_kuryr_makes_one_by_one_are_all_waited_for(shell: Shell, cloud: Cloud) -> None:
    addresses = ["10.0.0.110", "10.0.0.111", "10.0.0.112"]
    port = kuryr.listener("wait/smf:SCTP:38412", 38412)
    arguments = ("wait/smf", "-f", "json", "--wait")
    with (
        kuryr.connect(cloud) as connection,
        kuryr.pods(connection, addresses),
        kuryr.load_balancer(connection, "wait/smf", [port]) as made,
    ):
        api: Any = connection.load_balancer
        (pool,) = api.pools(loadbalancer_id=made.id)

        def scale_up() -> None:
            for number, address in enumerate(addresses):
                member = kuryr.member(f"wait/smf-{number}:38412", address, 38412)
                api.create_member(pool, **member)
                kuryr.settle(connection, made.id)
                time.sleep(PAUSE)

        with (
            waiting(shell, cloud.environ(), *arguments) as verify,
            ThreadPoolExecutor() as executor,
        ):
            scaling = executor.submit(scale_up)
            code, output, _ = verify.end()
            scaling.result()
    assert (code, len(statuses(output, "member-status"))) == (0, 3)
