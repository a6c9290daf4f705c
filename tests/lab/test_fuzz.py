# SPDX-License-Identifier: Apache-2.0

"""Whatever a server sends, no message is lost count of, and nothing breaks or hangs."""

import pytest

from kuryrsctp.model import Outcome
from tests.support.lab import Lab
from tests.support.lab.probing import (
    HANG,
    POD,
    PORT,
    PYTHON,
    measure,
    peer,
    serving,
    without_the_kernels_aborts,
)

MESSAGES = 150
TIMEOUT = 0.15
GROWTH = 4 * 2**20

# What a server cannot bring about: these come from the network or from this host.
NETWORKS = {Outcome.PROHIBITED, Outcome.UNREACHABLE, Outcome.PEER_LACKS_SCTP, Outcome.NO_BACKEND}


def assert_all_accounted_for(machine: Lab, messages: int) -> list[Outcome]:
    """Probe, and return the outcomes; they are as many as the messages, none out of bounds."""
    result = measure(machine, POD.ipv4, count=messages, timeout=TIMEOUT)
    exchanges = result["exchanges"]
    assert len(exchanges) == messages
    assert all(len(exchange["answer"]) <= 65536 for exchange in exchanges)
    assert sum(exchange["seconds"] for exchange in exchanges) < messages * (
        TIMEOUT + result["allowed_late"]
    )
    kept = sum(len(exchange["answer"]) for exchange in exchanges)
    assert result["growth"] < kept + GROWTH
    seen = [Outcome(exchange["outcome"]) for exchange in exchanges]
    assert not NETWORKS & set(seen)
    return seen


@pytest.mark.parametrize("seed", ["cod", "eel", "ray"])
def test_a_server_may_do_anything(machine: Lab, seed: str) -> None:
    with serving(machine, peer("chaos", seed)):
        seen = assert_all_accounted_for(machine, MESSAGES)
    assert {Outcome.ANSWERED, Outcome.LOST} <= set(seen)


@pytest.mark.parametrize("seed", ["cod", "eel", "ray"])
def test_a_server_may_send_any_packet(machine: Lab, seed: str) -> None:
    with without_the_kernels_aborts(machine, POD.name):
        argv = [PYTHON, "-m", "tests.support.lab.rawpeer", str(PORT), seed]
        server = machine.spawn(argv, ns=POD.name, timeout=HANG)
        try:
            server.wait_for("listening", HANG)
            seen = assert_all_accounted_for(machine, MESSAGES)
            assert server.poll() is None, server.output()
        finally:
            server.kill()
            server.wait(timeout=HANG)
            server.close()
    assert {Outcome.ANSWERED, Outcome.NO_ANSWER, Outcome.TIMEOUT} <= set(seen)


def test_a_flood_is_read_no_further_than_its_first_message(machine: Lab) -> None:
    with serving(machine, peer("flood")):
        seen = assert_all_accounted_for(machine, 50)
    assert set(seen) == {Outcome.ANSWERED}
