# SPDX-License-Identifier: Apache-2.0

"""The servers in the pods: starts, kills and revives them."""

import os
import signal
import subprocess
from pathlib import Path

from tests.support.lab import topology
from tests.support.lab.guest import system

_LISTENING = "10"
_START_TIMEOUT = 20.0
_STOP_TIMEOUT = 5.0


def start(pod: topology.Pod) -> None:
    """Start the pod's server in its namespace, under its hostname; do not wait for it."""
    with _log(pod).open("ab") as log, system.inside(pod.name):
        process = subprocess.Popen(
            pod.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=topology.REPOSITORY,
            start_new_session=True,
        )
    _pid_file(pod).write_text(str(process.pid))


def wait(pod: topology.Pod) -> None:
    """Wait until the pod's server listens; raise GuestError if it does not."""
    pid = int(_pid_file(pod).read_text())

    def listening() -> bool:
        try:
            # A server that ended and is not yet collected has nothing to read there.
            endpoints = Path(f"/proc/{pid}/net/sctp/eps").read_text().splitlines()[1:]
        except OSError as error:
            said = system.last_words(_log(pod))
            raise system.GuestError(f"the server in {pod.name} ended: {said}") from error
        columns = [line.split() for line in endpoints]
        found = [c for c in columns if c[3] == _LISTENING and c[5] == str(pod.port)]
        return len(found) >= pod.listeners

    system.wait_until(listening, _START_TIMEOUT, f"the server in {pod.name} listens")


def kill(pod: topology.Pod) -> None:
    """Kill the pod's server, which gets no chance to say goodbye to its clients."""
    pid = _server(pod)
    if pid is None:
        raise system.GuestError(f"the server in {pod.name} is not running")
    os.killpg(pid, signal.SIGKILL)
    system.wait_until(
        lambda: not system.lives(pid), _STOP_TIMEOUT, f"the server in {pod.name} ends"
    )


def revive(pod: topology.Pod) -> None:
    """Start the pod's server again, unless it lives, and wait until it listens."""
    if _server(pod) is None:
        start(pod)
    wait(pod)


def _server(pod: topology.Pod) -> int | None:
    """Return the process of the pod's server, if it lives."""
    pid = int(_pid_file(pod).read_text())
    return pid if system.lives(pid) else None


def _pid_file(pod: topology.Pod) -> Path:
    return system.STATE / "pods" / f"{pod.name}.pid"


def _log(pod: topology.Pod) -> Path:
    return system.LOGS / f"{pod.name}.log"
