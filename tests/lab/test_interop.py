# SPDX-License-Identifier: Apache-2.0

"""`probe` with other people's servers, and kuryr-sctp-demo with other people's clients."""

import time

import pytest

from tests.support.lab import Lab, topology
from tests.support.lab.probing import (
    HANG,
    POD,
    PORT,
    PYTHON,
    measure,
    outcomes,
    serving,
    without_the_kernels_aborts,
)

USRSCTP = "/usr/lib/usrsctp"
ECHO = 7  # the port of usrsctp's echo_server
DEMO = (PYTHON, "-m", "kuryrsctp.demo", "--port", str(PORT))
GREETING = f"{POD.name}: HELLO, I AM ALIVE!!!"
SOURCE = next(host.ipv4 for host in topology.HOSTS if host.name == topology.CLIENT)
TARGET = f"{POD.ipv4} {PORT}"


@pytest.mark.parametrize(
    ("argv", "outcome"),
    [
        (("ncat", "--sctp", "-l", "-k", str(PORT), "--exec", "/bin/cat"), "ANSWERED"),
        (("socat", f"SCTP4-LISTEN:{PORT},fork,reuseaddr", "PIPE"), "ANSWERED"),
        (("sctp_test", "-H", "0.0.0.0", "-P", str(PORT), "-l"), "NO_ANSWER"),
        (("sctp_darn", "-H", "0.0.0.0", "-P", str(PORT), "-l"), "NO_ANSWER"),
    ],
)
def test_a_distributions_servers_are_understood(
    machine: Lab, argv: tuple[str, ...], outcome: str
) -> None:
    with serving(machine, argv):
        assert outcomes(machine, POD.ipv4, count=3) == [outcome] * 3


def test_another_implementation_of_sctp_is_understood(machine: Lab) -> None:
    with without_the_kernels_aborts(machine, POD.name):
        server = machine.spawn([f"{USRSCTP}/echo_server"], ns=POD.name, timeout=HANG)
        try:
            deadline = time.monotonic() + 20
            while outcomes(machine, POD.ipv4, ECHO) != ["ANSWERED"]:
                assert time.monotonic() < deadline, server.output()
            exchanges = measure(machine, POD.ipv4, ECHO, count=3)["exchanges"]
        finally:
            server.kill()
            server.wait(timeout=HANG)
            server.close()
    assert [exchange["answer"] for exchange in exchanges] == ["HELLO, ARE YOU ALIVE?"] * 3


@pytest.mark.parametrize(
    "client",
    [
        f"ncat --sctp {TARGET}",
        f"socat - SCTP4-CONNECT:{POD.ipv4}:{PORT}",
        f"{USRSCTP}/client {TARGET} 0 0 0",
    ],
    ids=["ncat", "socat", "usrsctp"],
)
def test_the_demo_serves_a_distributions_clients(machine: Lab, client: str) -> None:
    # SCTP has no half-close: a client whose input ends goes without its answer.
    script = f"(echo hello; sleep 2) | timeout 5 {client}"
    with without_the_kernels_aborts(machine, topology.CLIENT), serving(machine, DEMO):
        done = machine.run(["sh", "-c", script])
    assert GREETING in done.stdout, done


@pytest.mark.parametrize(
    "sender",
    [
        f"sctp_test -H {SOURCE} -P 5556 -h {POD.ipv4} -p {PORT} -s -c 1 -x 3",
        f"(echo hello; sleep 2) | timeout 5 sctp_darn -H {SOURCE} -P 5555"
        f" -h {POD.ipv4} -p {PORT} -s",
    ],
    ids=["sctp_test", "sctp_darn"],
)
def test_the_demo_answers_those_who_only_send(machine: Lab, sender: str) -> None:
    with serving(machine, DEMO) as server:
        done = machine.run(["sh", "-c", sender])
        assert "answered a message of" in server.output()[1], done
        assert outcomes(machine, POD.ipv4) == ["ANSWERED"]
