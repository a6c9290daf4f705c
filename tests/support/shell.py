# SPDX-License-Identifier: Apache-2.0

"""The installed `openstack` command, run as a user would."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

OPENSTACK = Path(sys.executable).with_name("openstack")
TIMEOUT = 300  # seconds after which a command hangs, however busy the machine is


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
        """Run `openstack` with these arguments to its end."""
        return subprocess.run(
            [OPENSTACK, *arguments],
            env=self.environ(env or {}),
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )

    def verify(
        self, *arguments: str, env: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run `openstack --quiet kuryr sctp verify`, which prints no line about each service."""
        return self.openstack("--quiet", "kuryr", "sctp", "verify", *arguments, env=env)
