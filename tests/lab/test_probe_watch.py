# SPDX-License-Identifier: Apache-2.0

"""Outages that were made, and what a probe that watches says of them."""

import re
import signal
from collections.abc import Callable
from datetime import datetime, timezone
from typing import NamedTuple

import pytest

from tests.support.lab import Lab, topology
from tests.support.lab.probing import HANG, PYTHON
from tests.support.lab.process import Process
from tests.support.lab.services import remove_members, service

POD, OTHER = topology.PODS
VIP = ("--address", topology.VIP, "--port", str(topology.VIP_PORT))
DIRECT = ("--address", POD.ipv4, "--port", str(topology.SERVER_PORT))
INTERVAL = 0.2
# Seconds that a step of the lab's own takes.
STEP = 0.3
TWIN = [PYTHON, "-m", "tests.support.lab.lateness"]

OUTAGE = re.compile(
    r"(?P<target>\S+): outage from (?P<began>[-0-9]+ [0-9:.]+), (?P<seconds>[0-9.]+) s:"
    r" (?P<failed>\d+) of (?P<messages>\d+) messages not answered \((?P<kinds>[^)]*)\),"
    r" last before: (?P<before>\S+), first after: (?P<after>\S+)"
)

# The lab's keepaliveds stop, and take their services with them; then they are started anew.
STOP = """
kill $(ls /run/lab/keepalived/*.pid | grep -v -e vrrp -e check | xargs cat)
while ls /run/lab/keepalived/*.pid >/dev/null 2>&1; do sleep 0.01; done
"""
START = "exec /run/lab/follow-amphora /run/lab/amphora"


class Watch(NamedTuple):
    """A probe that watches a target, and a twin that tells how late the guest wakes programs up."""

    probe: Process
    twin: Process

    def end(self) -> tuple[list[re.Match[str]], float]:
        """Interrupt both; return the outages that the probe tells of, and the worst lateness."""
        for process in self:
            process.send_signal(signal.SIGINT)
        assert self.probe.wait(timeout=HANG) == 130
        assert self.twin.wait(timeout=HANG) == 0
        _, stderr = self.probe.output()
        late = float(self.twin.output()[0].splitlines()[-1])
        for process in self:
            process.close()
        assert "interrupted after" in stderr
        lines = (OUTAGE.fullmatch(line) for line in stderr.splitlines())
        return [outage for outage in lines if outage], late


def watch(machine: Lab, *target: str) -> Watch:
    """Start watching; return once messages are being answered."""
    twin = machine.spawn(TWIN, timeout=2 * HANG)
    command = ["openstack", "kuryr", "sctp", "probe", *target, "--interval", str(INTERVAL)]
    asked = ["--duration", str(HANG), "--each", "-f", "csv"]
    probe = machine.spawn([*command, *asked], timeout=2 * HANG, env={"TZ": "UTC"})
    wait(probe, "ANSWERED", 10)
    return Watch(probe, twin)


def wait(process: Process, outcome: str, number: int) -> None:
    """Wait for `number` more messages with an outcome."""
    before = process.output()[0].count(outcome)
    process.wait_for(outcome, HANG, before + number)


def clock(machine: Lab) -> float:
    """Return the guest's time of day, which is not quite the host's."""
    return float(machine.run(["date", "+%s.%N"], check=True).stdout)


def timed(machine: Lab, action: Callable[[], object]) -> tuple[float, float]:
    """Return when an action began, and when it had ended."""
    began = clock(machine)
    action()
    return began, clock(machine)


def assert_agrees(
    watched: tuple[list[re.Match[str]], float],
    broken: tuple[float, float],
    mended: tuple[float, float],
    turns: int = 1,
) -> re.Match[str]:
    """Assert that one outage was seen, within `turns` intervals of what was done; return it."""
    (outage,), lateness = watched
    began = datetime.strptime(outage["began"], "%Y-%m-%d %H:%M:%S.%f")
    seen = began.replace(tzinfo=timezone.utc).timestamp()
    late = turns * (INTERVAL + 2 * lateness) + STEP
    assert broken[0] - INTERVAL <= seen <= broken[1] + late
    # A message is sent before its answer fails to come.
    assert mended[0] - turns * INTERVAL <= seen + float(outage["seconds"]) <= mended[1] + late
    return outage


@pytest.mark.parametrize(
    ("target", "turns"), [(DIRECT, 1), (VIP, 2)], ids=["directly", "one of two members"]
)
def test_an_outage_of_a_pod_is_told_to_the_interval(
    lab: Lab, target: tuple[str, ...], turns: int
) -> None:
    watching = watch(lab, *target)
    broken = timed(lab, lambda: lab.kill(POD.name))
    wait(watching.probe, "REFUSED", 5)
    mended = timed(lab, lambda: lab.revive(POD.name))
    wait(watching.probe, "ANSWERED", 10)
    outage = assert_agrees(watching.end(), broken, mended, turns)
    # One message may have been on its way when the pod died.
    assert re.fullmatch(r"\d+ REFUSED(, 1 LOST)?", outage["kinds"])
    names = {POD.name} if target is DIRECT else {POD.name, OTHER.name}
    assert {outage["before"], outage["after"]} <= names


def test_an_outage_ends_when_the_dead_pods_member_is_removed_through_the_api(lab: Lab) -> None:
    name = "default/sctp-watched"
    with service(lab, name, topology.PODS):
        watching = watch(lab, name)
        broken = timed(lab, lambda: lab.kill(POD.name))
        wait(watching.probe, "REFUSED", 5)
        mended = remove_members(lab, name, (POD,))
        wait(watching.probe, "ANSWERED", 10)
        watched = watching.end()
    outage = assert_agrees(watched, broken, mended, turns=2)
    assert OTHER.name in outage["after"]


def test_an_outage_of_the_load_balancer_is_told_to_the_interval(machine: Lab) -> None:
    def amphora(script: str) -> None:
        machine.run(["sh", "-ec", script], ns=topology.ROOT, check=True)

    watching = watch(machine, *VIP)
    try:
        broken = timed(machine, lambda: amphora(STOP))
        wait(watching.probe, "REFUSED", 1)
    finally:
        mended = timed(machine, lambda: amphora(START))
    wait(watching.probe, "ANSWERED", 10)
    assert_agrees(watching.end(), broken, mended)


def test_a_watch_without_an_outage_tells_of_none(machine: Lab) -> None:
    command = ["openstack", "kuryr", "sctp", "probe", *VIP, "--interval", "0.1"]
    done = machine.run([*command, "--duration", "1", "-f", "json"])
    assert (done.returncode, done.stderr) == (0, "")
