# SPDX-License-Identifier: Apache-2.0


import os
import subprocess
import sys
from pathlib import Path

import pytest

OPENSTACK = Path(sys.executable).with_name("openstack")
ADDRESS = ("--address", "127.0.0.1", "--port", "90")


def run(*arguments: str) -> tuple[int, str, str]:
    """Run the command as a user without any cloud does; return status, stdout and stderr."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    done = subprocess.run(
        [OPENSTACK, "kuryr", "sctp", "probe", *arguments],
        capture_output=True,
        text=True,
        env=environ,
        timeout=30,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "give either a service, or an address and a port"),
        (("--port", "90"), "give either a service, or an address and a port"),
        (("--address", "127.0.0.1", "--port", "0"), "port is 0: ports go from 1 to 65535"),
        (
            ("--address", "127.0.0.1", "--port", "90", "--timeout", "-1"),
            "timeout is -1: give seconds up to 3600",
        ),
        ((*ADDRESS, "--interval", "-1"), "interval is -1: give seconds, 0 or more"),
        ((*ADDRESS, "--concurrency", "0"), "concurrency is 0: give 1 to 1024"),
        ((*ADDRESS, "--payload-size", "0"), "payload size is 0: give 1 to 1048576 bytes"),
        (
            (*ADDRESS, "--message-file", "/nonexistent"),
            "cannot read '/nonexistent': No such file or directory",
        ),
        ((*ADDRESS, "--message-file", "/dev/zero"), "the message is longer than 1048576 bytes"),
        ((*ADDRESS, "--message-file", "/dev/null"), "SCTP cannot carry an empty message"),
        (
            (*ADDRESS, "--message-hex", "xy"),
            "--message-hex is not hexadecimal: non-hexadecimal number found in fromhex() arg at"
            " position 0",
        ),
        (
            (*ADDRESS, "--expect", "("),
            "'(' is no regular expression: missing ), unterminated subpattern at position 0",
        ),
        (
            (*ADDRESS, "--all-members"),
            "an address is all there is: members and floating IPs are a service's",
        ),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(arguments: tuple[str, ...], said: str) -> None:
    assert run(*arguments) == (2, "", f"{said}\n")


def test_there_is_one_message_at_most() -> None:
    status, stdout, stderr = run(*ADDRESS, "--message", "a", "--message-hex", "61")
    assert (status, stdout) == (2, "")
    assert "--message-hex: not allowed with argument --message" in stderr


def test_a_service_without_a_cloud_is_not_judged() -> None:
    status, stdout, stderr = run("default/sctp-demo")
    assert (status, stdout) == (1, "")
    assert "--os-cloud" in stderr
    assert len(stderr.splitlines()) == 1


def test_a_host_that_does_not_resolve_is_not_judged() -> None:
    status, stdout, stderr = run("--address", "no-such-host.invalid", "--port", "90")
    assert (status, stdout) == (1, "")
    assert stderr.startswith("cannot resolve 'no-such-host.invalid': ")
    assert len(stderr.splitlines()) == 1


def test_the_help_shows_examples_and_exit_codes() -> None:
    status, stdout, _ = run("--help")
    assert status == 0
    shown = " ".join(stdout.split())
    assert "openstack kuryr sctp probe default/sctp-demo" in shown
    assert "Exit codes: 0 every message was answered" in shown
