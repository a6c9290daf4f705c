# SPDX-License-Identifier: Apache-2.0

"""Fixtures: the real `openstack` command, a real cloud, and a fake one for its faults."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.functional import bench as benches
from tests.functional.bench import Bench
from tests.functional.fake_api import FakeApi, fake_api
from tests.lab.cloud import Cloud

OPENSTACK = Path(sys.executable).with_name("openstack")
TIMEOUT = 60  # seconds; no command may take longer


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
        """Run `openstack kuryr sctp verify`."""
        return self.openstack("kuryr", "sctp", "verify", *arguments, env=env)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Return a way to run `openstack`."""
    return Shell(tmp_path)


@pytest.fixture(scope="session")
def cloud() -> Iterator[Cloud]:
    """Run a real cloud for the whole session; a test puts back what it changes."""
    with Cloud.start() as running:
        yield running


@pytest.fixture(scope="module")
def bench(cloud: Cloud) -> Iterator[Bench]:
    """Hold a healthy service; a test puts back what it changes."""
    with benches.bench(cloud) as made:
        yield made


@pytest.fixture
def fake() -> Iterator[FakeApi]:
    """Run a fake cloud."""
    with fake_api() as running:
        yield running
