# SPDX-License-Identifier: Apache-2.0

"""A cloud with more services than a page holds."""

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from kuryrsctp.verifier.checks import CATALOGUE
from tests.support import struggling_proxy
from tests.support.cloud import Cloud
from tests.support.cloud.walkthrough import SCTP_DEMO
from tests.support.fill import Filled, fill
from tests.support.fill_faults import FAULTS
from tests.support.shell import OPENSTACK, TIMEOUT, Shell
from tests.support.struggling_proxy import StrugglingProxy, Trouble, in_front_of

PAGE = 1000  # Octavia's
PATIENCE = 240  # seconds for all of them, on a busy machine
COUNT = 1300  # of which four fifths are SCTP
LIST = ("kuryr", "sctp", "list")
ALL = ("--quiet", "kuryr", "sctp", "verify", "--all", "--show", "all")
# They only tell or warn; the others ask about what a list of SCTP listeners does not hold, what
# Octavia's database refuses, or two listeners of one load balancer.
WITHOUT_FAULT = {
    "listener-allowed-cidrs",
    "listener-name",
    "listener-pool",
    "listener-timeouts",
    "load-balancer-provider",
    "member-admin-state",
    "member-name",
    "member-quota",
    "member-weight",
    "pool-name",
    "pool-persistence",
    *("listener-exists", "listener-protocol", "load-balancer-exists", "load-balancer-quota"),
    *("members-distinct", "octavia-version", "pools-used", "member-backup", "pool-quota"),
    *("health-monitor-quota", "listener-connection-limit", "listener-quota", "port-quota"),
}


class Big(NamedTuple):
    """A cloud, and what it was filled with."""

    cloud: Cloud
    filled: Filled


@pytest.fixture(scope="module")
def big() -> Iterator[Big]:
    """Run a cloud with COUNT services more than usual."""
    with Cloud.start() as cloud:
        yield Big(cloud, fill(cloud, COUNT))


@pytest.fixture
def proxy(big: Big, tmp_path: Path) -> Iterator[StrugglingProxy]:
    """Put a proxy in front of the cloud."""
    with in_front_of(big.cloud, tmp_path) as running:
        yield running


def test_every_check_has_a_service_that_it_fails_on_if_there_can_be_one() -> None:
    assert set(CATALOGUE) == {*FAULTS, *WITHOUT_FAULT}


def test_a_list_longer_than_a_page_holds_each_sctp_service_once_and_no_other(
    shell: Shell, big: Big
) -> None:
    assert len(big.filled.sctp) > PAGE
    done = shell.openstack(*LIST, "-f", "value", "-c", "Service", env=big.cloud.environ())
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == sorted([*big.filled.listed, SCTP_DEMO.name])


def test_what_comes_and_goes_while_it_is_listed_is_there_once_or_not_at_all(
    shell: Shell, big: Big, proxy: StrugglingProxy
) -> None:
    """The row that marks the end of the first page goes away, as those before it do."""
    gone: list[str] = []

    def change(_: int, path: str) -> None:
        if "/listeners" not in path or "marker=" not in path or gone:
            return
        query = "SELECT load_balancer_id, id FROM listener ORDER BY id"
        listeners = big.cloud.sql("octavia", query)
        assert listeners[PAGE - 1][1] in path
        for owner, key in listeners[PAGE - 3 : PAGE]:
            gone.append(owner)
            big.cloud.sql("octavia", "DELETE FROM listener WHERE id = ?", [key])
        for _, key in listeners[:2]:
            anew = "UPDATE listener SET id = 'ffffffff' || substr(id, 9) WHERE id = ?"
            big.cloud.sql("octavia", anew, [key])

    proxy.trouble = change
    ids = "SELECT load_balancer_id FROM listener WHERE protocol = 'SCTP'"
    before = {key for (key,) in big.cloud.sql("octavia", ids)}
    done = shell.openstack(*LIST, "--long", "-f", "value", "-c", "ID", env=proxy.environ)
    assert (done.returncode, done.stderr) == (0, "")
    listed = done.stdout.split()
    assert len(gone) == 3
    assert len(listed) == len(set(listed))
    # Where only the listener went away, the pool tells that there is a service.
    assert before - set(gone) <= set(listed) <= before


def test_all_of_them_are_verified_and_exactly_the_broken_ones_fail_each_by_its_own_check(
    shell: Shell, big: Big
) -> None:
    done = subprocess.run(
        [OPENSTACK, *ALL, "-f", "json"],
        env=shell.environ(big.cloud.environ()),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (3, "")
    failed: dict[str, set[str]] = {}
    for row in json.loads(done.stdout):
        checks = failed.setdefault(row["Service"], set())
        if row["Status"] == "FAIL":
            checks.add(row["Check"])
    # Of these, the test above took the listeners away.
    gone = {name for name, checks in failed.items() if "listener-exists" in checks}
    gone |= set(big.filled.sctp) - set(failed)
    assert len(gone) <= 3
    wrong = {name: checks for name, checks in failed.items() if checks and name not in gone}
    assert wrong == {name: {check} for name, check in big.filled.broken.items() if name not in gone}


class Watched:
    """A command whose standard error is a terminal, and whose result goes into a file."""

    def __init__(self, shell: Shell, environ: dict[str, str], *arguments: str) -> None:
        self._terminal, its_end = pty.openpty()
        self._result = shell.home / "result"
        with self._result.open("wb") as stdout:
            self.process = subprocess.Popen(
                [OPENSTACK, *arguments],
                env=shell.environ(environ),
                stdout=stdout,
                stderr=its_end,
            )
        os.close(its_end)

    def wait_for(self, pattern: str) -> None:
        """Return when the terminal has shown it."""
        seen, deadline = "", time.monotonic() + TIMEOUT
        while not re.search(pattern, seen):
            assert time.monotonic() < deadline, seen[-1000:]
            seen += os.read(self._terminal, 4096).decode()

    def interrupt(self) -> str:
        """Do what Ctrl-C does; return the result of a command that notices."""
        self.process.send_signal(signal.SIGINT)
        left = b""
        with contextlib.suppress(OSError):  # how a terminal says that nobody writes any more
            while data := os.read(self._terminal, 4096):
                left += data
        os.close(self._terminal)
        assert self.process.wait(TIMEOUT) == 130
        assert "Traceback" not in left.decode()
        return self._result.read_text()


def test_verify_shows_how_far_it_is_and_ctrl_c_prints_what_is_known(shell: Shell, big: Big) -> None:
    command = Watched(shell, big.cloud.environ(), *ALL[1:], "-f", "json")
    command.wait_for(r"\d{4} read.*\d+/s")
    command.wait_for(r"[1-9]\d*/1\d{3}\b.*\d+/s.*\d:\d\d:\d\d.*left")
    judged = {row["Service"] for row in json.loads(command.interrupt())}
    assert 0 < len(judged) < len(big.filled.sctp)


def test_list_shows_how_far_it_is_and_ctrl_c_prints_what_is_known(
    shell: Shell, big: Big, proxy: StrugglingProxy
) -> None:
    """The last page of the pools does not come."""

    def trouble(_: int, path: str) -> Trouble | None:
        return struggling_proxy.silent if "/pools" in path and "marker=" in path else None

    proxy.trouble = trouble
    counts = (
        "SELECT count(*) FROM load_balancer",
        "SELECT count(*) FROM listener",
    )
    rows = PAGE + sum(big.cloud.sql("octavia", count)[0][0] for count in counts)
    command = Watched(shell, proxy.environ, *LIST, "-f", "json")
    command.wait_for(rf"\b{rows} read.*\d+/s")
    listed = json.loads(command.interrupt())
    assert all(row["Members"] in ([2], [None], []) for row in listed)
    assert PAGE - 50 < len(listed) < len(big.filled.sctp)


def test_a_row_is_printed_when_it_is_known_where_the_format_can(shell: Shell, big: Big) -> None:
    with subprocess.Popen(
        [OPENSTACK, *ALL, "-f", "csv", "--jobs", "1"],
        env=shell.environ(big.cloud.environ()),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert [process.stdout.readline()[:9] for _ in range(2)] == ['"Service"', '"default/']
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, stderr) == (130, "")
