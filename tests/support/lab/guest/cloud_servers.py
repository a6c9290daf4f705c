# SPDX-License-Identifier: Apache-2.0

"""Starts the OpenStack cloud in the guest, and connects it with the amphora."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.support.lab import topology
from tests.support.lab.guest import system

DIRECTORY = system.STATE / "cloud"
_LOG = system.LOGS / "cloud.log"
_USER = "kuryr"
START_TIMEOUT = 180.0


def start(provider: str, variables: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """Start Keystone, Neutron and Octavia in the guest's own namespace; do not wait for them.

    The variables are what the provider needs.
    """
    argv = [str(topology.CLOUD_PYTHON), "-m", "tests.support.cloud", "serve", "--standard-ports"]
    argv += ["--provider", provider]
    argv += ["--state", str(DIRECTORY), "--address", topology.API_ADDRESS]
    with _LOG.open("wb") as log:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=topology.REPOSITORY,
            env={**os.environ, **variables},
            start_new_session=True,
        )


def wait(process: "subprocess.Popen[bytes]", timeout: float) -> None:
    """Wait until all three answer and the amphora follows; raise GuestError if they do not."""

    def ready() -> bool:
        if process.poll() is not None:
            raise system.GuestError(f"the cloud ended: {system.last_words(_LOG, 15)}")
        return (DIRECTORY / "ready").exists()

    system.wait_until(ready, timeout, "the cloud answers")


def environment() -> dict[str, str]:
    """Return what makes ``openstack`` talk to the cloud as Kuryr's user."""
    return {"OS_CLIENT_CONFIG_FILE": str(Path(DIRECTORY, "clouds.yaml")), "OS_CLOUD": _USER}
