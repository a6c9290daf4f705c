# SPDX-License-Identifier: Apache-2.0

"""Every way in which a message can fare, made for real, has its word, and in time."""

import subprocess
from typing import Any

import pytest

from tests.support.lab import Lab, topology
from tests.support.lab.probing import (
    OUTCOMES_OF_REJECTIONS,
    POD,
    PYTHON,
    assert_at_once,
    assert_in_time,
    measure,
    outcomes,
    peer,
    serving,
)

WITHOUT_RAW = ("setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw")


@pytest.mark.parametrize(
    ("name", "outcome", "answer"),
    [
        ("echo", "ANSWERED", "HELLO, ARE YOU ALIVE?"),
        ("garbage", "ANSWERED", "\x1b]0;owned\x07\xff\xfe\x00\r\n\xe2\x80\xaeevil\\"),
        ("huge", "ANSWERED", "x" * 65536),
        ("flood", "ANSWERED", "flood: 0"),
        ("silent", "NO_ANSWER", ""),
        ("closing", "LOST", ""),
        ("aborting", "LOST", ""),
        ("dying", "LOST", ""),
        ("half", "LOST", ""),
        ("burst", "ANSWERED", "burst: 0"),
    ],
)
def test_what_a_peer_does_has_its_word(machine: Lab, name: str, outcome: str, answer: str) -> None:
    with serving(machine, peer(name)):
        (exchange,) = measure(machine, POD.ipv4)["exchanges"]
        assert (exchange["outcome"], exchange["answer"]) == (outcome, answer)


def test_a_peer_that_never_accepts_is_told_from_a_closed_port(machine: Lab) -> None:
    with serving(machine, peer("deaf")):
        seen = measure(machine, POD.ipv4, count=4, timeout=0.3)["exchanges"]
        assert [exchange["outcome"] for exchange in seen] == ["NO_ANSWER"] * 2 + [
            "NOT_ACCEPTING"
        ] * 2
        assert seen[-1]["detail"] == "aborted in the handshake: the application does not accept"
        assert outcomes(machine, POD.ipv4, 9999) == ["REFUSED"]


def test_without_a_raw_socket_it_says_that_it_cannot_tell(machine: Lab) -> None:
    with serving(machine, peer("deaf")):
        (*_, last) = measure(machine, POD.ipv4, by=WITHOUT_RAW, count=3, timeout=0.3)["exchanges"]
    assert last["outcome"] == "REFUSED"
    assert last["detail"] == (
        "aborted: nothing listens, or it does not accept (CAP_NET_RAW is needed to tell)"
    )


def test_an_answer_that_trickles_in_does_not_stretch_the_deadline(machine: Lab) -> None:
    shape = ["tc", "qdisc", "replace", "dev", "eth0", "root", "netem", "rate", "100kbit"]
    machine.run(shape, ns=POD.name, check=True)
    try:
        with serving(machine, peer("huge")):
            assert outcomes(machine, POD.ipv4, timeout=2.0) == ["NO_ANSWER"]
    finally:
        machine.run(["tc", "qdisc", "del", "dev", "eth0", "root"], ns=POD.name, check=True)


def test_a_message_that_this_host_cannot_send_is_wrong_usage(machine: Lab) -> None:
    script = "import kuryrsctp; kuryrsctp.probe(address={!r}, port={}, message='x' * 300_000)"
    done = machine.run([PYTHON, "-c", script.format(POD.ipv4, topology.SERVER_PORT)])
    assert done.stderr.splitlines()[-1] == (
        "kuryrsctp.errors.UsageError: a message of 300000 bytes is too long"
    )


@pytest.mark.parametrize(
    ("message", "arrived"),
    [
        ({}, "10.0.0.10 {port} stream 0 ordered PPID 0"),
        ({"ppid": 0x80}, "10.0.0.10 {port} stream 0 ordered PPID 128"),
        ({"ppid": 0xFFFFFFFF}, "10.0.0.10 {port} stream 0 ordered PPID 4294967295"),
        ({"stream": 9, "unordered": True}, "10.0.0.10 {port} stream 9 unordered PPID 0"),
        ({"stream": 300, "ppid": 46}, "10.0.0.10 {port} stream 300 ordered PPID 46"),
        ({"source": "10.0.0.10"}, "10.0.0.10 {port} stream 0 ordered PPID 0"),
        ({"source_port": 7777}, "10.0.0.10 7777 stream 0 ordered PPID 0"),
    ],
)
def test_a_message_arrives_as_it_was_to_be_sent(
    machine: Lab, message: dict[str, Any], arrived: str
) -> None:
    with serving(machine, peer("identify")):
        exchanges = measure(machine, POD.ipv4, count=2, message=message)["exchanges"]
    for exchange in exchanges:
        assert (exchange["outcome"], exchange["answer"]) == (
            "ANSWERED",
            arrived.format(port=exchange["local_port"]),
        )


def test_the_source_address_may_be_another_of_this_host(machine: Lab) -> None:
    second = ["10.0.0.11/26", "dev", "eth0"]
    machine.run(["ip", "addr", "add", *second], check=True)
    try:
        with serving(machine, peer("identify")):
            (exchange,) = measure(machine, POD.ipv4, message={"source": "10.0.0.11"})["exchanges"]
    finally:
        machine.run(["ip", "addr", "del", *second], check=True)
    assert exchange["answer"].startswith("10.0.0.11 ")


def test_a_stream_that_the_peer_does_not_have_is_wrong_usage(machine: Lab) -> None:
    with serving(machine, peer("identify")), pytest.raises(subprocess.CalledProcessError) as caught:
        measure(machine, POD.ipv4, message={"stream": 65535})
    assert "UsageError: the peer does not have stream 65535" in caught.value.stderr


@pytest.mark.parametrize("source", ["192.0.2.1", "fd00:10::10"])
def test_a_source_that_is_not_this_hosts_is_wrong_usage(machine: Lab, source: str) -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        measure(machine, POD.ipv4, topology.SERVER_PORT, message={"source": source})
    assert f"UsageError: '{source}' is not an address of this host" in caught.value.stderr


@pytest.mark.parametrize("address", [POD.ipv4, POD.ipv6, topology.VIP])
def test_a_port_where_nothing_listens_refuses_at_once(machine: Lab, address: str) -> None:
    result = measure(machine, address, 9999, count=3)
    assert [exchange["outcome"] for exchange in result["exchanges"]] == ["REFUSED"] * 3
    assert_at_once(result)


def test_a_load_balancer_without_members_has_no_backend(machine: Lab) -> None:
    service = ["--sctp-service", f"{topology.VIP}:97"]
    machine.run(["ipvsadm", "-A", *service, "-s", "wrr"], ns=topology.AMPHORA, check=True)
    try:
        assert outcomes(machine, topology.VIP, 97) == ["NO_BACKEND"]
    finally:
        machine.run(["ipvsadm", "-D", *service], ns=topology.AMPHORA, check=True)


@pytest.mark.parametrize(("timeout", "count"), [(0.2, 5), (1.0, 3), (4.5, 1)])
def test_silence_is_a_timeout_at_the_deadline(lab: Lab, timeout: float, count: int) -> None:
    lab.drop(POD.name)
    result = measure(lab, POD.ipv4, topology.SERVER_PORT, timeout=timeout, count=count)
    assert {exchange["outcome"] for exchange in result["exchanges"]} == {"TIMEOUT"}
    assert_in_time(result, timeout)


@pytest.mark.parametrize(("timeout", "count"), [(0.2, 5), (1.0, 3)])
def test_a_peer_that_does_not_answer_is_waited_for_until_the_deadline(
    machine: Lab, timeout: float, count: int
) -> None:
    with serving(machine, peer("silent")):
        result = measure(machine, POD.ipv4, timeout=timeout, count=count)
        assert {exchange["outcome"] for exchange in result["exchanges"]} == {"NO_ANSWER"}
        assert_in_time(result, timeout)


@pytest.mark.parametrize(("kind", "ipv4", "ipv6"), OUTCOMES_OF_REJECTIONS)
def test_a_rejection_is_told_by_its_kind_and_at_once(
    lab: Lab, kind: str, ipv4: str, ipv6: str | None
) -> None:
    lab.reject(POD.name, kind)
    for address, outcome in ((POD.ipv4, ipv4), (POD.ipv6, ipv6)):
        if outcome:
            result = measure(lab, address, topology.SERVER_PORT, count=3, timeout=3.0)
            assert [exchange["outcome"] for exchange in result["exchanges"]] == [outcome] * 3
            assert_at_once(result)


def test_rationed_rejections_are_no_host_that_is_down(lab: Lab) -> None:
    lab.reject(POD.name, "icmp-admin-prohibited")
    seen = outcomes(lab, POD.ipv4, topology.SERVER_PORT, count=8, timeout=5.0)
    assert seen == ["PROHIBITED"] * 8


@pytest.mark.parametrize("address", ["10.0.0.20", "10.0.0.99", "fd00:10::99", "fd00:75::99"])
def test_a_host_that_is_down_is_unreachable(machine: Lab, address: str) -> None:
    assert outcomes(machine, address, 9090, timeout=5.0) == ["UNREACHABLE"]


@pytest.mark.parametrize(
    ("route", "outcome"),
    [("unreachable", "UNREACHABLE"), ("blackhole", "UNREACHABLE"), ("prohibit", "PROHIBITED")],
)
@pytest.mark.parametrize(
    ("network", "address"), [("192.0.2.0/24", "192.0.2.1"), ("2001:db8::/64", "2001:db8::1")]
)
def test_a_route_that_leads_nowhere_is_known_at_once(
    machine: Lab, route: str, outcome: str, network: str, address: str
) -> None:
    machine.run(["ip", "route", "add", route, network], check=True)
    try:
        assert outcomes(machine, address, 9090, timeout=0.2) == [outcome]
    finally:
        machine.run(["ip", "route", "del", route, network], check=True)


def test_a_thousand_messages_find_both_pods_and_none_stalls(machine: Lab) -> None:
    result = measure(machine, topology.VIP, topology.VIP_PORT, count=1000, timeout=5.0)
    exchanges = result["exchanges"]
    assert {exchange["outcome"] for exchange in exchanges} == {"ANSWERED"}
    answers = [exchange["answer"] for exchange in exchanges]
    for pod in topology.PODS:
        assert 450 <= answers.count(f"{pod.name}: HELLO, I AM ALIVE!!!") <= 550
    # Shorter than the initial RTO, after which a lost INIT is sent again.
    assert max(exchange["seconds"] for exchange in exchanges) < 0.9 + result["allowed_late"]


def test_a_run_stalls_on_no_port_that_another_has_just_used(machine: Lab) -> None:
    sysctl = "net.ipv4.ip_local_port_range"
    usual = machine.run(["sysctl", "-n", sysctl], check=True).stdout.split()
    # Nine blocks of ports, for three runs: two for the messages of each, one for its first try.
    machine.run(["sysctl", "-w", f"{sysctl}=20000 {20000 + 9 * 64 - 1}"], check=True)
    try:
        seen = [
            exchange
            for _ in range(3)
            for exchange in measure(machine, topology.VIP, topology.VIP_PORT, count=100)[
                "exchanges"
            ]
        ]
    finally:
        machine.run(["sysctl", "-w", f"{sysctl}={' '.join(usual)}"], check=True)
    assert {exchange["outcome"] for exchange in seen} == {"ANSWERED"}
    assert len({exchange["local_port"] for exchange in seen}) == len(seen)


def test_addresses_beside_the_vip_are_warned_of(machine: Lab) -> None:
    second = ["10.0.0.76/26", "dev", "eth0"]
    machine.run(["ip", "addr", "add", *second], ns=POD.name, check=True)
    try:
        (warning,) = measure(machine, topology.VIP, topology.VIP_PORT, count=2)["warnings"]
    finally:
        machine.run(["ip", "addr", "del", *second], ns=POD.name, check=True)
    assert "announces more addresses (10.0.0.75, 10.0.0.76)" in warning
