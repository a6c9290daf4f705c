# SPDX-License-Identifier: Apache-2.0

"""Many messages, messages of every kind, and what is expected of their answers."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.lab import Lab, topology
from tests.support.lab.probing import HANG

POD, OTHER = topology.PODS
PYTHON = str(topology.PLUGIN_PYTHON)
ADDRESS = ("--address", topology.VIP, "--port", str(topology.VIP_PORT))
DIRECT = ("--address", POD.ipv4, "--port", str(topology.SERVER_PORT))
ECHO_PORT = 9291

# Peak memory in kB after a small and after a large number of associations.
MEMORY = """
import json, resource, sys
import kuryrsctp
from kuryrsctp.prober.schedule import Schedule
peaks = []
for count in (1000, 10000):
    report = kuryrsctp.probe(
        address={address!r}, port={port}, count=count, schedule=Schedule(concurrency=64)
    )
    assert report.messages == sum(report.outcomes.values()) == count
    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
json.dump(peaks, sys.stdout)
"""


def probe(machine: Lab, *arguments: str) -> tuple[int, list[dict[str, Any]], str]:
    """Run the command; return status, rows and stderr."""
    command = ["openstack", "kuryr", "sctp", "probe", *arguments, "-f", "json"]
    done = machine.run(command, timeout=HANG)
    return done.returncode, json.loads(done.stdout or "[]"), done.stderr


@pytest.mark.parametrize("address", [topology.VIP, POD.ipv4, POD.ipv6])
def test_many_at_a_time_are_all_counted(machine: Lab, address: str) -> None:
    port = topology.VIP_PORT if address == topology.VIP else topology.SERVER_PORT
    target = ("--address", address, "--port", str(port))
    status, rows, stderr = probe(machine, *target, "--count", "500", "--concurrency", "64")
    assert sum(row["Messages"] for row in rows) == 500, stderr
    assert {row["Outcome"] for row in rows} == {"ANSWERED"}, stderr
    assert (status, stderr) == (0, "")


def test_many_at_a_time_to_nobody_are_all_counted(lab: Lab) -> None:
    lab.drop(POD.name)
    asked = ("--count", "200", "--concurrency", "64", "--timeout", "0.5")
    status, rows, _ = probe(lab, *DIRECT, *asked)
    assert [(row["Outcome"], row["Messages"]) for row in rows] == [("TIMEOUT", 200)]
    assert status == 3


def test_ten_thousand_associations_take_no_more_memory_than_a_thousand(machine: Lab) -> None:
    script = MEMORY.format(address=POD.ipv4, port=topology.SERVER_PORT)
    done = machine.run([PYTHON, "-c", script], timeout=4 * HANG, check=True)
    few, many = json.loads(done.stdout)
    assert many - few < 4096


def test_rows_of_messages_are_printed_as_they_come(machine: Lab) -> None:
    command = ["openstack", "kuryr", "sctp", "probe", *DIRECT, "--each", "-f", "csv"]
    process = machine.spawn(
        [*command, "--interval", "1", "--duration", str(HANG)], timeout=2 * HANG
    )
    try:
        while process.output()[0].count("\n") < 3:
            assert process.poll() is None, process.output()
        assert process.poll() is None
    finally:
        process.kill()
        process.wait(timeout=HANG)
        process.close()


def test_an_answer_that_is_not_the_expected_one_is_unexpected(machine: Lab) -> None:
    status, rows, stderr = probe(machine, *ADDRESS, "--count", "4", "--expect", "ALIVE!!!$")
    assert (status, stderr) == (0, "")
    status, rows, stderr = probe(machine, *ADDRESS, "--count", "4", "--expect", "^" + POD.name)
    assert status == 3
    assert sorted((row["Outcome"], row["Backend"], row["Messages"]) for row in rows) == [
        ("ANSWERED", POD.name, 2),
        ("UNEXPECTED", OTHER.name, 2),
    ]
    assert "2 of 4 messages UNEXPECTED: the answer does not match --expect" in stderr


def test_the_backend_is_what_the_operators_pattern_finds(machine: Lab) -> None:
    pattern = "--backend-pattern=-([a-z0-9]{5}):"
    _, rows, _ = probe(machine, *ADDRESS, "--count", "2", pattern)
    assert sorted(row["Backend"] for row in rows) == ["8vnrq", "zg7nq"]


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (("--message", "größe"), "größe"),
        (("--message-hex", "68 65 6c 6c 6f 0a"), "hello\n"),
        (("--message-file", str(Path(topology.__file__).with_name("__init__.py"))), None),
        (("--payload-size", "50000"), ("HELLO, ARE YOU ALIVE?" * 2400)[:50000]),
        (("--unordered", "--stream", "3", "--ppid", "46", "--message", "x"), "x"),
        (("--source", "10.0.0.10", "--message", "x"), "x"),
    ],
)
def test_what_is_sent_is_what_was_asked_for(
    machine: Lab, asked: tuple[str, ...], answer: str | None
) -> None:
    echo = [PYTHON, "-m", "tests.support.lab.peers", "echo", str(ECHO_PORT)]
    server = machine.spawn(echo, ns=POD.name, timeout=HANG)
    try:
        server.wait_for("listening", HANG)
        target = ("--address", POD.ipv4, "--port", str(ECHO_PORT), "--count", "1", "--each")
        status, rows, stderr = probe(machine, *target, *asked)
    finally:
        server.kill()
        server.wait(timeout=HANG)
        server.close()
    assert (status, stderr) == (0, "")
    expected = Path(asked[1]).read_text() if answer is None else answer
    assert [row["Answer"] for row in rows] == [expected]


def test_a_fixed_source_port_is_used_and_warned_of(machine: Lab) -> None:
    asked = ("--source-port", "40404", "--count", "1", "--each")
    status, rows, stderr = probe(machine, *DIRECT, *asked)
    assert status == 0
    assert [row["Local Port"] for row in rows] == [40404]
    assert "a load balancer that keeps state may drop the first INIT" in stderr


def test_a_source_that_is_not_this_hosts_is_wrong_usage(machine: Lab) -> None:
    status, rows, stderr = probe(machine, *DIRECT, "--source", "192.0.2.1")
    assert (status, rows) == (2, [])
    assert len(stderr.splitlines()) == 1


def test_a_chart_leaves_the_result_clean(machine: Lab) -> None:
    status, rows, stderr = probe(machine, *ADDRESS, "--count", "4", "--chart")
    assert (status, len(rows)) == (0, 2)
    assert f"Messages to {topology.VIP}:{topology.VIP_PORT}" in stderr
    assert stderr.count(" 50% ####################") == 2
    assert "Round-trip times" in stderr


def at_a_terminal(machine: Lab, *arguments: str) -> str:
    """Probe with stderr on a terminal; return what it shows."""
    command = " ".join(["openstack kuryr sctp probe", *DIRECT, *arguments, "-f json >/dev/null"])
    script = ["script", "--quiet", "--return", "--command", command, "/dev/null"]
    done = machine.run(script, env={"TERM": "xterm", "COLUMNS": "100"})
    assert done.returncode == 0
    return done.stdout


def test_a_user_at_a_terminal_sees_a_line_for_each_of_a_few_messages(machine: Lab) -> None:
    lines = at_a_terminal(machine, "--count", "3").splitlines()
    assert [line.split()[:3] for line in lines] == [
        [str(seq), f"{POD.ipv4}:{topology.SERVER_PORT}", "ANSWERED"] for seq in (1, 2, 3)
    ]


def test_a_user_at_a_terminal_sees_how_far_a_long_run_is(machine: Lab) -> None:
    shown = at_a_terminal(machine, "--count", "100", "--interval", "0.02")
    assert "/100" in shown
    assert "ANSWERED" in shown
    assert POD.ipv4 not in shown
