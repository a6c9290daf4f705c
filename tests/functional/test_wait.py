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


"""`verify --wait`: what Kuryr and Octavia are still at work on is looked at again."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.functional.conftest import OPENSTACK, Shell
from tests.functional.fake_api import FakeApi
from tests.lab.cloud import Cloud

WALKTHROUGH = "default/sctp-demo"
CHANGE = "UPDATE load_balancer SET provisioning_status = ? WHERE name = ?"


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


def test_a_change_is_waited_for_and_the_last_look_counts(shell: Shell, cloud: Cloud) -> None:
    arguments = (WALKTHROUGH, "--strict", "--wait", "50", "-f", "json")
    with (
        pending(cloud),
        subprocess.Popen(
            [OPENSTACK, "kuryr", "sctp", "verify", *arguments],
            env=shell.environ(cloud.environ()),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stderr
        line = process.stderr.readline()
        cloud.sql("octavia", CHANGE, ["ACTIVE", WALKTHROUGH])
        output, errors = process.communicate(timeout=60)
    assert (process.returncode, provisioning(output), errors) == (0, ["OK"], "")
    assert line.startswith(f"{WALKTHROUGH}: load-balancer-provisioning: PENDING_UPDATE")
    assert line.endswith("waiting for at most 50 s more\n")


def test_a_change_that_does_not_end_is_waited_for_no_longer_than_asked(
    shell: Shell, cloud: Cloud
) -> None:
    with pending(cloud):
        begun = time.monotonic()
        looked = shell.verify(
            WALKTHROUGH, "--strict", "--wait", "3", "-f", "json", env=cloud.environ()
        )
        assert time.monotonic() - begun > 3  # that it ends in time is the shell's to see
    assert (looked.returncode, provisioning(looked.stdout)) == (3, ["WARN"])
    assert len(looked.stderr.splitlines()) == 1


def test_a_settled_service_is_not_waited_for_even_if_it_is_wrong(
    shell: Shell, cloud: Cloud
) -> None:
    cloud.sql("octavia", CHANGE, ["ERROR", WALKTHROUGH])
    try:
        looked = shell.verify(WALKTHROUGH, "--wait", "-f", "json", env=cloud.environ())
    finally:
        cloud.sql("octavia", CHANGE, ["ACTIVE", WALKTHROUGH])
    assert (looked.returncode, looked.stderr) == (3, "")
    assert provisioning(looked.stdout) == ["FAIL"]


def test_quiet_waits_without_a_word(shell: Shell, fake: FakeApi) -> None:
    fake.lists["/lbaas/loadbalancers"] = []
    arguments = ("--quiet", "kuryr", "sctp", "verify", "x", "--wait", "1")
    done = shell.openstack(*arguments, env=fake.environ())
    assert (done.returncode, done.stderr) == (3, "")


def test_ctrl_c_while_waiting_shows_what_is_known(shell: Shell, fake: FakeApi) -> None:
    fake.lists["/lbaas/loadbalancers"] = []
    with subprocess.Popen(
        [OPENSTACK, "kuryr", "sctp", "verify", "x", "--wait", "-f", "value", "-c", "Check"],
        env=shell.environ(fake.environ()),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        line = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=30)
    assert line.endswith("waiting for at most 300 s more\n")
    assert (process.returncode, errors) == (130, "")
    assert "load-balancer-exists" in output.splitlines()


@pytest.mark.parametrize("value", ["sctp-demo", "-1", "nan", "inf"])
def test_the_time_to_wait_is_a_number_of_seconds(shell: Shell, value: str) -> None:
    done = shell.verify(f"--wait={value}", "x")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"argument --wait: '{value}' is no number of seconds" in done.stderr
