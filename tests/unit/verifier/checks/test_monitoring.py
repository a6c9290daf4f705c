# SPDX-License-Identifier: Apache-2.0

"""What a health monitor asks decides what a member in ERROR means."""

from dataclasses import replace
from typing import Any

import pytest

from kuryrsctp.model import Quota, QuotaKind
from kuryrsctp.verifier.report import Status
from tests.support.model import findings, listener, load_balancer, monitor
from tests.support.monitored_service import (
    HEALTH_PORT,
    NAME,
    is_well,
    nodes,
    pool_of,
    rows,
    service,
)

LOCAL = "as for externalTrafficPolicy Local"
NO_POD = (
    f"SKIP ERROR: the node has no ready pod of the Service, {LOCAL}, or does not answer on 31999"
)
SOME_NODES = (
    f"SKIP DEGRADED: some nodes have no ready pod of the Service, {LOCAL}, or do not answer on"
    " 31999"
)
NO_NODE = "no node has a ready pod of the Service, or HTTP on 31999 fails"


def test_a_node_without_a_pod_is_no_fault_where_its_health_port_is_asked() -> None:
    seen, all_rows = rows(service(pool_of(nodes("ONLINE", "ERROR", "ERROR"))))
    assert is_well(all_rows)
    assert seen["member-status", "worker-1"] == "OK ACTIVE, ONLINE"
    assert seen["member-status", "worker-2"] == seen["member-status", "worker-3"] == NO_POD
    assert seen["pool-status", f"pool_0_{NAME}"] == SOME_NODES
    assert seen["load-balancer-operating", NAME] == SOME_NODES
    assert seen["pool-monitor", f"pool_0_{NAME}"] == f"OK HTTP on 31999, {LOCAL}"


@pytest.mark.parametrize("asking", ["HTTPS", "TCP"])
def test_a_question_that_kube_proxy_answers_the_same_without_a_pod_excuses_no_node(
    asking: str,
) -> None:
    seen, _ = rows(service(pool_of(nodes("ONLINE", "ERROR", "ERROR"))), asking)
    assert seen["member-status", "worker-2"] == (
        f"FAIL ERROR: the health monitor does not reach it, and asks {asking}, not SCTP"
    )
    assert seen["pool-monitor", f"pool_0_{NAME}"] == (
        f"WARN {asking} on 31999: it does not tell whether SCTP is answered"
    )


def test_no_node_with_a_pod_is_a_fault_with_its_possible_causes() -> None:
    found = service(pool_of(nodes("ERROR", "ERROR", "ERROR"), "ERROR"), status="ERROR")
    seen, all_rows = rows(found)
    failures = [row for row in all_rows if row.status is Status.FAIL]
    assert [row.check for row in failures] == [
        "load-balancer-operating",
        "pool-status",
        *["member-status"] * 3,
    ]
    for row in failures:
        assert row.detail == f"ERROR: {NO_NODE}"
        assert "kubectl get endpoints,pods" in row.hint
        assert "admits TCP 31999 (healthCheckNodePort" in row.hint
    assert seen["pool-monitor", f"pool_0_{NAME}"].startswith("OK")


@pytest.mark.parametrize(
    "rest",
    [
        {"admin_state_up": False, "operating_status": "OFFLINE"},
        {"admin_state_up": False, "operating_status": "ONLINE"},
        {"weight": 0, "operating_status": "DRAINING"},
    ],
    ids=str,
)
def test_a_node_that_gets_nothing_does_not_excuse_the_others(rest: dict[str, Any]) -> None:
    first, *others = nodes("ONLINE", "ERROR", "ERROR")
    seen, _ = rows(service(pool_of([replace(first, **rest), *others])))
    assert seen["member-status", "worker-2"] == f"FAIL ERROR: {NO_NODE}"
    assert seen["pool-status", f"pool_0_{NAME}"] == f"FAIL DEGRADED: {NO_NODE}"


def test_a_node_of_which_nothing_is_told_yet_neither_excuses_the_others_nor_fails_them() -> None:
    seen, all_rows = rows(service(pool_of(nodes("NO_MONITOR", "ERROR", "ERROR"))))
    unknown = "WARN ERROR: no node is known to have a ready pod of the Service"
    assert seen["member-status", "worker-1"] == "OK ACTIVE, NO_MONITOR"
    assert seen["member-status", "worker-2"] == unknown
    assert not any(row.status is Status.FAIL for row in all_rows)


def test_a_member_that_is_asked_over_sctp_and_does_not_answer_is_a_fault() -> None:
    for port in (None, HEALTH_PORT):
        found = service(pool_of(nodes("ONLINE", "ERROR", monitor_port=port)))
        seen, _ = rows(found, "SCTP")
        some = "WARN DEGRADED: the health monitor reaches only some of its members"
        assert (
            seen["member-status", "worker-2"] == "FAIL ERROR: the health monitor does not reach it"
        )
        assert seen["pool-status", f"pool_0_{NAME}"] == some
        assert seen["load-balancer-operating", NAME] == some
        assert seen["pool-monitor", f"pool_0_{NAME}"] == "OK SCTP"


@pytest.mark.parametrize("port", [None, 31412])
def test_a_node_that_is_asked_on_the_port_for_sctp_is_not_excused(port: int | None) -> None:
    first, second, third = nodes("ONLINE", "ERROR", "ERROR")
    seen, _ = rows(service(pool_of([first, second, replace(third, monitor_port=port)])))
    assert seen["member-status", "worker-2"] == NO_POD
    assert seen["member-status", "worker-3"] == (
        "FAIL ERROR: the health monitor does not reach it, and asks HTTP, not SCTP"
    )
    assert seen["pool-monitor", f"pool_0_{NAME}"] == (
        "WARN HTTP on 31999, but for worker-3 on the port for SCTP"
    )


def test_nodes_that_are_asked_on_different_ports_are_odd() -> None:
    first, second = nodes("ONLINE", "ERROR")
    seen, all_rows = rows(service(pool_of([first, replace(second, monitor_port=32000)])))
    assert seen["pool-monitor", f"pool_0_{NAME}"] == (
        "WARN HTTP on 31999 and 32000: a Service has only one healthCheckNodePort"
    )
    assert [row.check for row in all_rows if row.status is Status.WARN] == ["pool-monitor"]


@pytest.mark.parametrize(
    ("asking", "tells"),
    [
        (
            "HTTP",
            "it does not tell whether SCTP is answered, and fails where only SCTP is answered",
        ),
        ("TCP", "it does not tell whether SCTP is answered, and fails where only SCTP is answered"),
        ("PING", "it tells whether the member's host is up, not whether SCTP is answered"),
        ("UDP-CONNECT", "it tells whether UDP is refused, not whether SCTP is answered"),
    ],
)
def test_a_monitor_that_asks_otherwise_than_over_sctp_is_odd(asking: str, tells: str) -> None:
    members = nodes("ONLINE", "ONLINE", monitor_port=None)
    seen, all_rows = rows(service(pool_of(members, "ONLINE"), status="ONLINE"), asking)
    (row,) = (row for row in all_rows if row.status is Status.WARN)
    assert seen["pool-monitor", row.resource] == f"WARN {asking}: {tells}"
    assert "probe" in row.hint
    assert "delete" not in row.hint


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"admin_state_up": False}, "OK HTTP, switched off: it asks nothing"),
        ({"provisioning_status": "ERROR"}, "FAIL HTTP, ERROR: the last change to it failed"),
        ({"provisioning_status": "PENDING_UPDATE"}, "WARN HTTP, PENDING_UPDATE, not known since"),
    ],
)
def test_the_monitors_own_state_is_told(changes: dict[str, Any], verdict: str) -> None:
    found = service(pool_of(nodes("ONLINE", "ONLINE"), "ONLINE"), status="ONLINE")
    seen, all_rows = rows(found, **changes)
    assert seen["pool-monitor", f"pool_0_{NAME}"].startswith(verdict)
    assert not any("healthmonitor delete" in row.hint for row in all_rows)


@pytest.mark.parametrize(
    ("left_over", "reason"),
    [
        ({"health_monitor_id": None}, "the pool has no health monitor"),
        ({}, "the health monitor is switched off"),
    ],
)
def test_what_is_left_over_from_a_monitor_is_no_fault(
    left_over: dict[str, Any], reason: str
) -> None:
    found = service(pool_of(nodes("NO_MONITOR", "ERROR", monitor_port=None), **left_over))
    seen, all_rows = rows(found, "SCTP", admin_state_up="health_monitor_id" in left_over)
    old = f"likely left over, as {reason}"
    assert seen["member-status", "worker-2"] == f"WARN ERROR: {old}"
    assert seen["pool-status", f"pool_0_{NAME}"] == f"WARN DEGRADED: {old}"
    assert seen["load-balancer-operating", NAME] == f"WARN DEGRADED: {old}"
    assert not any(row.status is Status.FAIL for row in all_rows)


@pytest.mark.parametrize("port", [None, 31412])
def test_no_monitor_is_normal_where_no_member_has_a_port_for_one(port: int | None) -> None:
    found = service(pool_of(nodes("NO_MONITOR", monitor_port=port), health_monitor_id=None))
    seen, all_rows = rows(found)
    assert (
        seen["pool-monitor", f"pool_0_{NAME}"]
        == "OK none: Octavia does not know whether members answer"
    )
    assert not any(row.check == "health-monitor-quota" for row in all_rows)


def test_a_monitor_is_missed_where_members_have_a_port_for_one() -> None:
    """Changes of OCCM take monitor_port away where it makes no monitor, so it is not of old."""
    found = service(pool_of(nodes("NO_MONITOR", "NO_MONITOR"), health_monitor_id=None))
    seen, all_rows = rows(found)
    assert seen["pool-monitor", f"pool_0_{NAME}"] == (
        f"WARN none, but members have monitor_port {HEALTH_PORT}: nothing asks there"
    )
    (quota,) = (row for row in all_rows if row.check == "health-monitor-quota")
    assert (quota.status, quota.detail) == (Status.OK, "no limit")
    full = findings(found, quotas={QuotaKind.HEALTH_MONITORS: Quota(limit=2, used=2)})
    (quota,) = (row for row in full if row.check == "health-monitor-quota")
    assert quota.detail == "2 of 2 health monitors: there can be no more"


def test_a_monitor_that_cannot_be_seen_makes_no_member_a_fault() -> None:
    found = service(pool_of(nodes("ONLINE", "ERROR")))
    seen, _ = rows(found, pool_id="another")
    assert seen["pool-monitor", f"pool_0_{NAME}"] == "SKIP just deleted, or not visible"
    assert seen["member-status", "worker-2"] == (
        "WARN ERROR: what the health monitor asks is not visible"
    )


def test_what_ovn_reports_with_a_monitor_over_tcp_is_put_down_to_the_monitor() -> None:
    broken = pool_of(
        nodes("ERROR", "ERROR", monitor_port=None), "ERROR", lb_algorithm="SOURCE_IP_PORT"
    )
    found = service(broken, status="ERROR", provider="ovn")
    (port,) = found.listeners
    found = replace(found, listeners=(replace(port, operating_status="ERROR"),))
    _, all_rows = rows(found, "TCP")
    odd = [row for row in all_rows if row.status in (Status.WARN, Status.FAIL)]
    assert {row.status for row in odd} == {Status.WARN}
    assert {row.check for row in odd} == {
        "load-balancer-operating",
        "pool-status",
        "pool-monitor",
        "member-status",
    }
    for row in odd:
        assert "TCP" in row.detail
        assert "amphora" not in row.detail


def test_with_a_monitor_over_udp_ovn_reports_errors_where_all_is_well() -> None:
    broken = pool_of(
        nodes("ERROR", "ERROR", monitor_port=None), "ERROR", lb_algorithm="SOURCE_IP_PORT"
    )
    seen, all_rows = rows(service(broken, status="ERROR", provider="ovn"), "UDP-CONNECT")
    assert seen["member-status", "worker-1"] == (
        "WARN ERROR: with a monitor of type UDP-CONNECT OVN reports this also where all is well"
    )
    assert not any(row.status is Status.FAIL for row in all_rows)


def test_a_listener_that_copies_the_state_of_its_pool_is_not_the_cause() -> None:
    broken = pool_of(nodes("ERROR", "ERROR", monitor_port=None), "ERROR")
    found = service(broken, status="ERROR")
    (port,) = found.listeners
    found = replace(found, listeners=(replace(port, operating_status="ERROR"),))
    seen, _ = rows(found, "TCP")
    assert seen["listener-status", f"listener_0_{NAME}"] == "SKIP ERROR: as its pool is"
    assert seen["pool-status", f"pool_0_{NAME}"].startswith("FAIL ERROR: the health monitor")
    assert seen["member-status", "worker-1"].endswith("asks TCP, not SCTP")


def test_of_two_pools_only_that_of_the_policy_local_is_excused() -> None:
    local = pool_of(nodes("ONLINE", "ERROR"))
    asked = pool_of(
        nodes("ONLINE", "ERROR", monitor_port=None),
        id="other",
        name="pool_1",
        health_monitor_id="n",
    )
    ports = (
        listener(name="listener_0", pool=local),
        listener(id="second", name="listener_1", protocol_port=91, pool=asked),
    )
    found = load_balancer(*ports, name=NAME, operating_status="DEGRADED")
    monitors = (monitor(type="HTTP"), monitor(id="n", pool_id="other"))
    odd = {
        (row.check, row.resource, row.status.value)
        for row in findings(found, monitors=monitors)
        if row.status in (Status.WARN, Status.FAIL)
    }
    assert odd == {
        ("load-balancer-operating", NAME, "WARN"),
        ("pool-status", "pool_1", "WARN"),
        ("member-status", "worker-2", "FAIL"),
    }


@pytest.mark.parametrize("status", ["DEGRADED", "ERROR"])
@pytest.mark.parametrize(
    ("place", "whose"),
    [
        ("neighbours", "this Service's parts; another Service's"),
        ("listeners", "SCTP's parts; listeners that are not SCTP"),
    ],
)
def test_what_others_break_on_the_load_balancer_is_not_this_services(
    status: str, place: str, whose: str
) -> None:
    found = service(pool_of(nodes("ONLINE"), "ONLINE"), status=status)
    other = listener(id="other", name="listener_1", protocol="TCP", pool=None)
    changes: dict[str, Any] = {place: (*getattr(found, place), other)}
    seen, all_rows = rows(replace(found, **changes))
    assert seen["load-balancer-operating", NAME] == (
        f"SKIP {status}: not by {whose} are not judged"
    )
    assert is_well(all_rows)


def test_a_monitor_that_the_provider_does_not_support_is_not_well() -> None:
    found = replace(service(pool_of(nodes("ONLINE", monitor_port=None), "ONLINE")), provider="ovn")
    seen, _ = rows(found, "SCTP")
    assert seen["pool-monitor", f"pool_0_{NAME}"] == "WARN SCTP, which OVN does not support"
