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

# Seconds after which something hangs, however busy the machine is.
HANG = 240

OUTCOMES_OF_REJECTIONS: tuple[tuple[str, str, str | None], ...] = (
    ("icmp-port-unreachable", "NO_BACKEND", "NO_BACKEND"),
    ("icmp-proto-unreachable", "PEER_LACKS_SCTP", None),
    ("icmp-net-unreachable", "UNREACHABLE", "UNREACHABLE"),
    ("icmp-host-unreachable", "UNREACHABLE", "UNREACHABLE"),
    ("icmp-net-prohibited", "PROHIBITED", "PROHIBITED"),
    ("icmp-host-prohibited", "PROHIBITED", "PROHIBITED"),
    ("icmp-admin-prohibited", "PROHIBITED", "PROHIBITED"),
)
"""What a client sees of a rejection: its kind, the outcome in IPv4, and that in IPv6, which has no
error of the second kind."""

# Seconds that an outcome may be late on a machine that has nothing else to do.
LATE = 0.05


def measure(
    machine: Lab, address: str, port: int = PORT, *, by: Sequence[str] = (), **arguments: Any
) -> dict[str, Any]:
    """Probe once, or as told; no descriptor may be left, and no message come late.

    `by` is a program that runs the probe, with its own arguments.
    """
    asked = {"count": 1, "timeout": 1.0, **arguments, "address": address, "port": port}
    command = [*by, PYTHON, "-m", "tests.support.lab.measure", json.dumps(asked)]
    result: dict[str, Any] = json.loads(machine.run(command, timeout=HANG, check=True).stdout)
    assert result["leaked"] == 0
    # On a busy machine every wait ends late: that of a twin in the same process, too.
    result["allowed_late"] = LATE + 2 * result["late"]
    for exchange in result["exchanges"]:
        assert exchange["seconds"] < asked["timeout"] + result["allowed_late"]
    return result


def outcomes(machine: Lab, address: str, port: int = PORT, **arguments: Any) -> list[str]:
    """Return the outcomes alone."""
    exchanges = measure(machine, address, port, **arguments)["exchanges"]
    return [exchange["outcome"] for exchange in exchanges]


def assert_in_time(result: dict[str, Any], timeout: float) -> None:
    """Assert that no message ended early, and that the least disturbed one was not late."""
    seconds = [exchange["seconds"] for exchange in result["exchanges"]]
    assert timeout <= min(seconds) < timeout + result["allowed_late"]


def assert_at_once(result: dict[str, Any]) -> None:
    """Assert that the least disturbed message ended without a wait."""
    assert min(exchange["seconds"] for exchange in result["exchanges"]) < result["allowed_late"]


@contextlib.contextmanager
def serving(machine: Lab, argv: Sequence[str]) -> Iterator[Process]:
    """Have a server run in the pod, once it listens on PORT."""
    process = machine.spawn(argv, ns=POD.name, timeout=HANG)
    deadline = time.monotonic() + HANG
    try:
        while str(PORT) not in endpoints(machine):
            assert process.poll() is None, process.output()
            assert time.monotonic() < deadline, process.output()
        yield process
    finally:
        process.kill()
        process.wait(timeout=HANG)
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
