# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What `probe` says of every way in which a message can fare."""

import contextlib
import json
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab import Lab, topology

POD, OTHER = topology.PODS
SERVICE = "default/sctp-demo"
VIP = f"{topology.VIP}:{topology.VIP_PORT}"
PYTHON = str(topology.PLUGIN_PYTHON)
PROBE = ("openstack", "kuryr", "sctp", "probe")
PORT = 9290

TIMES = ("RTT Min", "RTT Avg", "RTT P95", "RTT Max")
COLUMNS = ("Target", "Outcome", "Backend", "Member", "Messages", "Share", *TIMES)
EACH_COLUMNS = ("Seq", "Target", "Local Port", "Outcome", "Backend", "RTT", "Answer")

# How late an outcome may be, in seconds: of itself, and on a busy machine that stalls the guest.
LATE, STALLED = 0.05, 1.0

PPID_SCRIPT = """
from kuryrsctp.deadline import Deadline
from kuryrsctp.model import Endpoint
from kuryrsctp.sctp import association, ports
with association.Association(Endpoint({address!r}, {port})) as one:
    one.connect(ports.ephemeral_ports(), Deadline(5))
    one.send(b"hello", Deadline(5), ppid={ppid})
    print(one.receive(100, Deadline(5))[0].decode())
"""


def measure(machine: Lab, address: str, port: int, **arguments: Any) -> dict[str, Any]:
    """Probe once, or as told; no descriptor may be left, and no message come late."""
    asked = {"count": 1, "timeout": 1.0, **arguments, "address": address, "port": port}
    command = [PYTHON, "-m", "tests.lab.measure", json.dumps(asked)]
    result: dict[str, Any] = json.loads(machine.run(command, timeout=120, check=True).stdout)
    assert result["leaked"] == 0
    for one in result["exchanges"]:
        assert one["seconds"] < asked["timeout"] + STALLED
    return result


def outcomes(machine: Lab, address: str, port: int, **arguments: Any) -> list[str]:
    exchanges = measure(machine, address, port, **arguments)["exchanges"]
    return [one["outcome"] for one in exchanges]


@contextlib.contextmanager
def serving(machine: Lab, argv: tuple[str, ...]) -> Iterator[None]:
    """Have a server run in the pod once it listens on PORT."""
    process = machine.spawn(argv, ns=POD.name, timeout=120)
    deadline = time.monotonic() + 20
    try:
        while str(PORT) not in endpoints(machine):
            assert process.poll() is None, process.output()
            assert time.monotonic() < deadline, process.output()
        yield
    finally:
        process.kill()
        process.wait(timeout=10)
        process.close()


def endpoints(machine: Lab) -> list[str]:
    """Return the local ports of the pod's SCTP sockets."""
    table = machine.run(["cat", "/proc/net/sctp/eps"], ns=POD.name, check=True).stdout
    return [line.split()[5] for line in table.splitlines()[1:]]


def waiting_for_an_answer_to_init(machine: Lab) -> bool:
    """Tell whether an association of the client is in state COOKIE-WAIT."""
    table = machine.run(["cat", "/proc/net/sctp/assocs"], check=True).stdout
    return any(line.split()[4] == "1" for line in table.splitlines()[1:])


def peer(name: str) -> tuple[str, ...]:
    return (PYTHON, "-m", "tests.lab.peers", name, str(PORT))


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
    ],
)
def test_what_a_peer_does_has_its_word(machine: Lab, name: str, outcome: str, answer: str) -> None:
    with serving(machine, peer(name)):
        (exchange,) = measure(machine, POD.ipv4, PORT)["exchanges"]
        assert (exchange["outcome"], exchange["answer"]) == (outcome, answer)


def test_a_peer_that_never_accepts_refuses_once_its_queue_is_full(machine: Lab) -> None:
    with serving(machine, peer("deaf")):
        seen = outcomes(machine, POD.ipv4, PORT, count=4, timeout=0.3)
        assert seen == ["NO_ANSWER", "NO_ANSWER", "REFUSED", "REFUSED"]


def test_an_answer_that_trickles_in_does_not_stretch_the_deadline(machine: Lab) -> None:
    shape = ["tc", "qdisc", "replace", "dev", "eth0", "root", "netem", "rate", "100kbit"]
    machine.run(shape, ns=POD.name, check=True)
    try:
        with serving(machine, peer("huge")):
            assert outcomes(machine, POD.ipv4, PORT, timeout=2.0) == ["NO_ANSWER"]
    finally:
        machine.run(["tc", "qdisc", "del", "dev", "eth0", "root"], ns=POD.name, check=True)


@pytest.mark.parametrize(
    ("argv", "outcome"),
    [
        (("ncat", "--sctp", "-l", "-k", str(PORT), "--exec", "/bin/cat"), "ANSWERED"),
        (("socat", f"SCTP4-LISTEN:{PORT},fork,reuseaddr", "PIPE"), "ANSWERED"),
        (("sctp_test", "-H", "0.0.0.0", "-P", str(PORT), "-l"), "NO_ANSWER"),
    ],
)
def test_a_distributions_servers_are_understood(
    machine: Lab, argv: tuple[str, ...], outcome: str
) -> None:
    with serving(machine, argv):
        assert outcomes(machine, POD.ipv4, PORT, count=3) == [outcome] * 3


@pytest.mark.parametrize("ppid", [0, 46, 0x80, 0xFFFFFFFF])
def test_a_payload_protocol_identifier_arrives_as_it_was_given(machine: Lab, ppid: int) -> None:
    with serving(machine, peer("identify")):
        script = PPID_SCRIPT.format(address=POD.ipv4, port=PORT, ppid=ppid)
        assert machine.run([PYTHON, "-c", script], check=True).stdout == f"PPID {ppid}\n"


def test_a_message_that_this_host_cannot_send_is_wrong_usage(machine: Lab) -> None:
    script = "import kuryrsctp; kuryrsctp.probe(address={!r}, port={}, message='x' * 300_000)"
    done = machine.run([PYTHON, "-c", script.format(POD.ipv4, topology.SERVER_PORT)])
    assert done.stderr.splitlines()[-1] == (
        "kuryrsctp.errors.UsageError: a message of 300000 bytes is too long"
    )


@pytest.mark.parametrize("address", [POD.ipv4, POD.ipv6, topology.VIP])
def test_a_port_where_nothing_listens_refuses(machine: Lab, address: str) -> None:
    assert outcomes(machine, address, 9999) == ["REFUSED"]


def test_a_load_balancer_without_members_has_no_backend(machine: Lab) -> None:
    service = ["--sctp-service", f"{topology.VIP}:97"]
    machine.run(["ipvsadm", "-A", *service, "-s", "wrr"], ns=topology.AMPHORA, check=True)
    try:
        assert outcomes(machine, topology.VIP, 97) == ["NO_BACKEND"]
    finally:
        machine.run(["ipvsadm", "-D", *service], ns=topology.AMPHORA, check=True)


def assert_in_time(exchanges: list[dict[str, Any]], timeout: float) -> None:
    """Assert that no message ended early, and the least disturbed one not late either."""
    seconds = [one["seconds"] for one in exchanges]
    assert timeout <= min(seconds) < timeout + LATE


@pytest.mark.parametrize(("timeout", "count"), [(0.2, 5), (1.0, 3), (4.5, 1)])
def test_silence_is_a_timeout_at_the_deadline(lab: Lab, timeout: float, count: int) -> None:
    lab.drop(POD.name)
    result = measure(lab, POD.ipv4, topology.SERVER_PORT, timeout=timeout, count=count)
    assert {one["outcome"] for one in result["exchanges"]} == {"TIMEOUT"}
    assert_in_time(result["exchanges"], timeout)


@pytest.mark.parametrize(("timeout", "count"), [(0.2, 5), (1.0, 3)])
def test_a_peer_that_does_not_answer_is_waited_for_until_the_deadline(
    machine: Lab, timeout: float, count: int
) -> None:
    with serving(machine, peer("silent")):
        result = measure(machine, POD.ipv4, PORT, timeout=timeout, count=count)
        assert {one["outcome"] for one in result["exchanges"]} == {"NO_ANSWER"}
        assert_in_time(result["exchanges"], timeout)


@pytest.mark.parametrize(
    ("kind", "ipv4", "ipv6"),
    [
        ("icmp-port-unreachable", "NO_BACKEND", "NO_BACKEND"),
        ("icmp-proto-unreachable", "PEER_LACKS_SCTP", None),
        ("icmp-net-unreachable", "UNREACHABLE", "UNREACHABLE"),
        ("icmp-host-prohibited", "PROHIBITED", "PROHIBITED"),
        ("icmp-admin-prohibited", "PROHIBITED", "PROHIBITED"),
    ],
)
def test_a_rejection_is_told_by_its_kind(lab: Lab, kind: str, ipv4: str, ipv6: str | None) -> None:
    lab.reject(POD.name, kind)
    assert outcomes(lab, POD.ipv4, topology.SERVER_PORT, timeout=3.0) == [ipv4]
    if ipv6:
        assert outcomes(lab, POD.ipv6, topology.SERVER_PORT, timeout=3.0) == [ipv6]


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
    assert {one["outcome"] for one in exchanges} == {"ANSWERED"}
    answers = [one["answer"] for one in exchanges]
    for pod in topology.PODS:
        assert 450 <= answers.count(f"{pod.name}: HELLO, I AM ALIVE!!!") <= 550
    assert max(one["seconds"] for one in exchanges) < STALLED


def test_addresses_beside_the_vip_are_warned_of(machine: Lab) -> None:
    second = ["10.0.0.76/26", "dev", "eth0"]
    machine.run(["ip", "addr", "add", *second], ns=POD.name, check=True)
    try:
        (warning,) = measure(machine, topology.VIP, topology.VIP_PORT, count=2)["warnings"]
    finally:
        machine.run(["ip", "addr", "del", *second], ns=POD.name, check=True)
    assert "announces more addresses (10.0.0.75, 10.0.0.76)" in warning


def test_the_service_is_answered_by_both_of_its_members(lab: Lab) -> None:
    done = lab.run([*PROBE, SERVICE, "-f", "json"])
    assert (done.returncode, done.stderr) == (0, "")
    rows = json.loads(done.stdout)
    assert [list(row) for row in rows] == [list(COLUMNS)] * 2
    for row, pod in zip(rows, sorted(topology.PODS, key=lambda pod: pod.name), strict=True):
        assert (row["Target"], row["Outcome"], row["Backend"]) == (VIP, "ANSWERED", pod.name)
        assert row["Member"] == f"default/{pod.name}:9090"
        assert (row["Messages"], row["Share"]) == (2, 0.5)
        assert 0 < row["RTT Min"] <= row["RTT Avg"] <= row["RTT Max"]
        assert row["RTT Min"] <= row["RTT P95"] <= row["RTT Max"]


def test_a_killed_pod_fails_its_share_and_has_no_messages(lab: Lab) -> None:
    lab.kill(POD.name)
    done = lab.run([*PROBE, SERVICE, "-f", "json"])
    assert done.returncode == 3
    assert done.stderr == (
        f"{VIP}: 2 of 4 messages REFUSED: aborted: nothing listens, or it does not accept\n"
    )
    rows = [(row["Outcome"], row["Member"], row["Messages"]) for row in json.loads(done.stdout)]
    assert rows == [
        ("ANSWERED", f"default/{OTHER.name}:9090", 2),
        ("REFUSED", "", 2),
        ("", f"default/{POD.name}:9090", 0),
    ]


def test_an_address_needs_no_cloud_and_no_http(machine: Lab) -> None:
    nowhere = {"OS_CLOUD": "", "OS_CLIENT_CONFIG_FILE": "/nonexistent", "OS_AUTH_URL": ""}
    target = ["--address", topology.VIP, "--port", str(topology.VIP_PORT)]
    done = machine.run([*PROBE, *target, "--each", "-f", "json", "--count", "2"], env=nowhere)
    assert (done.returncode, done.stderr) == (0, "")
    rows = json.loads(done.stdout)
    assert [row["Seq"] for row in rows] == [1, 2]
    assert sorted(row["Answer"] for row in rows) == sorted(
        f"{pod.name}: HELLO, I AM ALIVE!!!" for pod in topology.PODS
    )
    assert tuple(rows[0]) == EACH_COLUMNS


@pytest.mark.parametrize("form", ["table", "value"])
def test_what_a_server_answers_never_reaches_a_terminal_raw(machine: Lab, form: str) -> None:
    with serving(machine, peer("garbage")):
        target = ["--address", POD.ipv4, "--port", str(PORT)]
        done = machine.run([*PROBE, *target, "--count", "1", "--each", "-f", form])
    assert done.returncode == 0
    assert r"\x1b]0;owned\x07\xff\xfe\x00\r\n\u202eevil\\" in done.stdout
    assert all(line.isprintable() for line in done.stdout.splitlines())


def test_an_interrupt_shows_what_is_known_so_far(lab: Lab) -> None:
    lab.drop(POD.name)
    target = ["--address", topology.VIP, "--port", str(topology.VIP_PORT)]
    command = [*PROBE, *target, "--count", "1000", "--timeout", "60", "-f", "json"]
    process = lab.spawn(command, timeout=60)
    deadline = time.monotonic() + 30
    while not waiting_for_an_answer_to_init(lab):
        assert time.monotonic() < deadline
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 130
    stdout, stderr = process.output()
    process.close()
    assert "interrupted after" in stderr
    assert all(row["Outcome"] == "ANSWERED" for row in json.loads(stdout))
