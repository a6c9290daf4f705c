# SPDX-License-Identifier: Apache-2.0

"""One fault, seen from both sides: by the client, and by who reads the APIs.

Each is made through the APIs, in a cloud that enforces its security groups, and mended there.
"""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.lab import Lab, topology

POD, OTHER = topology.PODS
SERVICE = "default/sctp-demo"
POOL = f"{SERVICE}:SCTP:{topology.VIP_PORT}"
GROUP, CLIENTS = "k8s-pods", "10.0.0.0/26"
CHECK, WEIGHT = "member-security-groups", "member-weight"
TIMEOUT = 180.0
SETTLED = 3.0  # seconds until a change would be in OVN's flows
# Members are chosen by a hash: with fewer messages one of two may have none.
MANY = "20"
_COMMAND = re.compile(r"`(openstack [^`]*)`")


def run(lab: Lab, *words: str) -> str:
    """Run a command of the client that has to succeed; return what it prints."""
    done = lab.run(["openstack", *words], timeout=TIMEOUT)
    assert done.returncode == 0, done.stderr
    return done.stdout


def read(lab: Lab, *words: str) -> Any:
    """Run a command that prints JSON."""
    return json.loads(run(lab, *words, "-f", "json"))


def wait_until_client_sees(lab: Lab, expected: set[tuple[str, str]]) -> None:
    """Wait until messages to the VIP have these outcomes and backends: OVN makes flows first."""
    probe = ["openstack", "kuryr", "sctp", "probe", SERVICE, "--timeout", "1.5", "-f", "json"]
    deadline = time.monotonic() + 60
    while True:
        done = lab.run([*probe, "--count", MANY, "--concurrency", MANY], timeout=TIMEOUT)
        rows = [row for row in json.loads(done.stdout) if row["Outcome"]]
        seen = {(row["Outcome"], row["Backend"]) for row in rows}
        if seen == expected:
            return
        assert time.monotonic() < deadline, seen


BOTH = {("ANSWERED", pod.name) for pod in topology.PODS}
SILENCE = {("TIMEOUT", "")}


def verified(lab: Lab, *options: str) -> list[dict[str, str]]:
    """Return the rows of `verify`, with their hints."""
    verify = ["openstack", "kuryr", "sctp", "verify", SERVICE, "--long", *options, "-f", "json"]
    rows: list[dict[str, str]] = json.loads(lab.run(verify, timeout=TIMEOUT).stdout)
    return rows


def odd(lab: Lab, *options: str) -> dict[str, dict[str, str]]:
    """Return the rows of `verify` that are not well, one for each check."""
    rows = verified(lab, *options)
    return {row["Check"]: row for row in rows if row["Status"] not in ("OK", "SKIP")}


def do_as_told(lab: Lab, row: dict[str, str]) -> None:
    """Run the commands that a row of `verify` advises."""
    for command in _COMMAND.findall(row["Hint"]):
        run(lab, *command.split()[1:])


def rules(lab: Lab, group: str = GROUP) -> list[dict[str, str]]:
    """Return the rules of the pods' group that let SCTP over IPv4 in."""
    found = read(lab, "security", "group", "rule", "list", "--protocol", "sctp", "--long", group)
    wanted = {"Direction": "ingress", "Ethertype": "IPv4"}
    return [rule for rule in found if wanted.items() <= rule.items()]


def allow(lab: Lab, source: str, group: str = GROUP) -> None:
    """Let SCTP over IPv4 in from some addresses."""
    new = ("security", "group", "rule", "create", "--ingress", "--protocol", "sctp")
    run(lab, *new, "--remote-ip", source, group)


def forbid(lab: Lab) -> None:
    """Let no SCTP over IPv4 in."""
    for rule in rules(lab):
        run(lab, "security", "group", "rule", "delete", rule["ID"])


@pytest.fixture
def group(lab: Lab) -> Iterator[str]:
    """The pods' group, as it was again in the end."""
    before = [rule["IP Range"] for rule in rules(lab)]
    yield GROUP
    forbid(lab)
    for source in before:
        allow(lab, source)
    wait_until_client_sees(lab, BOTH)


def test_a_rule_that_is_removed_is_silence_and_the_hint_brings_it_back(
    lab: Lab, group: str
) -> None:
    forbid(lab)
    wait_until_client_sees(lab, SILENCE)
    row = odd(lab)[CHECK]
    assert row["Status"] == "FAIL"
    assert "does not allow SCTP to port 9090 from anywhere" in row["Detail"]
    do_as_told(lab, odd(lab, "--source", CLIENTS)[CHECK])
    wait_until_client_sees(lab, BOTH)
    assert odd(lab) == {}


def test_a_group_for_amphorae_is_silence_to_clients_elsewhere(lab: Lab, group: str) -> None:
    forbid(lab)
    allow(lab, "10.0.0.128/26")
    wait_until_client_sees(lab, SILENCE)
    row = odd(lab)[CHECK]
    assert row["Status"] == "WARN"
    assert "no client outside of the VIP's subnet gets in" in row["Detail"]


def test_a_policy_that_admits_others_than_this_client(lab: Lab, group: str) -> None:
    forbid(lab)
    allow(lab, "10.9.0.0/24")
    wait_until_client_sees(lab, SILENCE)
    assert odd(lab, "--source", "10.9.0.0/24") == {}
    row = odd(lab, "--source", CLIENTS)[CHECK]
    assert row["Status"] == "FAIL"
    assert "does not allow SCTP to port 9090 from 10.0.0.0/26" in row["Detail"]


def test_a_stateless_group_without_egress_lets_no_answer_out(lab: Lab) -> None:
    ports = [pod.name for pod in topology.PODS]
    run(lab, "security", "group", "create", "--stateless", "stateless")
    try:
        for rule in read(lab, "security", "group", "rule", "list", "--egress", "stateless"):
            run(lab, "security", "group", "rule", "delete", rule["ID"])
        allow(lab, "0.0.0.0/0", "stateless")
        for port in ports:
            given = ("port", "set", "--no-security-group", "--security-group")
            run(lab, *given, "stateless", port)
        wait_until_client_sees(lab, SILENCE)
        row = odd(lab)[CHECK]
        assert row["Status"] == "FAIL"
        assert "is stateless, and has no egress rule for answers over SCTP" in row["Detail"]
        do_as_told(lab, row)
        wait_until_client_sees(lab, BOTH)
        assert odd(lab) == {}
    finally:
        for port in ports:
            run(lab, "port", "set", "--no-security-group", "--security-group", GROUP, port)
        run(lab, "security", "group", "delete", "stateless")


def test_a_member_that_is_removed_gets_no_message_and_is_missed(lab: Lab) -> None:
    name = f"default/{POD.name}:{topology.SERVER_PORT}"
    member = ("loadbalancer", "member")
    run(lab, *member, "delete", "--wait", POOL, name)
    try:
        wait_until_client_sees(lab, {("ANSWERED", OTHER.name)})
        assert odd(lab, "--members", "2").keys() == {"members-exist"}
    finally:
        at = ("--address", POD.ipv4, "--protocol-port", str(topology.SERVER_PORT))
        subnet = ("--subnet-id", "k8s-service-subnet")
        run(lab, *member, "create", "--wait", "--name", name, *at, *subnet, POOL)
    wait_until_client_sees(lab, BOTH)
    assert odd(lab, "--members", "2") == {}


def test_a_weight_of_0_changes_nothing_and_verify_says_so(lab: Lab) -> None:
    name = f"default/{POD.name}:{topology.SERVER_PORT}"
    change = ("loadbalancer", "member", "set", "--wait", "--weight")
    run(lab, *change, "0", POOL, name)
    time.sleep(SETTLED)
    try:
        wait_until_client_sees(lab, BOTH)
        rows = [row for row in verified(lab) if (row["Check"], row["Resource"]) == (WEIGHT, name)]
    finally:
        run(lab, *change, "1", POOL, name)
    assert [(row["Status"], row["Detail"]) for row in rows] == [
        ("OK", "0, which OVN does not apply")
    ]
