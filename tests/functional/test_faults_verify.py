# SPDX-License-Identifier: Apache-2.0

"""Each fault, made in a real cloud, is named by its check, and no other check is misled."""

import ipaddress
import json
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kuryrsctp.verifier import checks
from tests.support.group_faults import (
    health_port_admitted,
    pods_in_a_group,
    pods_that_admit_addresses,
    vip_given_a_group,
)
from tests.support.healthy_service import NAME, Fault, HealthyService, changed, heard, stored
from tests.support.service_faults import (
    EMPTY,
    ONE_MEMBER_TWICE,
    POLICY_LOCAL,
    PORTS_FOR_A_MONITOR,
    TWIN,
    TWO_NODE_PORTS,
    WEB,
    down,
    floating_ip_down,
    full,
    half_the_subnet,
    hung_monitor,
    listener_by_hand,
    monitored,
    no_group,
    nothing,
    pool_of_another_listener,
    rule_of_the_vip_deleted,
    tcp_only,
    together,
    vip_without_groups,
)
from tests.support.shell import Shell
from tests.support.struggling_proxy import in_front_of

pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack")

TCP = {"protocol": "TCP"}
OFF = {"is_admin_state_up": False}
OCCM = "kube_service_prod_core_nrf"
BROKEN = {"provisioning_status": "ERROR"}
PENDING = {"provisioning_status": "PENDING_UPDATE"}
HUNG = {**PENDING, "age": timedelta(hours=6)}
OFFLINE = {"operating_status": "OFFLINE"}
CIDRS = {"allowed_cidrs": ["192.0.2.0/25"]}
DENIED = OFF | {"allowed_cidrs": []}
CLIENTS, OTHERS = (ipaddress.ip_network(cidr) for cidr in ("192.0.2.0/24", "198.51.100.0/24"))


@dataclass(frozen=True)
class Case:
    """A fault, and the rows that it makes odd for whom, if `service` is asked for with `expected`.

    The service is the healthy's unless another one is named.
    """

    fault: Fault
    rows: set[tuple[str, str]]
    service: str = ""
    expected: dict[str, Any] = field(default_factory=dict)
    users: tuple[str, ...] = ("viewer", "admin")


CASES = {
    "no load balancer": Case(nothing, {("load-balancer-exists", "FAIL")}, "core/udm"),
    "no load balancer, and none may be made": Case(
        full("load_balancers"),
        {("load-balancer-exists", "FAIL"), ("load-balancer-quota", "WARN")},
        "core/udm",
        users=("viewer",),  # an administrator's own project has another quota
    ),
    "no load balancer, and no port may be made for one": Case(
        full("ports"),
        {("load-balancer-exists", "FAIL"), ("port-quota", "WARN")},
        "core/udm",
        users=("viewer",),
    ),
    "two load balancers": Case(TWIN, {("load-balancer-unique", "FAIL")}, NAME),
    "load balancer off": Case(
        heard(changed("load_balancer", **OFF), "load_balancer", "OFFLINE"),
        {("load-balancer-admin-state", "FAIL")},
    ),
    "load balancer in ERROR": Case(
        stored("load_balancer", **BROKEN), {("load-balancer-provisioning", "FAIL")}
    ),
    "load balancer under change": Case(
        stored("load_balancer", **PENDING, age=timedelta(minutes=10)),
        {("load-balancer-provisioning", "WARN")},
    ),
    "load balancer whose change hangs": Case(
        stored("load_balancer", **HUNG), {("load-balancer-provisioning", "FAIL")}
    ),
    "listener whose change hangs": Case(stored("listener", **HUNG), {("listener-status", "FAIL")}),
    "pool whose change hangs": Case(stored("pool", **HUNG), {("pool-status", "FAIL")}),
    "member whose change hangs": Case(stored("member", **HUNG), {("member-status", "FAIL")}),
    "monitor whose change hangs": Case(hung_monitor, {("pool-monitor", "FAIL")}),
    "load balancer OFFLINE": Case(
        stored("load_balancer", **OFFLINE), {("load-balancer-operating", "WARN")}
    ),
    "no SCTP listener": Case(WEB, {("listener-exists", "FAIL")}, "core/web"),
    "no listener on a port": Case(
        nothing, {("listener-exists", "FAIL")}, expected={"ports": ((38413, None),)}
    ),
    "listener called otherwise": Case(changed("listener", name="x"), {("listener-name", "WARN")}),
    "listener of another protocol": Case(
        stored("other_listener", **TCP), {("listener-protocol", "FAIL")}
    ),
    "listener and pool of another protocol": Case(
        together(stored("other_listener", **TCP), stored("other_pool", **TCP)),
        {("listener-protocol", "FAIL"), ("pool-protocol", "FAIL")},
    ),
    "listener on another port": Case(
        stored("listener", protocol_port=38414),
        {("listener-port", "FAIL"), ("listener-name", "WARN"), ("pool-name", "WARN")},
        users=("viewer",),  # Octavia's rule in the VIP's group is for the port that it was made for
    ),
    "listener off": Case(
        heard(changed("listener", **OFF | CIDRS), "pool", "OFFLINE"),
        {("listener-admin-state", "FAIL")},
    ),
    "listener that a policy denies to all": Case(
        heard(changed("listener", **DENIED), "pool", "OFFLINE"),
        {("listener-admin-state", "FAIL")},
    ),
    "listener that admits others": Case(
        changed("listener", **CIDRS),
        {("listener-allowed-cidrs", "FAIL")},
        expected={"source": OTHERS},
    ),
    "listener that admits half of the clients": Case(
        changed("listener", **CIDRS),
        {("listener-allowed-cidrs", "WARN")},
        expected={"source": CLIENTS},
    ),
    "listener in ERROR": Case(stored("listener", **BROKEN), {("listener-status", "FAIL")}),
    "listener OFFLINE": Case(stored("listener", **OFFLINE), {("listener-status", "WARN")}),
    "listener that the amphora does not run": Case(
        heard(nothing, "listener", "ERROR", lambda healthy: {healthy.ids["listener"]: "ABSENT"}),
        {("listener-status", "FAIL")},
    ),
    "listener without a pool": Case(
        stored("listener", default_pool_id=None),
        {("pool-exists", "FAIL"), ("pools-used", "WARN")},
    ),
    "listener that has no pool yet": Case(
        together(
            stored("load_balancer", **PENDING, age=timedelta(seconds=5)),
            stored("listener", **OFFLINE, default_pool_id=None, age=timedelta(seconds=3)),
        ),
        {
            ("load-balancer-provisioning", "WARN"),
            ("pool-exists", "WARN"),
            ("pools-used", "WARN"),  # it is the pool that the listener had
        },
    ),
    "listener on the pool of another": Case(
        pool_of_another_listener, {("listener-pool", "FAIL"), ("pools-used", "WARN")}
    ),
    "listener by hand on the pool of another": Case(
        listener_by_hand, {("listener-name", "WARN"), ("listener-pool", "WARN")}
    ),
    "pool called otherwise": Case(changed("pool", name="x"), {("pool-name", "WARN")}),
    "pool of another protocol": Case(stored("pool", **TCP), {("pool-protocol", "FAIL")}),
    "pool with OVN's algorithm": Case(
        stored("pool", lb_algorithm="SOURCE_IP_PORT"), {("pool-algorithm", "FAIL")}
    ),
    "pool off": Case(changed("pool", **OFF), {("pool-admin-state", "FAIL")}),
    "pool in ERROR": Case(stored("pool", **BROKEN), {("pool-status", "FAIL")}),
    "monitor over HTTP": Case(monitored("HTTP"), {("pool-monitor", "WARN")}),
    "no monitor where members have a port for one": Case(
        PORTS_FOR_A_MONITOR, {("pool-monitor", "WARN")}
    ),
    "no monitor where members have a port for one, and none may be made": Case(
        together(PORTS_FOR_A_MONITOR, full("health_monitors")),
        {("pool-monitor", "WARN"), ("health-monitor-quota", "WARN")},
    ),
    "pool without a member": Case(EMPTY, {("members-exist", "WARN")}, "core/udr"),
    "too few members": Case(nothing, {("members-exist", "FAIL")}, expected={"members": 3}),
    "too few members, and no other may be made": Case(
        full("members"),
        {("members-exist", "FAIL"), ("member-quota", "WARN")},
        expected={"members": 3},
    ),
    "a port is missing, and no other may be made": Case(
        full("listeners"),
        {("listener-exists", "FAIL"), ("listener-quota", "WARN")},
        expected={"ports": ((1, None),)},
    ),
    "no pool, and none may be made": Case(
        together(stored("listener", default_pool_id=None), full("pools")),
        {("pool-exists", "FAIL"), ("pool-quota", "WARN"), ("pools-used", "WARN")},
    ),
    "not this member": Case(
        nothing, {("members-exist", "FAIL")}, expected={"addresses": ("10.0.0.112",)}
    ),
    "one member twice": Case(ONE_MEMBER_TWICE, {("members-distinct", "FAIL")}, "core/upf"),
    "member called otherwise": Case(changed("member", name="x"), {("member-name", "WARN")}),
    "member of the other family": Case(
        stored("member", ip_address="fd00:75::110"), {("member-address", "FAIL")}
    ),
    "member on another port": Case(stored("member", protocol_port=1), {("member-port", "FAIL")}),
    "members on other ports than expected": Case(
        nothing, {("member-port", "FAIL")}, expected={"ports": ((38412, 1),)}
    ),
    "node on another port than the others": Case(
        TWO_NODE_PORTS, {("member-port", "WARN")}, "core/pcf"
    ),
    "member off": Case(
        heard(changed("member", **OFF), "member", "OFFLINE"), {("member-admin-state", "WARN")}
    ),
    "member of weight 0": Case(
        heard(
            changed("member", weight=0),
            "member",
            "DRAINING",
            lambda healthy: {healthy.ids["member"]: "DRAIN"},
        ),
        {("member-weight", "WARN")},
    ),
    "member that is a backup": Case(stored("member", backup=True), {("member-backup", "WARN")}),
    "member in ERROR": Case(stored("member", **BROKEN), {("member-status", "FAIL")}),
    "member that the monitor does not reach": Case(
        heard(monitored("SCTP"), "pool", "DEGRADED", down("member")),
        {
            ("member-status", "FAIL"),
            ("pool-status", "WARN"),
            ("load-balancer-operating", "WARN"),
        },
    ),
    "members none of which the monitor reaches": Case(
        heard(monitored("SCTP"), "pool", "ERROR", down("member", "other_member")),
        {
            ("member-status", "FAIL"),
            ("pool-status", "FAIL"),
            ("load-balancer-operating", "FAIL"),
        },
    ),
    "nodes none of which has a pod, as the monitor says": Case(
        together(
            health_port_admitted,
            heard(POLICY_LOCAL, "pool", "ERROR", down("member", "other_member")),
        ),
        {
            ("member-status", "FAIL"),
            ("pool-status", "FAIL"),
            ("load-balancer-operating", "FAIL"),
        },
    ),
    "nodes whose group does not admit what the monitor asks": Case(
        heard(POLICY_LOCAL, "pool", "ERROR", down("member", "other_member")),
        {
            ("member-status", "FAIL"),
            ("monitor-security-groups", "FAIL"),
            ("pool-status", "FAIL"),
            ("load-balancer-operating", "FAIL"),
        },
    ),
    "member in ERROR since there was a monitor": Case(
        stored("member", operating_status="ERROR"), {("member-status", "WARN")}
    ),
    "pods that let in TCP only": Case(tcp_only, {("member-security-groups", "FAIL")}),
    "pods that let in half the subnet": Case(half_the_subnet, {("member-security-groups", "WARN")}),
    "pods in a stateless group without a rule for answers": Case(
        pods_in_a_group(stateful=False), {("member-security-groups", "FAIL")}
    ),
    "pods that let in half the subnet, by an address group": Case(
        pods_that_admit_addresses("10.0.0.128/27", "192.0.2.0/24"),
        {("member-security-groups", "WARN")},
    ),
    "pods without a group": Case(no_group, {("member-security-groups", "FAIL")}),
    "VIP without its port": Case(
        stored("vip", port_id="96b38be3-1183-41c5-a0db-d246ef1d07cb"), {("vip-port", "FAIL")}
    ),
    "VIP that lets nobody in": Case(
        rule_of_the_vip_deleted, {("vip-security-groups", "FAIL")}, users=("admin",)
    ),
    "VIP that was given a group for TCP": Case(
        vip_given_a_group("tcp"), {("vip-security-groups", "FAIL")}
    ),
    "VIP whose port was taken out of a group that was given to it": Case(
        together(vip_given_a_group("sctp"), vip_without_groups), {("vip-security-groups", "WARN")}
    ),
    "VIP of cloud-provider-openstack's whose port was taken out of all groups": Case(
        together(changed("load_balancer", name=OCCM), vip_without_groups),
        {("vip-security-groups", "WARN")},
    ),
    "floating IP that is DOWN": Case(floating_ip_down, {("floating-ip", "WARN")}),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_fault_is_named_by_its_check_and_misleads_no_other(
    healthy: HealthyService, case: Case
) -> None:
    with case.fault(healthy):
        seen = {user: healthy.wrong(user, case.service, **case.expected) for user in case.users}
    assert seen == dict.fromkeys(case.users, case.rows)


def test_a_fake_version_of_octavia_too_old_for_sctp_explains_the_missing_listener(
    healthy: HealthyService, shell: Shell, tmp_path: Path
) -> None:
    with WEB(healthy), in_front_of(healthy.cloud, tmp_path) as proxy:
        proxy.replaced |= {b'"v2.%d"' % newer: b'"v2.22"' for newer in range(23, 100)}
        done = shell.verify("core/web", "-f", "json", env=proxy.environ)
    rows = [row for row in json.loads(done.stdout) if row["Status"] in ("FAIL", "WARN")]
    assert [(row["Check"], row["Detail"]) for row in rows] == [
        ("listener-exists", "no SCTP listener; there is TCP:80"),
        ("octavia-version", "2.22, and SCTP came with 2.23"),
    ]


# These tell, and judge nothing; the version of Octavia is judged by the test above.
TELLING = {
    "load-balancer-provider",
    "listener-connection-limit",
    "listener-timeouts",
    "pool-persistence",
}


def test_every_check_that_judges_is_shown_a_fault() -> None:
    shown = {check for case in CASES.values() for check, _ in case.rows} | {"octavia-version"}
    assert shown == set(checks.CATALOGUE) - TELLING


def test_a_lost_rule_at_the_vip_is_skipped_by_those_who_may_not_read_it(
    healthy: HealthyService,
) -> None:
    with rule_of_the_vip_deleted(healthy):
        assert healthy.wrong("viewer") == set()
