# SPDX-License-Identifier: Apache-2.0

"""What the shell offers before anybody has read a page: help with examples, and completion."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.checkout import HANG
from tests.support.shell import Shell

COMMANDS = ("list", "probe", "verify")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_each_command_shows_how_to_call_it(shell: Shell, command: str) -> None:
    done = shell.openstack("kuryr", "sctp", command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    usage, _, rest = done.stdout.partition("xamples:")
    assert usage.startswith(f"usage: openstack kuryr sctp {command} ")
    assert f"openstack kuryr sctp {command}" in " ".join(rest.split())


def test_the_help_of_the_server_says_what_it_is_for() -> None:
    server = Path(sys.executable).with_name("kuryr-sctp-demo")
    done = subprocess.run([server, "--help"], capture_output=True, text=True, timeout=HANG)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Answer every SCTP message" in done.stdout


def test_the_shell_completes_our_commands_and_their_options(shell: Shell) -> None:
    done = shell.openstack("complete")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\n  cmds_kuryr_sctp='list probe verify'\n" in done.stdout
    (options,) = [line for line in done.stdout.splitlines() if "cmds_kuryr_sctp_verify=" in line]
    assert "--strict" in options
