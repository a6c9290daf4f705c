# SPDX-License-Identifier: Apache-2.0

"""Pods and nodes that come and go while the machine runs, and what stands in for their network."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.lab import Lab, LabError, rendered_amphora, topology
from tests.support.lab.probing import HANG

GUEST = ("/usr/bin/python3", "-S", "-m")
CALL = (str(topology.PLUGIN_PYTHON), "-m", "tests.support.lab.callers", "walkthrough")
KURYRS = {pod.name: pod.ipv4 for pod in topology.PODS}
NODES = {"worker-1": "10.0.1.11", "worker-2": "10.0.1.12"}
ON_NODES = {"on-worker-1": "10.244.1.2", "on-worker-2": "10.244.2.2"}
NODES_VIP, FLOATING_IP, NODE_PORT = "10.0.1.50", "203.0.113.7", 30090


@pytest.fixture(scope="module")
def empty() -> Iterator[Lab]:
    """A machine without pods, whose amphora balances nothing yet."""
    with Lab.start(cloud=False, linked=True, pods=()) as lab:
        yield lab


def in_root(lab: Lab, module: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    argv = [*GUEST, f"tests.support.lab.guest.{module}", *arguments]
    return lab.run(argv, ns=topology.ROOT, timeout=HANG)


def answers(lab: Lab, address: str, port: int, calls: int) -> set[str]:
    """Return the names of those who answer."""
    call = [*CALL, address, str(port)]
    said = [lab.run(call, timeout=HANG, check=True).stdout for _ in range(calls)]
    return {
        line.partition(":")[0] for text in said for line in text.splitlines() if "ALIVE" in line
    }


@pytest.fixture
def balanced(empty: Lab) -> Iterator[Lab]:
    """The machine, with Kuryr's pods behind the load balancer of the walkthrough."""
    for name, address in KURYRS.items():
        assert in_root(empty, "plugging", "plug", name, address).returncode == 0
    done = in_root(empty, "amphora", str(rendered_amphora.rendered()))
    assert done.returncode == 0, done.stderr
    yield empty
    for name in KURYRS:
        assert in_root(empty, "plugging", "unplug", name).returncode == 0


def test_plugged_pods_answer_under_their_names(balanced: Lab) -> None:
    assert answers(balanced, topology.VIP, topology.VIP_PORT, 2) == set(KURYRS)


def test_a_plugged_pod_is_killed_and_revived_and_goes(balanced: Lab) -> None:
    pod, other = KURYRS
    balanced.kill(pod)
    assert in_root(balanced, "plugging", "unplug", other).returncode == 0
    with pytest.raises(LabError, match=pod):
        balanced.kill(other)
    balanced.revive(pod)
    assert answers(balanced, KURYRS[pod], topology.SERVER_PORT, 1) == {pod}
    assert in_root(balanced, "plugging", "plug", pod, KURYRS[other]).returncode == 0
    assert answers(balanced, KURYRS[other], topology.SERVER_PORT, 1) == {pod}


def test_a_pod_of_no_network_is_refused(empty: Lab) -> None:
    done = in_root(empty, "plugging", "plug", "stray", "192.0.2.1")
    assert (done.returncode, done.stderr.strip()) == (
        1,
        "the machine has no network for 192.0.2.1",
    )


def test_a_floating_ip_leads_to_pods_behind_nodes(empty: Lab, tmp_path: Path) -> None:
    for name, address in ON_NODES.items():
        assert in_root(empty, "plugging", "plug", name, address).returncode == 0
    targets = [f"{address}:{topology.SERVER_PORT}" for address in ON_NODES.values()]
    port = {"protocol": "SCTP", "port": NODE_PORT, "targets": targets}
    wanted = json.dumps({"nodes": NODES, "ports": [port]})
    for _ in range(2):  # the second finds all as it should be
        done = in_root(empty, "stand_in_proxy", wanted)
        assert done.returncode == 0, done.stderr
    for address in NODES.values():
        assert answers(empty, address, NODE_PORT, 2) == set(ON_NODES)

    done = in_root(empty, "amphora", str(_behind_nodes(tmp_path)))
    assert done.returncode == 0, done.stderr
    assert answers(empty, NODES_VIP, topology.VIP_PORT, 4) == set(ON_NODES)
    done = in_root(empty, "stand_in_router", json.dumps({FLOATING_IP: NODES_VIP}))
    assert done.returncode == 0, done.stderr
    assert answers(empty, FLOATING_IP, topology.VIP_PORT, 4) == set(ON_NODES)


def _behind_nodes(directory: Path) -> Path:
    """Return the walkthrough's load balancer with another VIP, and with nodes as its members."""
    changes = {topology.VIP: NODES_VIP, f" {topology.SERVER_PORT} ": f" {NODE_PORT} "}
    changes |= dict(zip(KURYRS.values(), NODES.values(), strict=True))
    for path in rendered_amphora.rendered().glob("*/*"):
        text = path.read_text()
        for old, new in changes.items():
            text = text.replace(old, new)
        copy = directory / path.parent.name / path.name
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(text)
    return directory
