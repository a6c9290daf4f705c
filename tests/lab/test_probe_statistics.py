# SPDX-License-Identifier: Apache-2.0

"""On which side of the load balancer messages are lost, told from what its kernel counts.

The figures are those of the guest's IPVS. Octavia's own agent reads them every 10 seconds, and they
reach the API in a heartbeat.
"""

import contextlib
import json
import time
from collections.abc import Iterator

import pytest

from tests.support.lab import Lab, topology
from tests.support.lab.probing import HANG

SERVICE = "default/sctp-demo"
VIP = f"{topology.VIP}:{topology.VIP_PORT}"
COUNT = 4
BEHIND = "what it got was lost behind it (members, their security groups)"


def probe(machine: Lab, *arguments: str) -> tuple[int, dict[str, int], str]:
    """Probe with statistics; return status, messages by outcome, and what the counters prove."""
    command = ["openstack", "kuryr", "sctp", "probe", SERVICE, "--stats", "--count", str(COUNT)]
    wait_until_reported(machine)
    done = machine.run([*command, "--timeout", "1", *arguments, "-f", "json"])
    outcomes: dict[str, int] = {}
    for row in json.loads(done.stdout):
        outcomes[row["Outcome"]] = outcomes.get(row["Outcome"], 0) + row["Messages"]
    return done.returncode, outcomes, done.stderr.splitlines()[-1].removeprefix(f"{VIP}: ")


def wait_until_reported(machine: Lab) -> None:
    """Wait until Octavia has what the kernel has counted of earlier tests."""
    show = ["openstack", "loadbalancer", "listener", "stats", "show", f"{SERVICE}:SCTP:90"]
    deadline = time.monotonic() + HANG
    while time.monotonic() < deadline:
        shown = machine.run([*show, "-f", "value", "-c", "total_connections"], check=True).stdout
        # The kernel sums up its counters every 2 s, in which the command above has run.
        if int(shown) == kernel_counters(machine)[0]:
            return
    raise TimeoutError("Octavia does not get what the kernel counts")


def kernel_counters(machine: Lab) -> list[int]:
    """Return what IPVS counts for the VIP: connections, packets in and out, bytes in and out."""
    listed = ["ipvsadm", "-Ln", "--stats", "--exact"]
    shown = machine.run(listed, ns=topology.AMPHORA, check=True).stdout
    (line,) = (line for line in shown.splitlines() if line.split()[:2] == ["SCTP", VIP])
    return [int(word) for word in line.split()[2:]]


@contextlib.contextmanager
def losing(machine: Lab, *rule: str) -> Iterator[None]:
    """Let the router lose what a rule says."""
    machine.run(
        ["iptables-legacy", "-I", "FORWARD", *rule, "-j", "DROP"], ns=topology.ROUTER, check=True
    )
    try:
        yield
    finally:
        machine.run(
            ["iptables-legacy", "-D", "FORWARD", *rule, "-j", "DROP"],
            ns=topology.ROUTER,
            check=True,
        )


def test_the_counters_of_a_service_that_answers_are_those_of_its_kernel(lab: Lab) -> None:
    wait_until_reported(lab)
    before = kernel_counters(lab)
    status, outcomes, line = probe(lab)
    wait_until_reported(lab)
    grown = [new - old for new, old in zip(kernel_counters(lab), before, strict=True)]
    assert (status, outcomes) == (0, {"ANSWERED": COUNT})
    assert line == (
        f"every message was answered; the load balancer counted {COUNT} associations, {grown[3]}"
        f" bytes from clients, {grown[4]} bytes to them"
    )


def test_what_is_dropped_on_the_way_to_the_load_balancer_is_not_counted(lab: Lab) -> None:
    with losing(lab, "-d", topology.VIP):
        status, outcomes, line = probe(lab)
    assert (status, outcomes) == (3, {"TIMEOUT": COUNT, "": 0})
    assert line.startswith(
        f"the load balancer got none of {COUNT} associations: they were lost before it (route,"
        " floating IP, the VIP's security group), unless it does not report"
    )


@pytest.mark.parametrize("direction", ["-d", "-s"])
def test_what_is_dropped_between_it_and_the_members_is_lost_behind_it(
    lab: Lab, direction: str
) -> None:
    with contextlib.ExitStack() as stack:
        for pod in topology.PODS:
            stack.enter_context(losing(lab, direction, pod.ipv4))
        status, outcomes, line = probe(lab)
    assert (status, outcomes) == (3, {"TIMEOUT": COUNT, "": 0})
    assert line.startswith(
        f"the load balancer got {COUNT} associations, {COUNT} sent from here, and it passed"
        f" nothing back: {BEHIND}"
    )


def test_answers_that_are_lost_on_the_way_back_have_been_passed_on(lab: Lab) -> None:
    with losing(lab, "-s", topology.VIP):
        status, outcomes, line = probe(lab)
    assert (status, outcomes) == (3, {"TIMEOUT": COUNT, "": 0})
    assert line.startswith(
        f"the load balancer got {COUNT} associations, as many as were sent from here: if all of"
        " them are this probe's, the "
    )
    assert line.endswith(
        " bytes that it passed back (answers or ICMP errors) were lost on the way to this host, or"
        " came too late"
    )


def test_what_the_pods_refuse_has_gone_through_the_load_balancer(lab: Lab) -> None:
    for pod in topology.PODS:
        lab.kill(pod.name)
    status, outcomes, line = probe(lab)
    assert (status, outcomes) == (3, {"REFUSED": COUNT, "": 0})
    assert line == (
        f"the load balancer got {COUNT} associations, as many as were sent from here: if all of"
        " them are this probe's, the rejections come from behind it"
    )


def test_what_nobody_listens_for_is_refused_before_a_member_gets_it(lab: Lab) -> None:
    service = f"{topology.VIP}:{topology.VIP_PORT}"
    for pod in topology.PODS:
        server = ["--sctp-service", service, "-r", f"{pod.ipv4}:{pod.port}"]
        lab.run(["ipvsadm", "-d", *server], ns=topology.AMPHORA, check=True)
    try:
        status, outcomes, line = probe(lab)
    finally:
        for pod in topology.PODS:
            server = ["--sctp-service", service, "-r", f"{pod.ipv4}:{pod.port}", "-m", "-w", "1"]
            lab.run(["ipvsadm", "-a", *server], ns=topology.AMPHORA, check=True)
    assert (status, outcomes) == (3, {"NO_BACKEND": COUNT, "": 0})
    assert line.startswith(
        f"the load balancer got none of {COUNT} associations: they were rejected before a member"
        " got them: by the load balancer, or on the way to it, unless it does not report"
    )
