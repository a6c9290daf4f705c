# SPDX-License-Identifier: Apache-2.0

"""A Service with externalTrafficPolicy Local: nodes without a pod are in ERROR on purpose."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import kuryr, occm
from tests.support.cloud import Cloud
from tests.support.shell import TIMEOUT, Shell

# The SDK's own affairs.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack")

AMF = occm.mark("amf", namespace="local")
LOCAL = "as for externalTrafficPolicy Local"


@pytest.fixture(scope="module")
def pool(cloud: Cloud) -> Iterator[Any]:
    """Make the Service's load balancer and its health monitor; yield the pool."""
    with (
        kuryr.connect(cloud) as connection,
        occm.load_balancer(connection, AMF, [occm.listener(AMF, 38412, 31412)]) as made,
    ):
        api: Any = connection.load_balancer
        (found,) = api.pools(loadbalancer_id=made.id)
        for member in api.members(found):
            api.update_member(member, found, monitor_port=31999)
            kuryr.settle(connection, made.id)
        asking = {"type": "HTTP", "url_path": "/healthz"}
        api.create_health_monitor(pool_id=found.id, delay=5, timeout=3, max_retries=2, **asking)
        kuryr.settle(connection, made.id)
        yield found
        cloud.report({})


def with_pods_on(shell: Shell, cloud: Cloud, pool: Any, *nodes: str) -> tuple[int, Any, Any]:
    """Verify strictly while only these nodes have a pod; return the exit status and rows twice.

    The second rows are those of --all.
    """
    cloud.report({node: "DOWN" for node in occm.NODES if node not in nodes})
    asked = "SELECT COUNT(*) FROM member WHERE pool_id = ? AND operating_status = 'ERROR'"
    deadline = time.monotonic() + TIMEOUT
    while cloud.sql("octavia", asked, [pool.id]) != [(len(occm.NODES) - len(nodes),)]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    arguments = ("--strict", "--long", "--show", "all", "-f", "json")
    done = shell.verify("local/amf", *arguments, env=cloud.environ())
    everything = shell.verify("--all", "--namespace", "local", *arguments, env=cloud.environ())
    assert done.returncode == everything.returncode
    return done.returncode, json.loads(done.stdout), json.loads(everything.stdout)


def test_nodes_without_a_pod_are_no_fault(shell: Shell, cloud: Cloud, pool: Any) -> None:
    code, rows, of_all = with_pods_on(shell, cloud, pool, "worker-1")
    seen = {(row["Check"], row["Resource"]): f"{row['Status']} {row['Detail']}" for row in rows}
    assert (code, rows) == (0, of_all)
    for node in ("worker-2", "worker-3"):
        expected = (
            f"SKIP ERROR: the node has no ready pod of the Service, {LOCAL}, or does not answer on"
            " 31999"
        )
        assert seen["member-status", node] == expected
    some = (
        f"SKIP DEGRADED: some nodes have no ready pod of the Service, {LOCAL}, or do not answer on"
        " 31999"
    )
    assert seen["pool-status", pool.name] == seen["load-balancer-operating", AMF] == some
    assert seen["pool-monitor", pool.name] == f"OK HTTP on 31999, {LOCAL}"
    assert not any("healthmonitor" in row["Hint"] for row in rows)


def test_no_node_with_a_pod_is_a_fault(shell: Shell, cloud: Cloud, pool: Any) -> None:
    code, rows, of_all = with_pods_on(shell, cloud, pool)
    failures = [row for row in rows if row["Status"] == "FAIL"]
    assert (code, rows) == (3, of_all)
    assert len(failures) == 5
    for row in failures:
        assert row["Detail"].startswith("ERROR: no node has a ready pod of the Service")
        assert "TCP 31999 (healthCheckNodePort of the Service)" in row["Hint"]
