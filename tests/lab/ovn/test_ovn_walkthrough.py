# SPDX-License-Identifier: Apache-2.0

"""The walkthrough over OVN: its load balancer, its security groups, and what can be broken."""

import contextlib
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.lab import Lab, LabError, play_walkthrough, topology
from tests.support.lab.probing import HANG, OUTCOMES_OF_REJECTIONS, POD, outcomes

SCTP = ("openstack", "kuryr", "sctp")
SERVICE = play_walkthrough.SERVICE
GROUP = "k8s-pods"
VIP = (topology.VIP, topology.VIP_PORT)
# Members are chosen by a hash: with fewer messages one of two may have none.
MANY = "20"
SILENT = {"TIMEOUT"}


def rows(lab: Lab, *command: str, status: int = 0) -> list[dict[str, Any]]:
    done = lab.run([*command, "-f", "json"], timeout=HANG)
    assert done.returncode == status, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def seen(lab: Lab, address: str, port: int, count: int = 4) -> set[str]:
    return set(outcomes(lab, address, port, count=count, timeout=2.0))


def wait_until_seen(lab: Lab, expected: set[str]) -> None:
    """OVN has to turn a change into flows first."""
    deadline = time.monotonic() + 60
    while (now := seen(lab, *VIP)) != expected:
        assert time.monotonic() < deadline, now


def test_the_list_names_the_provider(lab: Lab) -> None:
    (row,) = [row for row in rows(lab, *SCTP, "list") if row["Service"] == SERVICE]
    assert (row["VIP"], row["Provider"]) == (topology.VIP, "ovn")
    assert row["Status"] == "ACTIVE"


def test_verify_finds_all_well(lab: Lab) -> None:
    found = rows(lab, *SCTP, "verify", SERVICE)
    assert {row["Status"] for row in found} <= {"OK", "SKIP"}


def test_both_pods_answer_through_the_vip_and_directly(lab: Lab) -> None:
    found = rows(lab, *SCTP, "probe", SERVICE, "--via", "both", "--count", MANY)
    pods = {pod.name for pod in topology.PODS}
    assert {row["Outcome"] for row in found} == {"ANSWERED"}
    through = {row["Backend"] for row in found if row["Target"] == f"{topology.VIP}:90"}
    assert through == {row["Backend"] for row in found} == pods


@contextlib.contextmanager
def without_rules(lab: Lab, group: str) -> Iterator[None]:
    """Remove what lets SCTP in over IPv4, and put it back."""
    rule = ("openstack", "security", "group", "rule")
    listed = rows(lab, *rule, "list", "--protocol", "sctp", "--ingress", group)
    removed = [row["ID"] for row in listed if row["Ethertype"] == "IPv4"]
    lab.run([*rule, "delete", *removed], timeout=HANG, check=True)
    try:
        yield
    finally:
        add = (*rule, "create", "--protocol", "sctp", "--remote-ip", "0.0.0.0/0", group)
        lab.run(add, timeout=HANG, check=True)


def test_pods_whose_group_lets_nothing_in_are_silent_until_it_does(lab: Lab) -> None:
    assert seen(lab, *VIP) == {"ANSWERED"}
    with without_rules(lab, GROUP):
        wait_until_seen(lab, SILENT)
        assert seen(lab, POD.ipv4, POD.port) == SILENT
    wait_until_seen(lab, {"ANSWERED"})


def test_a_killed_pod_refuses_its_share_until_it_is_revived(lab: Lab) -> None:
    lab.kill(POD.name)
    assert seen(lab, *VIP, count=int(MANY)) == {"ANSWERED", "REFUSED"}
    lab.revive(POD.name)
    assert seen(lab, *VIP, count=int(MANY)) == {"ANSWERED"}


def test_what_is_dropped_is_silence_until_it_is_restored(lab: Lab) -> None:
    lab.drop(POD.name)
    assert seen(lab, POD.ipv4, POD.port) == seen(lab, POD.ipv6, POD.port) == SILENT
    lab.restore(POD.name)
    assert seen(lab, POD.ipv4, POD.port) == seen(lab, POD.ipv6, POD.port) == {"ANSWERED"}


def test_the_way_to_every_vip_can_be_dropped(lab: Lab) -> None:
    lab.drop(topology.AMPHORA)
    assert seen(lab, *VIP) == SILENT
    assert seen(lab, POD.ipv4, POD.port) == {"ANSWERED"}
    lab.restore(topology.AMPHORA)
    assert seen(lab, *VIP) == {"ANSWERED"}


@pytest.mark.parametrize(("kind", "ipv4", "ipv6"), OUTCOMES_OF_REJECTIONS)
def test_a_rejection_is_told_by_its_kind(lab: Lab, kind: str, ipv4: str, ipv6: str | None) -> None:
    lab.reject(POD.name, kind)
    assert seen(lab, POD.ipv4, POD.port) == {ipv4}
    if ipv6:
        assert seen(lab, POD.ipv6, POD.port) == {ipv6}
    lab.restore(POD.name)
    lab.reject(topology.AMPHORA, kind)
    assert seen(lab, *VIP) == {ipv4}


def test_an_unplugged_pod_is_silent_until_it_is_plugged_in(lab: Lab) -> None:
    lab.unplug(POD.name)
    assert seen(lab, POD.ipv4, POD.port) == SILENT
    lab.restore(POD.name)
    assert seen(lab, POD.ipv4, POD.port) == seen(lab, POD.ipv6, POD.port) == {"ANSWERED"}


def test_nothing_that_is_not_there_can_be_unplugged(lab: Lab) -> None:
    with pytest.raises(LabError, match="cannot unplug 'lb'"):
        lab.unplug(topology.AMPHORA)


def test_a_client_outside_with_a_route_needs_no_floating_ip(lab: Lab) -> None:
    of_router = ("port", "list", "--device-owner", "network:router_gateway")
    (port,) = rows(lab, "openstack", "--os-cloud", "admin", *of_router)
    (fixed,) = port["Fixed IP Addresses"]
    route = ("10.0.0.128/26", "via", fixed["ip_address"])
    lab.run(["ip", "route", "add", *route], ns=topology.OUTSIDE, check=True)
    try:
        to = ("--address", topology.VIP, "--port", str(topology.VIP_PORT), "--count", MANY)
        done = lab.run([*SCTP, "probe", *to, "-f", "json"], ns=topology.OUTSIDE, timeout=HANG)
        answered = {row["Backend"] for row in json.loads(done.stdout)}
    finally:
        lab.run(["ip", "route", "delete", *route], ns=topology.OUTSIDE, check=True)
    assert answered == {pod.name for pod in topology.PODS}


def test_a_floating_ip_leads_a_client_from_outside_to_the_pods(lab: Lab) -> None:
    own = ("--fixed-ip", f"ip-address={topology.VIP}")
    ports = rows(lab, "openstack", "port", "list", *own)
    create = ["openstack", "floating", "ip", "create", "public", "--port", ports[0]["ID"]]
    made = json.loads(lab.run([*create, "-f", "json"], timeout=HANG, check=True).stdout)
    address = made["floating_ip_address"]
    try:
        probe = [*SCTP, "probe", "--address", address, "--port", str(topology.VIP_PORT)]
        deadline = time.monotonic() + 60
        while lab.run([*probe, "--timeout", "1"], ns=topology.OUTSIDE, timeout=HANG).returncode:
            assert time.monotonic() < deadline
    finally:
        lab.run(["openstack", "floating", "ip", "delete", address], timeout=HANG, check=True)
