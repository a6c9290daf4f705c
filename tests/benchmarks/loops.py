# SPDX-License-Identifier: Apache-2.0

"""The full probe, over and over, in several ways: what `make bench` runs in the lab.

python -m tests.benchmarks.loops LOOP ADDRESS PORT COUNT: prints the seconds as JSON.
"""

import itertools
import json
import select
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import sctp

from kuryrsctp import prober
from kuryrsctp.addresses import Endpoint
from kuryrsctp.model import Outcome
from kuryrsctp.prober.schedule import Schedule
from kuryrsctp.sctp import route
from kuryrsctp.sctp.sockets import RTO, SCTP_RTOINFO, peer_addresses
from kuryrsctp.sctp.source_ports import ephemeral_ports

MESSAGE = b"HELLO, I AM A CLIENT"
MANY = 64
STEP = 1000
_LONGEST = 2048
_TIMEOUT = 10.0
_WARM = 50


def bare_python(address: str, port: int, count: int) -> None:
    """Blocking calls of the standard library, no deadline, no word for any failure."""
    for _ in range(count):
        association = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_SCTP)
        association.connect((address, port))
        association.send(MESSAGE)
        assert association.recv(_LONGEST) == MESSAGE
        association.close()


def timed_python(address: str, port: int, count: int) -> None:
    """The same, but that no call waits for ever, and the round trip is timed."""
    for _ in range(count):
        association = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_SCTP)
        association.settimeout(_TIMEOUT)
        association.connect((address, port))
        sent = time.monotonic()
        association.send(MESSAGE)
        assert association.recv(_LONGEST) == MESSAGE
        assert time.monotonic() - sent < _TIMEOUT
        association.close()


def same_calls(address: str, port: int, count: int) -> None:
    """The system calls of the engine, with nothing around them: no program makes them faster."""
    source = route.find_route(Endpoint(address, port)).source[0]
    kind = socket.SOCK_STREAM | socket.SOCK_NONBLOCK
    for local_port in itertools.islice(ephemeral_ports(), count):
        association = socket.socket(socket.AF_INET, kind, socket.IPPROTO_SCTP)
        association.setsockopt(socket.IPPROTO_SCTP, SCTP_RTOINFO, RTO)
        association.bind((source, local_port))
        association.connect_ex((address, port))
        while not peer_addresses(association):
            _wait(association, select.POLLOUT)
        sent = time.monotonic()
        association.sendmsg([MESSAGE])
        _wait(association, select.POLLIN)
        assert association.recvmsg(_LONGEST)[0] == MESSAGE
        assert time.monotonic() - sent < _TIMEOUT
        association.close()


def _wait(association: socket.socket, event: int) -> None:
    poller = select.poll()
    poller.register(association, event)
    assert poller.poll(_TIMEOUT * 1000)


def bare_pysctp(address: str, port: int, count: int) -> None:
    """Blocking calls of pysctp."""
    for _ in range(count):
        association = sctp.sctpsocket_tcp(socket.AF_INET)
        association.connect((address, port))
        association.sctp_send(MESSAGE)
        assert association.sctp_recv(_LONGEST)[2] == MESSAGE
        association.close()


def ours(address: str, port: int, count: int) -> None:
    """The engine, one message after the other."""
    _ours(address, port, count, 1)


def ours_concurrent(address: str, port: int, count: int) -> None:
    """The engine, with MANY messages at once."""
    _ours(address, port, count, MANY)


def _ours(address: str, port: int, count: int, concurrency: int) -> None:
    plan = prober.plan(
        address=address,
        port=port,
        count=count,
        schedule=Schedule(concurrency=concurrency),
        timeout=_TIMEOUT,
        message=MESSAGE,
    )
    outcomes = Counter(done.outcome for done in plan.run())
    assert outcomes == {Outcome.ANSWERED: count}, outcomes


LOOPS: dict[str, Callable[[str, int, int], None]] = {
    loop.__name__: loop
    for loop in (bare_python, timed_python, same_calls, bare_pysctp, ours, ours_concurrent)
}


def memory(address: str, port: int, count: int) -> list[int]:
    """Return the bytes in use after every STEP messages of the engine's."""
    used = []
    for _ in range(count // STEP):
        ours(address, port, STEP)
        used.append(_resident())
    return used


def _resident() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def main() -> None:
    """Run one of LOOPS, or `memory`."""
    name, address, port, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    if name == "memory":
        print(json.dumps(memory(address, port, count)))
        return
    LOOPS[name](address, port, _WARM)
    begun = time.monotonic()
    LOOPS[name](address, port, count)
    print(json.dumps(time.monotonic() - begun))


if __name__ == "__main__":
    main()
