# SPDX-License-Identifier: Apache-2.0


"""kuryr-sctp-demo, and what its clients may do to it."""

import contextlib
import signal
import time
from collections.abc import Iterator

import pytest

from tests.lab import Lab, topology
from tests.lab.process import Process

POD = topology.PODS[0]
PORT = 9190
GREETING = f"{POD.name}: HELLO, I AM ALIVE!!!"
CALL = (str(topology.PLUGIN_PYTHON), "-m", "tests.lab.callers")
STDOUT, STDERR = 0, 1
DEMO = (str(topology.PLUGIN_PYTHON), "-m", "kuryrsctp.demo", "--port", str(PORT))

SHORT_OF_PATIENCE = f"""
import logging, socket
from kuryrsctp.sctp.server import Server
from kuryrsctp.sctp.sockets import listening_socket
logging.basicConfig(level=logging.INFO)
_, never = socket.socketpair()
listener = listening_socket("{POD.ipv4}", {PORT})
with Server([listener], b"here", idle_timeout=0.5) as server:
    logging.info("listening")
    server.serve(until=never)
"""


def wait_for(process: Process, channel: int, words: str, times: int = 1) -> None:
    """Wait until a process has printed the words."""
    deadline = time.monotonic() + 20
    while process.output()[channel].count(words) < times:
        assert process.poll() is None, process.output()
        assert time.monotonic() < deadline, process.output()
        time.sleep(0.01)


@contextlib.contextmanager
def running(machine: Lab, argv: tuple[str, ...], ns: str) -> Iterator[Process]:
    process = machine.spawn(argv, ns=ns, timeout=120)
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=10)
        process.close()


@pytest.fixture
def server(machine: Lab) -> Iterator[Process]:
    with running(machine, DEMO, POD.name) as process:
        wait_for(process, STDERR, "listening", times=2)
        yield process


def call(machine: Lab, caller: str, address: str = POD.ipv4, port: int = PORT) -> str:
    return machine.run([*CALL, caller, address, str(port)], check=True).stdout


def test_the_walkthroughs_client_is_answered_by_both_pods_in_turn(machine: Lab) -> None:
    answers = [call(machine, "walkthrough", topology.VIP, topology.VIP_PORT) for _ in range(4)]
    greetings = [f"Message Message\n{pod.name}: HELLO, I AM ALIVE!!!\n" for pod in topology.PODS]
    assert sorted(answers) == sorted(greetings * 2)


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("address", [POD.ipv4, POD.ipv6])
def test_both_families_are_served(machine: Lab, address: str) -> None:
    assert call(machine, "walkthrough", address).splitlines()[-1] == GREETING


def test_an_association_through_the_load_balancer_lives_on(machine: Lab) -> None:
    first, second = call(machine, "patient", topology.VIP, topology.VIP_PORT).splitlines()
    assert first == second


@pytest.mark.usefixtures("server")
def test_a_stuck_client_blocks_no_other(machine: Lab) -> None:
    with running(machine, (*CALL, "stuck", POD.ipv4, str(PORT)), topology.CLIENT) as stuck:
        wait_for(stuck, STDOUT, "stuck after")
        assert call(machine, "walkthrough").splitlines()[-1] == GREETING


@pytest.mark.usefixtures("server")
def test_any_message_is_answered(machine: Lab) -> None:
    assert call(machine, "scribbler") == "5\n"
    assert call(machine, "walkthrough").splitlines()[-1] == GREETING


def test_the_longest_idle_association_makes_room_for_a_new_one(
    machine: Lab, server: Process
) -> None:
    assert call(machine, "hoarder") == f"{list(range(600 - 512))}\n"
    assert server.output()[1].count("aborted: too many associations") == 600 - 512
    assert call(machine, "walkthrough").splitlines()[-1] == GREETING


def test_an_idle_association_is_aborted(machine: Lab) -> None:
    impatient = (str(topology.PLUGIN_PYTHON), "-c", SHORT_OF_PATIENCE)
    with running(machine, impatient, POD.name) as server:
        wait_for(server, STDERR, "listening")
        done = machine.run([*CALL, "patient", POD.ipv4, str(PORT)])
        assert done.stdout == "here\n"
        assert "ConnectionResetError" in done.stderr
        wait_for(server, STDERR, "aborted: idle for 0.5 s")


def test_a_message_without_end_is_cut_off(machine: Lab, server: Process) -> None:
    script = f"import socket; s = socket.socket(2, 1, 132); s.connect(('{POD.ipv4}', {PORT}))"
    script += "; s.setsockopt(1, 7, 1 << 23); s.send(b'x' * 1_200_000); print(s.recv(9))"
    machine.run(["sysctl", "-qw", "net.core.wmem_max=8388608"], ns=topology.ROOT, check=True)
    done = machine.run([str(topology.PLUGIN_PYTHON), "-c", script])
    assert "Connection reset by peer" in done.stderr
    assert "aborted: the message is too long" in server.output()[1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly_and_frees_the_port(machine: Lab, number: signal.Signals) -> None:
    for _ in range(2):
        with running(machine, DEMO, POD.name) as server:
            wait_for(server, STDERR, "listening", times=2)
            assert call(machine, "walkthrough").splitlines()[-1] == GREETING
            server.send_signal(number)
            assert server.wait(timeout=5) == 0
            stdout, stderr = server.output()
            assert stdout == ""
            assert stderr.splitlines()[-1].endswith("kuryr-sctp-demo: stopped")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), f"cannot listen on 0.0.0.0 port {PORT}: Address already in use"),
        (
            ("--bind", "192.0.2.1"),
            f"cannot listen on 192.0.2.1 port {PORT}: Cannot assign requested address",
        ),
    ],
)
@pytest.mark.usefixtures("server")
def test_what_it_cannot_bind_is_one_line_and_exit_1(
    machine: Lab, arguments: tuple[str, ...], said: str
) -> None:
    done = machine.run([*DEMO, *arguments], ns=POD.name)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.endswith(f"kuryr-sctp-demo: {said}")


def test_only_the_addresses_asked_for_are_bound(machine: Lab) -> None:
    with running(machine, (*DEMO, "--bind", POD.ipv6), POD.name) as server:
        wait_for(server, STDERR, f"listening on {POD.ipv6} port {PORT}")
        assert call(machine, "walkthrough", POD.ipv6).splitlines()[-1] == GREETING
        refused = machine.run([*CALL, "walkthrough", POD.ipv4, str(PORT)])
        assert "Connection refused" in refused.stderr
