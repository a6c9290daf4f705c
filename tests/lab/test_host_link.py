# SPDX-License-Identifier: Apache-2.0

"""The link to the host carries what a guest's client and servers of this host say to each other."""

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest

from tests.support.cloud import Cloud
from tests.support.lab import Lab, host_link, multiplexer
from tests.support.lab.probing import HANG

PYTHON = ("/usr/bin/python3", "-c")

# Sends random bytes in many connections at a time, and checks that they come back.
ECHO = """
import os, socket, sys, threading
port, connections, size = map(int, sys.argv[1:])
def call():
    with socket.create_connection(("127.0.0.1", port)) as connection:
        said = os.urandom(size)
        connection.sendall(said)
        connection.shutdown(socket.SHUT_WR)
        print(b"".join(iter(lambda: connection.recv(65536), b"")) == said)
threads = [threading.Thread(target=call) for _ in range(connections)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
# Connects, reads that much and no more, and ends when its standard input says so.
READ = """
import socket, sys
port, size = map(int, sys.argv[1:])
with socket.create_connection(("127.0.0.1", port)) as connection:
    print(len(connection.recv(size)), flush=True)
    connection.sendall(b"done")
    try:
        print(len(b"".join(iter(lambda: connection.recv(65536), b""))))
    except OSError as error:
        print(type(error).__name__)
"""


def echo(connection: socket.socket) -> None:
    """Send everything back once it is all here, to a client that may not want it any more."""
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.sendall(b"".join(iter(lambda: connection.recv(1 << 16), b"")))


class Server:
    """A TCP server of this host that hands each connection to a function in a thread of its own."""

    def __init__(self, handle: Callable[[socket.socket], None]) -> None:
        self._handle = handle
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(HANG)
            self._handle(connection)


class Witness:
    """Servers that note how their connections ended."""

    def __init__(self) -> None:
        self.ended = threading.Event()

    def talk_until_broken_off(self, connection: socket.socket) -> None:
        try:
            while True:
                connection.sendall(bytes(1 << 16))
        except OSError:
            self.ended.set()

    @staticmethod
    def break_off(connection: socket.socket) -> None:
        connection.sendall(b"x")
        connection.recv(4)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    @staticmethod
    def end(connection: socket.socket) -> None:
        connection.sendall(b"x")
        connection.recv(4)
        connection.sendall(b"more")


WITNESS = Witness()
ECHOES, BROKEN, ENDS = Server(echo), Server(Witness.break_off), Server(Witness.end)
TALKS = Server(WITNESS.talk_until_broken_off)
with socket.create_server(("127.0.0.1", 0)) as _closed:
    NOBODYS_PORT: int = _closed.getsockname()[1]
SERVERS = (ECHOES.port, BROKEN.port, ENDS.port, TALKS.port, NOBODYS_PORT)


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with Cloud.start() as started:
        yield started


@pytest.fixture(scope="module")
def linked(cloud: Cloud) -> Iterator[Lab]:
    apis = [urlsplit(url).port for url in cloud.urls.values()]
    with (
        Lab.start(cloud=False, linked=True, pods=()) as lab,
        host_link.to_host(lab, [*SERVERS, *(port for port in apis if port)]),
    ):
        yield lab


def run(lab: Lab, script: str, *arguments: int) -> list[str]:
    done = lab.run([*PYTHON, script, *map(str, arguments)], timeout=HANG, check=True)
    return done.stdout.split()


def test_openstack_in_the_guest_reads_the_cloud_of_the_host(linked: Lab, cloud: Cloud) -> None:
    show = ["openstack", "loadbalancer", "list", "-f", "json"]
    done = linked.run(show, env=cloud.environ(), timeout=HANG, check=True)
    assert {row["vip_address"] for row in json.loads(done.stdout)} == {"10.0.0.129", "10.0.0.158"}


def test_many_connections_at_a_time_get_their_own_answers(linked: Lab) -> None:
    assert run(linked, ECHO, ECHOES.port, 60, 20_000) == ["True"] * 60


def test_megabytes_go_both_ways(linked: Lab) -> None:
    assert run(linked, ECHO, ECHOES.port, 1, 2_000_000) == ["True"]


def test_a_connection_that_nobody_reads_holds_up_no_other(linked: Lab) -> None:
    script = READ.replace('sendall(b"done")', "recv(1) and __import__('time').sleep(3600)")
    stuck = linked.spawn([*PYTHON, script, str(TALKS.port), "1"], timeout=HANG)
    try:
        stuck.wait_for("1", HANG)
        assert run(linked, ECHO, ECHOES.port, 4, 4 * multiplexer.CREDIT) == ["True"] * 4
        assert not WITNESS.ended.is_set()
    finally:
        stuck.kill()
    assert WITNESS.ended.wait(HANG), "the host's server never learned that its client is gone"
    stuck.close()


def test_what_the_host_says_before_it_ends_arrives(linked: Lab) -> None:
    assert run(linked, READ, ENDS.port, 1) == ["1", "4"]


def test_a_connection_that_the_host_breaks_off_ends_badly(linked: Lab) -> None:
    assert run(linked, READ, BROKEN.port, 1) == ["1", "ConnectionResetError"]


def test_a_server_that_is_not_there_refuses_at_once(linked: Lab) -> None:
    script = f"""
import socket, time
began = time.monotonic()
try:
    socket.create_connection(("127.0.0.1", {NOBODYS_PORT})).recv(1)
except ConnectionError:
    print(time.monotonic() - began)
"""
    (seconds,) = run(linked, script)
    assert float(seconds) < multiplexer.CONNECT_TIMEOUT / 2


def test_more_connections_than_the_link_carries_end_and_leave_the_others_alone(
    linked: Lab,
) -> None:
    script = f"""
import socket
held = [socket.create_connection(("127.0.0.1", {ECHOES.port})) for _ in range({multiplexer.MOST})]
held[-1].sendall(b"x")
extra = socket.create_connection(("127.0.0.1", {ECHOES.port}))
try:
    print(len(extra.recv(1)))
except ConnectionError:
    print("refused")
held[0].sendall(b"y")
held[0].shutdown(socket.SHUT_WR)
print(held[0].recv(1) == b"y")
"""
    assert run(linked, script) == ["refused", "True"]
    assert run(linked, ECHO, ECHOES.port, 8, 100) == ["True"] * 8
