# SPDX-License-Identifier: Apache-2.0

"""What the `probe` command prints."""

import json
import re
import signal
import time

import pytest

from tests.support.lab import Lab, topology
from tests.support.lab.probing import HANG, OTHER, POD, PORT, peer, serving

SERVICE = "default/sctp-demo"
VIP = f"{topology.VIP}:{topology.VIP_PORT}"
PROBE = ("openstack", "kuryr", "sctp", "probe")

TIMES = ("RTT Min", "RTT Avg", "RTT P95", "RTT Max")
COLUMNS = ("Target", "Outcome", "Backend", "Member", "Messages", "Share", *TIMES)
EACH_COLUMNS = ("Seq", "Target", "Local Port", "Outcome", "Backend", "RTT", "Answer")


def associations_so_far(machine: Lab) -> int:
    """Return how many associations the client has had, as its kernel counts them."""
    counters = machine.run(["cat", "/proc/net/sctp/snmp"], check=True).stdout
    return int(dict(line.split() for line in counters.splitlines())["SctpActiveEstabs"])


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
    assert done.stderr == (f"{VIP}: 2 of 4 messages REFUSED: aborted: nothing listens\n")
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
    target = ["--address", topology.VIP, "--port", str(topology.VIP_PORT)]
    command = [*PROBE, *target, "--count", "1000", "--interval", "0.5", "-f", "json"]
    before = associations_so_far(lab)
    process = lab.spawn(command, timeout=HANG)
    deadline = time.monotonic() + HANG
    while associations_so_far(lab) < before + 2:  # the first has been answered by then
        assert time.monotonic() < deadline
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=HANG) == 130
    stdout, stderr = process.output()
    process.close()
    assert "interrupted after" in stderr
    rows = json.loads(stdout)
    assert rows
    assert {row["Outcome"] for row in rows} == {"ANSWERED"}


def test_an_interrupt_while_a_row_waits_for_its_reader_tells_what_is_known_as_well(
    lab: Lab,
) -> None:
    reader = "(read go < /tmp/go; cat) < /tmp/rows > /dev/null"
    script = f'mkfifo /tmp/go /tmp/rows; {reader} & exec "$@" > /tmp/rows'
    target = ["--address", topology.VIP, "--port", str(topology.VIP_PORT)]
    command = [*PROBE, *target, "--count", "100000", "--each", "-f", "csv"]
    before = now = first = associations_so_far(lab)
    process = lab.spawn(["sh", "-c", script, "sh", *command], timeout=HANG)
    while before != now or now == first:
        assert process.age < HANG
        before, now = now, associations_so_far(lab)
    process.send_signal(signal.SIGINT)
    lab.run(["sh", "-c", "echo > /tmp/go"], check=True)
    assert process.wait(timeout=HANG) == 130
    _, stderr = process.output()
    process.close()
    assert re.search(r"interrupted after \d+ of 100000 messages", stderr)
