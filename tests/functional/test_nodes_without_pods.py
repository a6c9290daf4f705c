# SPDX-License-Identifier: Apache-2.0

"""Nodes that are in ERROR on purpose, and members that are so by a fault, are told apart."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from openstack.connection import Connection

from kuryrsctp.prober.targets import Via
from tests.support import kuryr, occm
from tests.support.cloud import Cloud
from tests.support.database import stored_row
from tests.support.readers import Reading, endpoints, read

# The SDK's own affairs.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack")

NAME, AMF = "nodes/amf", occm.mark("amf", namespace="nodes")
ERROR, ONLINE = {"operating_status": "ERROR"}, {"operating_status": "ONLINE"}
NOWHERE = dict.fromkeys(occm.NODES, ERROR)
ON_WORKER_1 = NOWHERE | {"worker-1": ONLINE}
ALL_IN_ERROR = {
    ("member-status", "FAIL"),
    ("pool-status", "FAIL"),
    ("load-balancer-operating", "FAIL"),
}


@dataclass(frozen=True)
class Monitored:
    """A Service of three nodes whose health monitor asks HTTP on port 31999."""

    cloud: Cloud
    connection: Connection
    load_balancer: str
    pool: str
    monitor: str
    members: Mapping[str, str]

    @contextmanager
    def state(
        self, members: Mapping[str, Mapping[str, Any]], pool: str, **monitor: Any
    ) -> Iterator[None]:
        """Let the members differ, and the pool and load balancer have an operating status."""
        with ExitStack() as stack:

            def put(table: str, row_id: str, **values: object) -> None:
                stack.enter_context(stored_row(self.cloud, table, row_id, **values))

            put("load_balancer", self.load_balancer, operating_status=pool)
            put("pool", self.pool, operating_status=pool)
            if monitor:
                put("health_monitor", self.monitor, **monitor)
            for node, values in members.items():
                put("member", self.members[node], **values)
            yield

    def read(self) -> Reading:
        """Read the Service in each way."""
        return read(self.connection, NAME)


@pytest.fixture(scope="module")
def service(cloud: Cloud) -> Iterator[Monitored]:
    """Make the Service; the statuses are those that a test puts into the database."""
    with (
        kuryr.connect(cloud) as connection,
        occm.load_balancer(connection, AMF, [occm.listener(AMF, 38412, 31412)]) as made,
    ):
        api: Any = connection.load_balancer
        (pool,) = api.pools(loadbalancer_id=made.id)
        monitor = api.create_health_monitor(
            pool_id=pool.id, type="HTTP", url_path="/healthz", delay=5, timeout=3, max_retries=2
        )
        kuryr.settle(connection, made.id)
        members = {member.name: member.id for member in api.members(pool)}
        cloud.report({made.id: "SILENT"})
        with ExitStack() as stack:
            for member in members.values():
                values = {"monitor_port": 31999, "operating_status": "ONLINE"}
                stack.enter_context(stored_row(cloud, "member", member, **values))
            yield Monitored(cloud, connection, made.id, pool.id, monitor.id, members)
        cloud.report({})


def test_nodes_without_a_pod_are_listed_and_probed(service: Monitored) -> None:
    with service.state(ON_WORKER_1, "DEGRADED"):
        seen = service.read()
        assert (seen.odd, "healthmonitor" in seen.hints) == (set(), False)
        assert seen.listed[NAME].member_counts == (3,)
        assert len(endpoints(service.connection, NAME, Via.MEMBERS)) == 3


def test_no_node_with_a_pod_is_a_fault(service: Monitored) -> None:
    with service.state(NOWHERE, "ERROR"):
        seen = service.read()
    assert seen.odd == ALL_IN_ERROR
    assert "no node has a ready pod" in seen.told("pool-status")


def test_a_switched_off_node_is_no_node_with_a_pod(service: Monitored) -> None:
    off = {"worker-1": ONLINE | {"enabled": False}}
    with service.state(NOWHERE | off, "ERROR"):
        seen = service.read()
    assert {("member-status", "FAIL"), ("pool-status", "FAIL")} <= seen.odd
    assert "no node has a ready pod" in seen.told("pool-status")


def test_the_only_node_with_a_pod_may_not_be_drained(service: Monitored) -> None:
    drained = {"worker-1": {"operating_status": "DRAINING", "weight": 0}}
    with service.state(NOWHERE | drained, "ERROR"):
        seen = service.read()
    assert ("member-status", "FAIL") in seen.odd
    assert ("member-weight", "WARN") in seen.odd


def test_a_node_that_is_drained_and_in_error_is_no_fault(service: Monitored) -> None:
    drained = {"worker-2": ERROR | {"weight": 0}}
    with service.state(ON_WORKER_1 | drained, "DEGRADED"):
        seen = service.read()
    assert seen.odd == {("member-weight", "WARN")}


def test_a_member_that_is_asked_on_the_port_for_sctp_over_http_is_not_excused(
    service: Monitored,
) -> None:
    plain = {"worker-3": ERROR | {"monitor_port": None}}
    with service.state(ON_WORKER_1 | plain, "DEGRADED"):
        seen = service.read()
    assert seen.told("member-status", "worker-2").startswith("SKIP")
    assert seen.told("member-status", "worker-3").startswith("FAIL")
    assert "but for worker-3 on the port for SCTP" in seen.told("pool-monitor")


def test_without_a_monitor_port_http_asks_nothing_that_tells_of_pods(service: Monitored) -> None:
    plain = {node: values | {"monitor_port": None} for node, values in ON_WORKER_1.items()}
    with service.state(plain, "DEGRADED"):
        seen = service.read()
    assert ("member-status", "FAIL") in seen.odd
    assert ("pool-monitor", "WARN") in seen.odd
    assert "healthmonitor delete" not in seen.hints
    assert "has no ready pod" not in str(seen.report)


@pytest.mark.parametrize("monitor", [{"enabled": False}], ids=str)
def test_what_a_monitor_said_that_is_switched_off_is_left_over(
    service: Monitored, monitor: dict[str, Any]
) -> None:
    with service.state(ON_WORKER_1, "DEGRADED", **monitor):
        seen = service.read()
    assert not any(status == "FAIL" for _, status in seen.odd)
    assert "likely left over" in seen.told("member-status", "worker-2")


@pytest.mark.parametrize("kind", ["SCTP", "PING", "HTTPS", "TCP"])
def test_a_question_that_tells_nothing_of_pods_excuses_nobody(
    service: Monitored, kind: str
) -> None:
    with service.state(ON_WORKER_1, "DEGRADED", type=kind):
        seen = service.read()
    assert ("member-status", "FAIL") in seen.odd
    assert "has no ready pod" not in str(seen.report)


def test_members_without_a_status_of_a_monitor_are_no_fault(service: Monitored) -> None:
    quiet = {node: {"operating_status": "NO_MONITOR"} for node in occm.NODES}
    with service.state(quiet, "ONLINE"):
        assert service.read().odd == set()
