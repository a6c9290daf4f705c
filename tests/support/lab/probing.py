# SPDX-License-Identifier: Apache-2.0

"""What the tests of outcomes share: servers in the pod, and messages to them from the client."""

import contextlib
import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

from tests.support.lab import Lab, topology
from tests.support.lab.process import Process
from tests.support.lab.rawpeer import MARK

POD, OTHER = topology.PODS
PYTHON = str(topology.PLUGIN_PYTHON)
PORT = 9290

# How late an outcome may be, in seconds: of itself, and on a busy machine that stalls the guest.
LATE, STALLED = 0.05, 1.0


def measure(
    machine: Lab, address: str, port: int = PORT, *, by: Sequence[str] = (), **arguments: Any
) -> dict[str, Any]:
    """Probe once, or as told; no descriptor may be left, and no message come late.

    `by` is a program that runs the probe, with its own arguments.
    """
    asked = {"count": 1, "timeout": 1.0, **arguments, "address": address, "port": port}
    command = [*by, PYTHON, "-m", "tests.support.lab.measure", json.dumps(asked)]
    result: dict[str, Any] = json.loads(machine.run(command, timeout=120, check=True).stdout)
    assert result["leaked"] == 0
    for one in result["exchanges"]:
        assert one["seconds"] < asked["timeout"] + STALLED
    return result


def outcomes(machine: Lab, address: str, port: int = PORT, **arguments: Any) -> list[str]:
    """Return the outcomes alone."""
    exchanges = measure(machine, address, port, **arguments)["exchanges"]
    return [one["outcome"] for one in exchanges]


def assert_in_time(exchanges: Sequence[dict[str, Any]], timeout: float) -> None:
    """Assert that no message ended early, and the least disturbed one not late either."""
    seconds = [one["seconds"] for one in exchanges]
    assert timeout <= min(seconds) < timeout + LATE


@contextlib.contextmanager
def serving(machine: Lab, argv: Sequence[str]) -> Iterator[Process]:
    """Have a server run in the pod, once it listens on PORT."""
    process = machine.spawn(argv, ns=POD.name, timeout=120)
    deadline = time.monotonic() + 20
    try:
        while str(PORT) not in endpoints(machine):
            assert process.poll() is None, process.output()
            assert time.monotonic() < deadline, process.output()
        yield process
    finally:
        process.kill()
        process.wait(timeout=10)
        process.close()


def endpoints(machine: Lab) -> list[str]:
    """Return the local ports of the pod's SCTP sockets."""
    table = machine.run(["cat", "/proc/net/sctp/eps"], ns=POD.name, check=True).stdout
    return [line.split()[5] for line in table.splitlines()[1:]]


def peer(name: str, *arguments: str) -> tuple[str, ...]:
    """Return the command that serves one of `tests.support.lab.peers` on PORT."""
    return (PYTHON, "-m", "tests.support.lab.peers", name, str(PORT), *arguments)


@contextlib.contextmanager
def without_the_kernels_aborts(machine: Lab, ns: str) -> Iterator[None]:
    """Keep the kernel from ABORTing the associations of an SCTP that runs in user space."""
    unmarked = ["-m", "mark", "!", "--mark", str(MARK)]
    rule = ["OUTPUT", "-p", "sctp", "--chunk-types", "any", "ABORT", *unmarked, "-j", "DROP"]
    machine.run(["iptables-legacy", "-A", *rule], ns=ns, check=True)
    try:
        yield
    finally:
        machine.run(["iptables-legacy", "-D", *rule], ns=ns, check=True)
