# SPDX-License-Identifier: Apache-2.0

"""What a case does to the lab's hosts, and on them; for the guest."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from kuryrsctp.addresses import Endpoint
from kuryrsctp.model import Outcome
from kuryrsctp.sctp.messages import Exchange
from tests.support.lab import topology

PEER_PORT = 9290
CLIENT = next(host for host in topology.HOSTS if host.name == topology.CLIENT)
_IN_ROOT = ("nsenter", "--net=/proc/1/ns/net")
_PYTHON = str(topology.PLUGIN_PYTHON)
_IPPROTO_SCTP = 132
_TIMEOUT = 120.0  # seconds for a program
_ANSWER_TIMEOUT = 5.0  # seconds


@contextmanager
def broken(verb: str, pod: topology.Pod, *options: str) -> Iterator[None]:
    """Have a pod broken for a while, by a verb of `tests.support.lab.guest.verbs`."""
    _lab(verb, pod.name, *options)
    try:
        yield
    finally:
        _lab("revive" if verb == "kill" else "restore", pod.name)


def _lab(*arguments: str) -> None:
    verbs = ["/usr/bin/python3", "-S", "-m", "tests.support.lab.guest.verbs"]
    _run([*_IN_ROOT, *verbs, *arguments])


def _run(argv: Sequence[str], host: str = "") -> str:
    inside = ["ip", "netns", "exec", host] if host else []
    done = subprocess.run([*inside, *argv], capture_output=True, text=True, timeout=_TIMEOUT)
    if done.returncode:
        sys.stderr.write(done.stderr)
        done.check_returncode()
    return done.stdout


def exchanges_from(host: str, address: str, port: int, count: int) -> list[Exchange]:
    """Send messages from another host than the client; return what became of them."""
    asked = {"address": address, "port": port, "count": count, "timeout": 2.0}
    told = _run([_PYTHON, "-m", "tests.support.lab.measure", json.dumps(asked)], host)
    return [_exchange(found) for found in json.loads(told)["exchanges"]]


def _exchange(found: dict[str, Any]) -> Exchange:
    outcome, answer = Outcome(found["outcome"]), found["answer"].encode("latin-1")
    return Exchange(0, Endpoint("", 0), outcome, answer=answer, detail=found["detail"])


@contextmanager
def second_address(pod: topology.Pod, address: str) -> Iterator[None]:
    """Give a pod another address, which its server announces."""
    words = [address, "dev", "eth0"]
    _run(["ip", "address", "add", *words], pod.name)
    try:
        yield
    finally:
        _run(["ip", "address", "delete", *words], pod.name)


@contextmanager
def serving(pod: topology.Pod, peer: str) -> Iterator[None]:
    """Have one of `tests.support.lab.peers` serve in a pod, on PEER_PORT."""
    inside = ["ip", "netns", "exec", pod.name, _PYTHON, "-m", "tests.support.lab.peers"]
    process = subprocess.Popen([*inside, peer, str(PEER_PORT)], stdout=sys.stderr)
    deadline = time.monotonic() + _TIMEOUT
    try:
        while f" {PEER_PORT} " not in _run(["cat", "/proc/net/sctp/eps"], pod.name):
            assert process.poll() is None, f"{peer} ended"
            assert time.monotonic() < deadline, f"{peer} does not listen"
        yield
    finally:
        process.kill()
        process.wait()


@contextmanager
def association(address: str, port: int) -> Iterator[socket.socket]:
    """Have an association, from one address, on which a message was answered."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, _IPPROTO_SCTP) as made:
        made.settimeout(_ANSWER_TIMEOUT)
        made.bind((CLIENT.ipv4, 0))  # a client that announced all of its own would be told there
        made.connect((address, port))
        assert answer_on(made) == "answered"
        yield made


def answer_on(made: socket.socket) -> str:
    """Send a message on an association; return in words what becomes of it."""
    try:
        made.send(b"HELLO")
        return "answered" if made.recv(4096) else "shut down"
    except TimeoutError:
        return "no answer"
    except OSError as error:
        return str(error.strerror).lower()
