# SPDX-License-Identifier: Apache-2.0

"""A message without an answer: was it lost on the way, or did the program not answer?"""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.support.lab import Lab, topology
from tests.support.lab.probing import POD, PORT, measure, outcomes, peer, serving

ACKNOWLEDGED = "the peer's kernel acknowledged the message, but no answer came"
LOST = "the peer's kernel never acknowledged the message: lost on the way"
PATH_MTU = f"{LOST} (path MTU?), sent in packets of up to 1448 bytes"
WINDOW = (
    "the peer's kernel acknowledged only a part of the message, and its receive window is full: the"
    " program does not read, or reads slowly"
)
LARGE = ("-m", "length", "--length", "601:65535")
HANDSHAKE = "INIT,INIT_ACK,COOKIE_ECHO,COOKIE_ACK"
AFTER_HANDSHAKE = ("-m", "sctp", "!", "--chunk-types", "any", HANDSHAKE)
# Longer than the peer's receive window, shorter than this host's send buffer.
HUGE = 200_000
# Retransmissions begin after a second.
ENOUGH = 1.8


@contextlib.contextmanager
def losing(lab: Lab, packets: Sequence[str], *target: str) -> Iterator[None]:
    """Drop the router's SCTP packets of one kind, or do with them what `target` says."""
    rule = ["FORWARD", "-p", "sctp", *packets, "-j", *(target or ("DROP",))]
    lab.run(["iptables-legacy", "-I", *rule], ns=topology.ROUTER, check=True)
    try:
        yield
    finally:
        lab.run(["iptables-legacy", "-D", *rule], ns=topology.ROUTER, check=True)


def unanswered(
    lab: Lab, address: str, size: int, port: int = topology.SERVER_PORT, **arguments: Any
) -> str:
    """Return the detail of one message of `size` bytes that nobody answers."""
    asked = {"timeout": ENOUGH, "message": {"size": size}, **arguments}
    (exchange,) = measure(lab, address, port, **asked)["exchanges"]
    assert exchange["outcome"] == "NO_ANSWER"
    detail: str = exchange["detail"]
    return detail


@pytest.mark.parametrize(
    ("address", "port"), [(topology.VIP, topology.VIP_PORT), (POD.ipv4, topology.SERVER_PORT)]
)
def test_large_packets_that_are_dropped_never_reach_the_peer(
    machine: Lab, address: str, port: int
) -> None:
    with losing(machine, LARGE):
        assert unanswered(machine, address, 1400, port) == PATH_MTU
        assert outcomes(machine, address, port) == ["ANSWERED"]


def test_the_command_says_that_the_message_was_lost(machine: Lab) -> None:
    probe = ["openstack", "kuryr", "sctp", "probe", "default/sctp-demo", "--timeout", "2"]
    with losing(machine, LARGE):
        done = machine.run([*probe, "--payload-size", "1400", "--count", "2"])
    assert done.returncode == 3
    assert done.stderr.splitlines()[0] == (
        f"{topology.VIP}:{topology.VIP_PORT}: 2 of 2 messages NO_ANSWER: {PATH_MTU}"
    )


def test_a_short_message_is_not_lost_to_the_path_mtu(machine: Lab) -> None:
    with losing(machine, AFTER_HANDSHAKE):
        assert unanswered(machine, POD.ipv4, 21) == LOST


@pytest.mark.parametrize("chunk", ["DATA", "SACK"])
def test_a_message_or_its_acknowledgement_may_be_lost(machine: Lab, chunk: str) -> None:
    lost = losing(machine, ("-m", "sctp", "--chunk-types", "any", chunk))
    with serving(machine, peer("silent")), lost:
        assert unanswered(machine, POD.ipv4, 21, PORT) == LOST


def test_a_deadline_before_the_first_retransmission_leaves_open_whether_it_is_lost(
    machine: Lab,
) -> None:
    with losing(machine, AFTER_HANDSHAKE):
        detail = unanswered(machine, POD.ipv4, 21, timeout=0.5)
    assert detail == f"{LOST}, or slower than the deadline"


@pytest.mark.parametrize("name", ["silent", "deaf"])
@pytest.mark.parametrize("size", [21, 50_000])
def test_a_program_that_does_not_answer_has_got_the_message(
    machine: Lab, name: str, size: int
) -> None:
    with serving(machine, peer(name)):
        assert unanswered(machine, POD.ipv4, size, PORT, timeout=0.5) == ACKNOWLEDGED


@pytest.mark.parametrize("name", ["silent", "deaf"])
def test_a_program_that_does_not_read_fills_its_window(machine: Lab, name: str) -> None:
    with serving(machine, peer(name)):
        assert unanswered(machine, POD.ipv4, HUGE, PORT) == WINDOW


def test_a_program_that_reads_slowly_loses_nothing(machine: Lab) -> None:
    with serving(machine, peer("slow")):
        assert unanswered(machine, POD.ipv4, 21, PORT) == ACKNOWLEDGED
        assert "never" not in unanswered(machine, POD.ipv4, HUGE, PORT)


def test_a_part_of_a_message_may_be_acknowledged(machine: Lab) -> None:
    # Of its two chunks, the second has 48 bytes.
    with losing(machine, LARGE):
        assert unanswered(machine, POD.ipv4, 1500, timeout=3.0) == (
            "the peer's kernel did not acknowledge the whole message: the rest was lost on the way"
            " (path MTU?), or slower than the deadline, sent in packets of up to 1500 bytes"
        )


def test_each_kind_of_silence_is_told_with_its_own_count(machine: Lab) -> None:
    probe = ["openstack", "kuryr", "sctp", "probe", "default/sctp-demo", "--timeout", "2"]
    to_one = ("-d", POD.ipv4, *AFTER_HANDSHAKE)
    with losing(machine, to_one), losing(machine, ("-s", POD.ipv4, *AFTER_HANDSHAKE)):
        done = machine.run([*probe, "--count", "4"])
    vip = f"{topology.VIP}:{topology.VIP_PORT}"
    assert done.stderr.splitlines()[0] == f"{vip}: 2 of 4 messages NO_ANSWER: {LOST}"


def test_an_icmp_error_about_the_message_is_named(machine: Lab) -> None:
    reject = ("REJECT", "--reject-with", "icmp-admin-prohibited")
    with losing(machine, LARGE, *reject):
        detail = unanswered(machine, POD.ipv4, 1400)
    assert detail == f"{PATH_MTU} (ICMP type 3 code 13 from {topology.CLIENT_NETWORK.ipv4_gateway})"


def test_an_association_that_nobody_acknowledges_is_not_ended_by_the_peer(machine: Lab) -> None:
    quick = {"rto_min": "100", "rto_max": "200", "association_max_retrans": "2"}
    usual = {
        name: machine.run(["sysctl", "-n", f"net.sctp.{name}"], check=True).stdout.strip()
        for name in quick
    }

    def tune(values: dict[str, str]) -> None:
        pairs = [f"net.sctp.{name}={value}" for name, value in values.items()]
        machine.run(["sysctl", "-w", *pairs], check=True)

    tune(quick)
    try:
        with losing(machine, AFTER_HANDSHAKE):
            (exchange,) = measure(machine, POD.ipv4, topology.SERVER_PORT, timeout=10.0)[
                "exchanges"
            ]
    finally:
        tune(dict(reversed(usual.items())))
    assert (exchange["outcome"], exchange["detail"]) == (
        "LOST",
        "the association broke: what was sent was never acknowledged: lost on the way, or the peer"
        " is gone",
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("closing", "the peer shut the association down"),
        ("aborting", "the association broke: connection reset by peer"),
    ],
)
def test_an_association_that_the_peer_ends_is_told_from_one_that_breaks(
    machine: Lab, name: str, reason: str
) -> None:
    with serving(machine, peer(name)):
        (exchange,) = measure(machine, POD.ipv4)["exchanges"]
    assert (exchange["outcome"], exchange["detail"]) == ("LOST", reason)
