# SPDX-License-Identifier: Apache-2.0

"""The installed `openstack` command, run as a user would."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.support.preloaded import Server

OPENSTACK = Path(sys.executable).with_name("openstack")
TIMEOUT = 300  # seconds after which a command hangs, however busy the machine is


@cache
def _server() -> Server:
    server = Server(Path(sys.executable))
    server.wait_until_ready()
    return server


@dataclass(frozen=True)
class Shell:
    """Runs the installed `openstack` as a user would, in an environment of its own."""

    home: Path

    def environ(self, extra: Mapping[str, str]) -> dict[str, str]:
        """Return the whole environment that a command is given."""
        return {
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "COLUMNS": "80",
            **extra,
        }

    def openstack(
        self, *arguments: str, env: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run `openstack` with these arguments to its end, forked from one that has started."""
        argv, environment = [str(OPENSTACK), *arguments], self.environ(env or {})
        with (
            Path(os.devnull).open() as nothing,
            tempfile.TemporaryFile("w+") as output,
            tempfile.TemporaryFile("w+") as errors,
        ):
            streams = (stream.fileno() for stream in (nothing, output, errors))
            command = _server().start(argv, environment, str(self.home), *streams)
            command.told.settimeout(TIMEOUT)
            try:
                status = command.status()
            except TimeoutError:
                os.killpg(command.pid, signal.SIGKILL)
                raise subprocess.TimeoutExpired(argv, TIMEOUT) from None
            output.seek(0)
            errors.seek(0)
            return subprocess.CompletedProcess(argv, status, output.read(), errors.read())

    def verify(
        self, *arguments: str, env: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run `openstack --quiet kuryr sctp verify`, which prints no line about each service."""
        return self.openstack("--quiet", "kuryr", "sctp", "verify", *arguments, env=env)
