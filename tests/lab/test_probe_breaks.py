# SPDX-License-Identifier: Apache-2.0

"""Where a service breaks: probed through the VIP and directly."""

import json
from typing import Any

import pytest

from tests.support.lab import Lab, topology
from tests.support.lab.probing import HANG

POD, OTHER = topology.PODS
MEMBER, OTHER_MEMBER = (f"default/{pod.name}:{topology.SERVER_PORT}" for pod in (POD, OTHER))
SERVICE = "default/sctp-demo"
VIP = f"{topology.VIP}:{topology.VIP_PORT}"
DIRECT, OTHER_DIRECT = (f"{pod.ipv4}:{topology.SERVER_PORT}" for pod in (POD, OTHER))


def probe(machine: Lab, *arguments: str) -> tuple[int, list[dict[str, Any]], list[str]]:
    """Probe the service; return status, rows and the lines on stderr."""
    command = ["openstack", "kuryr", "sctp", "probe", SERVICE, "--timeout", "1", *arguments]
    done = machine.run([*command, "-f", "json"])
    return done.returncode, json.loads(done.stdout or "[]"), done.stderr.splitlines()


def outcomes(rows: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(row["Target"], row["Outcome"]) for row in rows}


def test_a_service_that_works_works_both_ways(machine: Lab) -> None:
    status, rows, lines = probe(machine, "--via", "both", "--all-members")
    assert (status, lines) == (0, [])
    assert outcomes(rows) == {(target, "ANSWERED") for target in (VIP, DIRECT, OTHER_DIRECT)}


def test_a_member_that_is_probed_directly_is_known_by_its_address(machine: Lab) -> None:
    asked = ("--via", "members", "--backend-pattern", "nobody says this")
    status, rows, _ = probe(machine, *asked)
    assert status == 0
    assert {(row["Target"], row["Member"], row["Backend"]) for row in rows} == {
        (DIRECT, MEMBER, ""),
        (OTHER_DIRECT, OTHER_MEMBER, ""),
    }


@pytest.mark.parametrize(("fault", "outcome"), [("kill", "REFUSED"), ("drop", "TIMEOUT")])
def test_a_pod_that_answers_neither_way_is_at_fault(lab: Lab, fault: str, outcome: str) -> None:
    getattr(lab, fault)(POD.name)
    status, rows, lines = probe(lab, "--via", "both")
    assert status == 3
    assert outcomes(rows) >= {(VIP, outcome), (DIRECT, outcome), (OTHER_DIRECT, "ANSWERED")}
    assert lines[-1] == (
        f"{VIP}: {MEMBER} answers neither directly nor through the VIP: the pod, or what filters"
        " its traffic, is at fault"
    )


def test_a_load_balancer_that_lets_nothing_through_is_at_fault(lab: Lab) -> None:
    lab.drop(topology.AMPHORA)
    try:
        status, _, lines = probe(lab, "--via", "both", "--count", "1")
    finally:
        lab.restore(topology.AMPHORA)
    assert status == 3
    assert lines[-1] == (
        f"{VIP}: 2 of 2 members answer directly and none through the VIP: the load balancer, or"
        " what filters packets between here, the load balancer and the members, is at fault"
    )


def test_members_that_cannot_be_reached_from_here_are_not_judged(machine: Lab) -> None:
    network = str(topology.POD_NETWORK.ipv4_gateway).rsplit(".", 1)[0] + ".64/26"
    machine.run(["ip", "route", "add", "unreachable", network], check=True)
    try:
        status, rows, lines = probe(machine, "--via", "both", "--all-members")
    finally:
        machine.run(["ip", "route", "del", "unreachable", network], check=True)
    assert status == 0
    assert (DIRECT, "UNREACHABLE") in outcomes(rows)
    assert lines[-1] == (
        f"{VIP}: answers come through the VIP only: the members cannot be reached from here and are"
        " not judged"
    )


def test_all_members_have_to_answer_if_told_so(lab: Lab) -> None:
    lab.kill(POD.name)
    status, _, lines = probe(lab, "--all-members")
    assert status == 3
    assert lines[-1] == f"never answered: {MEMBER}"


def test_who_never_answered_cannot_be_told_from_answers_without_a_name(machine: Lab) -> None:
    status, _, (line,) = probe(machine, "--all-members", "--backend-pattern", "nobody says this")
    assert status == 1
    assert line.startswith("not every answer names a member (see --backend-pattern)")


def test_a_service_without_a_floating_ip_says_so(machine: Lab) -> None:
    status, rows, (line,) = probe(machine, "--floating-ip")
    assert (status, rows) == (3, [])
    assert line.startswith(f"no floating IP is bound to VIP {topology.VIP} of load balancer")


def test_an_api_that_goes_away_stops_no_probe_that_knows_its_targets(machine: Lab) -> None:
    command = ["openstack", "kuryr", "sctp", "probe", SERVICE, "--timeout", "1", "--each"]
    process = machine.spawn(
        [*command, "--count", "30", "--interval", "0.1", "-f", "csv"], timeout=HANG
    )
    process.wait_for("ANSWERED", HANG)
    machine.run(["ip", "link", "set", "mgmt0", "down"], check=True)
    try:
        assert process.wait(timeout=HANG) == 0
        status, rows, lines = probe(machine)
    finally:
        machine.run(["ip", "link", "set", "mgmt0", "up"], check=True)
    stdout, stderr = process.output()
    process.close()
    assert (stdout.count("ANSWERED"), stderr) == (30, "")
    assert (status, rows, len(lines)) == (1, [], 1)
    assert "no answer from http://" in lines[0]
