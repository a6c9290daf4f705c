# SPDX-License-Identifier: Apache-2.0

"""A host that is down told from a firewall: by the code of the ICMP error, else not at all."""

import contextlib
import json
from collections.abc import Iterator

import pytest

from tests.support.lab import Lab, topology
from tests.support.lab.probing import POD, measure

ROUTER_V4, ROUTER_V6 = topology.CLIENT_NETWORK.ipv4_gateway, topology.CLIENT_NETWORK.ipv6_gateway
PROHIBITED = "administratively prohibited: a firewall or router rejects"
UNKNOWN = "host unreachable, or a firewall rejects (CAP_NET_RAW is needed to tell)"
WITHOUT_RAW = ("setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw")
PROBE = ("openstack", "kuryr", "sctp", "probe")


def seen(lab: Lab, address: str, **arguments: object) -> set[tuple[str, str]]:
    """Return the outcomes and details of messages to the pod's port at an address."""
    asked = {"count": 3, "timeout": 3.0, **arguments}
    exchanges = measure(lab, address, topology.SERVER_PORT, **asked)["exchanges"]
    return {(exchange["outcome"], exchange["detail"]) for exchange in exchanges}


@contextlib.contextmanager
def vip_gone(lab: Lab) -> Iterator[None]:
    """Take the VIP away from the amphora; the router forgets where it was."""
    vip = [f"{topology.VIP}/32", "dev", "eth1"]
    lab.run(["ip", "addr", "del", *vip], ns=topology.AMPHORA, check=True)
    try:
        lab.run(["ip", "neigh", "flush", "all"], ns=topology.ROUTER, check=True)
        yield
    finally:
        lab.run(["ip", "addr", "add", *vip], ns=topology.AMPHORA, check=True)
        lab.run(["ip", "neigh", "flush", "all"], ns=topology.ROUTER, check=True)


def test_an_amphora_that_is_gone_is_never_said_to_be_a_firewall(machine: Lab) -> None:
    target = ["--address", topology.VIP, "--port", str(topology.VIP_PORT), "-f", "json"]
    pacing = ["--concurrency", "8", "--interval", "0.5", "--count", "8", "--timeout", "6"]
    with vip_gone(machine):
        done = machine.run([*PROBE, *target, *pacing])
    assert done.returncode == 3
    assert {row["Outcome"] for row in json.loads(done.stdout)} <= {"UNREACHABLE", "TIMEOUT"}
    unreachable = f"host unreachable (ICMP type 3 code 1 from {ROUTER_V4})"
    assert unreachable in done.stderr
    assert "firewall" not in done.stderr


@pytest.mark.parametrize(
    ("kind", "outcome", "words", "code", "code_v6"),
    [
        ("icmp-host-unreachable", "UNREACHABLE", "host unreachable", "3 code 1", "1 code 3"),
        ("icmp-net-unreachable", "UNREACHABLE", "network unreachable", "3 code 0", "1 code 0"),
        ("icmp-net-prohibited", "PROHIBITED", PROHIBITED, "3 code 9", "1 code 1"),
        ("icmp-host-prohibited", "PROHIBITED", PROHIBITED, "3 code 10", "1 code 1"),
        ("icmp-admin-prohibited", "PROHIBITED", PROHIBITED, "3 code 13", "1 code 1"),
    ],
)
def test_a_rejection_is_told_by_its_code(
    lab: Lab, kind: str, outcome: str, words: str, code: str, code_v6: str
) -> None:
    lab.reject(POD.name, kind)
    assert seen(lab, POD.ipv4) == {(outcome, f"{words} (ICMP type {code} from {ROUTER_V4})")}
    assert seen(lab, POD.ipv6) == {(outcome, f"{words} (ICMPv6 type {code_v6} from {ROUTER_V6})")}


@pytest.mark.parametrize(("kind", "code"), [("icmp6-policy-fail", 5), ("icmp6-reject-route", 6)])
def test_a_rejection_of_ipv6_alone_is_told_by_its_code(machine: Lab, kind: str, code: int) -> None:
    rule = ["FORWARD", "-p", "sctp", "-d", POD.ipv6, "-j", "REJECT", "--reject-with", kind]
    machine.run(["ip6tables-legacy", "-I", *rule], ns=topology.ROUTER, check=True)
    try:
        detail = f"{PROHIBITED} (ICMPv6 type 1 code {code} from {ROUTER_V6})"
        assert seen(machine, POD.ipv6) == {("PROHIBITED", detail)}
    finally:
        machine.run(["ip6tables-legacy", "-D", *rule], ns=topology.ROUTER, check=True)


@pytest.mark.parametrize(
    "kind", ["icmp-host-unreachable", "icmp-host-prohibited", "icmp-admin-prohibited"]
)
def test_without_a_raw_socket_both_causes_are_named(lab: Lab, kind: str) -> None:
    lab.reject(POD.name, kind)
    assert seen(lab, POD.ipv4, by=WITHOUT_RAW) == {("UNREACHABLE", UNKNOWN)}


@pytest.mark.parametrize("address", ["10.0.0.99", "fd00:75::99"])
def test_without_a_raw_socket_a_host_that_is_down_may_be_behind_a_firewall(
    machine: Lab, address: str
) -> None:
    down = seen(machine, address, by=WITHOUT_RAW, count=1, timeout=5.0)
    assert down == {("UNREACHABLE", UNKNOWN)}


def test_a_rejection_of_ipv6_is_known_to_be_one_without_a_raw_socket(lab: Lab) -> None:
    lab.reject(POD.name, "icmp-admin-prohibited")
    assert seen(lab, POD.ipv6, by=WITHOUT_RAW) == {("PROHIBITED", PROHIBITED)}


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("10.0.0.99", f"ICMP type 3 code 1 from {ROUTER_V4}"),
        ("fd00:75::99", f"ICMPv6 type 1 code 3 from {ROUTER_V6}"),
        ("10.0.0.20", "ICMP type 3 code 1 from 10.0.0.10"),
        ("fd00:10::99", "ICMPv6 type 1 code 3 from fd00:10::10"),
    ],
)
def test_who_found_no_host_is_named(machine: Lab, address: str, error: str) -> None:
    down = seen(machine, address, count=1, timeout=5.0)
    assert down == {("UNREACHABLE", f"host unreachable ({error})")}


def test_a_rejection_that_comes_late_is_still_one(lab: Lab) -> None:
    lab.reject(POD.name, "icmp-admin-prohibited")
    target = ["--address", POD.ipv4, "--port", str(topology.SERVER_PORT), "-f", "json"]
    done = lab.run([*PROBE, *target, "--concurrency", "8", "--count", "20", "--timeout", "4"])
    # The router limits the rate of its ICMP errors: some messages get none in time.
    outcomes = {row["Outcome"] for row in json.loads(done.stdout)}
    assert "PROHIBITED" in outcomes <= {"PROHIBITED", "TIMEOUT"}
