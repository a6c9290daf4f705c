# SPDX-License-Identifier: Apache-2.0

"""Starts the OpenStack cloud in the guest, and connects it with the amphora."""

import os
import subprocess
from pathlib import Path

from tests.support.lab import topology
from tests.support.lab.guest import amphora, system

_DIRECTORY = system.STATE / "cloud"
_AMPHORA = system.STATE / "amphora"
_LOG = system.LOGS / "cloud.log"
_HOOK = system.STATE / "follow-amphora"
_HOOK_TEXT = f"""\
#!/bin/sh
export PYTHONPATH={topology.REPOSITORY}
exec /usr/bin/python3 -S -m tests.support.lab.guest.amphora "$@"
"""
_USER = "kuryr"


def start() -> "subprocess.Popen[bytes]":
    """Start Keystone, Neutron and Octavia in the guest's own namespace; do not wait for them."""
    _AMPHORA.mkdir()
    _HOOK.write_text(_HOOK_TEXT)
    _HOOK.chmod(0o755)
    variables = {
        "LAB_AMPHORA_DIR": str(_AMPHORA),
        "LAB_AMPHORA_HOOK": str(_HOOK),
        "LAB_AMPHORA_AGENT": str(amphora.AGENT),
    }
    argv = [str(topology.CLOUD_PYTHON), "-m", "tests.support.cloud", "serve", "--standard-ports"]
    argv += ["--state", str(_DIRECTORY), "--address", topology.API_ADDRESS]
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
        return (_DIRECTORY / "ready").exists()

    system.wait_until(ready, timeout, "the cloud answers")


def environment() -> dict[str, str]:
    """Return what makes ``openstack`` talk to the cloud as Kuryr's user."""
    return {"OS_CLIENT_CONFIG_FILE": str(Path(_DIRECTORY, "clouds.yaml")), "OS_CLOUD": _USER}
