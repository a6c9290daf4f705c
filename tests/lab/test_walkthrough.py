# SPDX-License-Identifier: Apache-2.0

"""The walkthrough works, and what happens to its objects shows in both commands."""

import json
import re
import subprocess

from tests.support.lab import Lab, play_walkthrough, topology
from tests.support.lab.services import service

VERIFY = ("openstack", "kuryr", "sctp", "verify")
PROBE = ("openstack", "kuryr", "sctp", "probe")
TIMEOUT = 120.0


def rows(done: "subprocess.CompletedProcess[str]") -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


def outcomes(done: "subprocess.CompletedProcess[str]") -> set[tuple[object, object]]:
    return {(row["Outcome"], row["Backend"]) for row in rows(done)}


def test_every_step_of_the_walkthrough_goes_well(lab: Lab, capsys) -> None:
    statuses = [status for _, status in play_walkthrough.play(lab)]
    assert statuses == [0] * len((*play_walkthrough.BY_HAND, *play_walkthrough.WITH_THE_PLUGIN))
    shown = capsys.readouterr().out
    assert "FAIL" not in shown
    for pod in topology.PODS:
        assert f"{pod.name}: HELLO, I AM ALIVE!!!" in shown


def test_verify_finds_all_well_with_the_walkthroughs_service(lab: Lab) -> None:
    done = lab.run([*VERIFY, play_walkthrough.SERVICE, "-f", "json"], timeout=TIMEOUT)
    assert done.returncode == 0
    assert re.fullmatch(r"default/sctp-demo: OK \(\d+ checks, 1 not judged\)\n", done.stderr)
    found = rows(done)
    assert {row["Status"] for row in found} <= {"OK", "SKIP"}
    members = {row["Resource"] for row in found if row["Check"] == "member-port"}
    assert members == {f"default/{pod.name}:9090" for pod in topology.PODS}


def test_verify_cannot_see_a_killed_pod_and_probe_can(lab: Lab) -> None:
    dead, alive = topology.PODS
    lab.kill(dead.name)
    judged = lab.run([*VERIFY, play_walkthrough.SERVICE, "-f", "json"], timeout=TIMEOUT)
    assert judged.returncode == 0
    probed = lab.run([*PROBE, play_walkthrough.SERVICE, "-f", "json"], timeout=TIMEOUT)
    assert probed.returncode == 3
    assert outcomes(probed) == {("ANSWERED", alive.name), ("REFUSED", ""), ("", "")}


def test_an_unknown_service_is_judged_wrong_by_both(lab: Lab) -> None:
    judged = lab.run([*VERIFY, "no-such-service", "-f", "json"], timeout=TIMEOUT)
    assert judged.returncode == 3
    assert [row["Check"] for row in rows(judged) if row["Status"] == "FAIL"] == [
        "load-balancer-exists"
    ]
    probed = lab.run([*PROBE, "no-such-service"], timeout=TIMEOUT)
    assert (probed.returncode, probed.stdout) == (3, "")
    assert "no load balancer of 'default/no-such-service'" in probed.stderr
    assert probed.stderr.count("\n") == 1


def test_two_load_balancers_of_one_name_are_listed_and_not_guessed_between(lab: Lab) -> None:
    name = "default/twin"
    with service(lab, name, ()) as first, service(lab, name, ()) as other:
        judged = lab.run([*VERIFY, name, "-f", "json"], timeout=TIMEOUT)
        assert judged.returncode == 3
        (failed,) = [row for row in rows(judged) if row["Status"] == "FAIL"]
        assert failed["Check"] == "load-balancer-unique"
        probed = lab.run([*PROBE, name], timeout=TIMEOUT)
        assert (probed.returncode, probed.stdout) == (3, "")
        for twin in (first, other):
            for said in (str(failed["Detail"]), probed.stderr):
                assert twin["id"] in said
                assert twin["vip"] in said


def test_what_the_api_changes_takes_effect_in_the_data_path(lab: Lab) -> None:
    first, second = topology.PODS
    name = "default/changing"
    pool = f"{name}:SCTP:{topology.VIP_PORT}"
    with service(lab, name, topology.PODS) as made:
        address = ("--address", made["vip"], "--port", str(topology.VIP_PORT))
        probe = (*PROBE, *address, "--count", "4", "-f", "json")
        change = ("openstack", "loadbalancer")

        both = lab.run(probe, timeout=TIMEOUT)
        assert outcomes(both) == {("ANSWERED", first.name), ("ANSWERED", second.name)}

        disabled = f"default/{first.name}:9090"
        lab.run([*change, "member", "set", "--disable", "--wait", pool, disabled], check=True)
        assert outcomes(lab.run(probe, timeout=TIMEOUT)) == {("ANSWERED", second.name)}

        lab.run([*change, "member", "set", "--enable", "--wait", pool, disabled], check=True)
        removed = f"default/{second.name}:9090"
        lab.run([*change, "member", "delete", "--wait", pool, removed], check=True)
        assert outcomes(lab.run(probe, timeout=TIMEOUT)) == {("ANSWERED", first.name)}

        lab.run([*change, "listener", "delete", "--wait", pool], timeout=TIMEOUT, check=True)
        assert outcomes(lab.run(probe, timeout=TIMEOUT)) == {("REFUSED", "")}
        # Without --port it is a warning for a minute.
        expected = ("--port", str(topology.VIP_PORT))
        judged = lab.run([*VERIFY, name, *expected, "-f", "json"], timeout=TIMEOUT)
        assert judged.returncode == 3
        assert [row["Check"] for row in rows(judged) if row["Status"] == "FAIL"] == [
            "listener-exists"
        ]
