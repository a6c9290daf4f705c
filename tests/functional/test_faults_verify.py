# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Each fault, made in a real cloud, is named by its check, and no other check is misled."""

import ipaddress
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.functional import bench as benches
from tests.functional.bench import (
    Bench,
    Fault,
    floating_ip_down,
    floating_ip_is_active,
    half_the_subnet,
    monitor_over_http,
    no_group,
    octavia,
    rule_of_the_vip_deleted,
    tcp_only,
    vip_without_groups,
)
from tests.lab.cloud import Cloud

pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack")

TCP = {"protocol": "TCP"}
OFF = {"enabled": False}
BROKEN = {"provisioning_status": "ERROR"}
OFFLINE = {"operating_status": "OFFLINE"}
OVN = {"lb_algorithm": "SOURCE_IP_PORT", "operating_status": "OFFLINE"}
OCCM = "kube_service_prod_core_nrf"


@pytest.fixture(scope="module")
def bench(cloud: Cloud) -> Iterator[Bench]:
    """Hold the service; each test puts back what it changes."""
    with benches.bench(cloud) as made:
        yield made


FAULTS: dict[str, tuple[Fault, set[tuple[str, str]]]] = {
    "load balancer off": (octavia("load_balancer", **OFF), {("load-balancer-admin-state", "FAIL")}),
    "load balancer in ERROR": (
        octavia("load_balancer", **BROKEN),
        {("load-balancer-provisioning", "FAIL")},
    ),
    "load balancer under change": (
        octavia("load_balancer", provisioning_status="PENDING_UPDATE"),
        {("load-balancer-provisioning", "WARN")},
    ),
    "load balancer OFFLINE": (
        octavia("load_balancer", **OFFLINE),
        {("load-balancer-operating", "WARN")},
    ),
    "listener called otherwise": (octavia("listener", name="x"), {("listener-name", "WARN")}),
    "listener of another protocol": (
        octavia("other_listener", **TCP),
        {("listener-protocol", "FAIL")},
    ),
    "listener on another port": (
        octavia("listener", protocol_port=38414),
        {("listener-port", "FAIL"), ("listener-name", "WARN"), ("pool-name", "WARN")},
    ),
    "listener off": (octavia("listener", **OFF), {("listener-admin-state", "FAIL")}),
    "listener in ERROR": (octavia("listener", **BROKEN), {("listener-status", "FAIL")}),
    "listener OFFLINE": (octavia("listener", **OFFLINE), {("listener-status", "WARN")}),
    "listener without a pool": (
        octavia("listener", default_pool_id=None),
        {("pool-exists", "FAIL")},
    ),
    "pool called otherwise": (octavia("pool", name="x"), {("pool-name", "WARN")}),
    "pool of another protocol": (octavia("pool", **TCP), {("pool-protocol", "FAIL")}),
    "pool with OVN's algorithm": (
        octavia("pool", lb_algorithm="SOURCE_IP_PORT"),
        {("pool-algorithm", "FAIL")},
    ),
    "pool off": (octavia("pool", **OFF), {("pool-admin-state", "FAIL")}),
    "pool in ERROR": (octavia("pool", **BROKEN), {("pool-status", "FAIL")}),
    "pool whose monitor reaches nobody": (
        octavia("pool", operating_status="ERROR"),
        {("pool-status", "FAIL")},
    ),
    "monitor over HTTP": (monitor_over_http, {("pool-monitor", "WARN")}),
    "member called otherwise": (octavia("member", name="x"), {("member-name", "WARN")}),
    "member of the other family": (
        octavia("member", ip_address="fd00:75::110"),
        {("member-address", "FAIL")},
    ),
    "member on another port": (octavia("member", protocol_port=1), {("member-port", "FAIL")}),
    "member off": (octavia("member", **OFF), {("member-admin-state", "WARN")}),
    "member of weight 0": (octavia("member", weight=0), {("member-weight", "WARN")}),
    "member in ERROR": (octavia("member", **BROKEN), {("member-status", "FAIL")}),
    "member that the monitor does not reach": (
        octavia("member", operating_status="ERROR"),
        {("member-status", "FAIL")},
    ),
    "pods that let in TCP only": (tcp_only, {("member-security-groups", "FAIL")}),
    "pods that let in half the subnet": (half_the_subnet, {("member-security-groups", "WARN")}),
    "pods without a group": (no_group, {("member-security-groups", "FAIL")}),
    "VIP without its port": (
        octavia("vip", port_id="96b38be3-1183-41c5-a0db-d246ef1d07cb"),
        {("vip-port", "FAIL")},
    ),
    "floating IP that is DOWN": (floating_ip_down, {("floating-ip", "WARN")}),
}


def test_the_service_is_well_before_any_fault_whoever_asks(bench: Bench) -> None:
    assert {user: bench.wrong(user) for user in bench.users} == {
        "kuryr": set(),
        "viewer": set(),
        "admin": set(),
    }


HEALTHY: dict[str, list[Fault]] = {
    "OVN": [
        octavia("load_balancer", provider="ovn"),
        octavia("pool", **OVN),
        octavia("other_pool", **OVN),
        vip_without_groups,
    ],
    "amphora by its alias": [octavia("load_balancer", provider="octavia")],
    "OCCM": [
        octavia("load_balancer", name=OCCM),
        octavia("listener", name=f"listener_0_{OCCM}"),
        octavia("pool", name=f"pool_0_{OCCM}"),
        octavia("member", name="worker-1"),
        octavia("other_listener", name=f"listener_1_{OCCM}"),
        octavia("other_pool", name=f"pool_1_{OCCM}"),
    ],
    "a floating IP": [floating_ip_down, floating_ip_is_active],
    "no group at the VIP": [vip_without_groups],
    "0 for the default timeout": [octavia("listener", timeout_client_data=0)],
    "one client to one member": [octavia("pool", lb_algorithm="SOURCE_IP")],
}


@pytest.mark.parametrize("changes", HEALTHY.values(), ids=HEALTHY)
def test_a_healthy_service_of_another_kind_is_well(bench: Bench, changes: list[Fault]) -> None:
    with ExitStack() as stack:
        for change in changes:
            stack.enter_context(change(bench))
        assert {user: bench.wrong(user) for user in ("viewer", "admin")} == {
            "viewer": set(),
            "admin": set(),
        }


@pytest.mark.parametrize(
    ("expected", "rows"),
    [
        ({"ports": ((38412, 38412), (9999, None)), "members": 2}, set()),
        ({"ports": ((38413, None),)}, {("listener-exists", "FAIL")}),
        ({"ports": ((38412, 1),)}, {("member-port", "FAIL")}),
        ({"members": 3}, {("members-exist", "FAIL")}),
        ({"addresses": ("10.0.0.112",)}, {("members-exist", "FAIL")}),
        ({"source": ipaddress.ip_network("192.0.2.0/24")}, set()),
    ],
    ids=str,
)
def test_what_the_user_expects_is_asked_of_the_service(
    bench: Bench, expected: dict[str, object], rows: set[tuple[str, str]]
) -> None:
    assert bench.wrong(**expected) == rows


@pytest.mark.parametrize(("fault", "rows"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_named_by_its_check_and_misleads_no_other(
    bench: Bench, fault: Fault, rows: set[tuple[str, str]]
) -> None:
    with fault(bench):
        assert bench.wrong() == rows


def test_a_lost_rule_at_the_vip_is_seen_by_who_may_read_it_and_skipped_by_others(
    bench: Bench,
) -> None:
    with rule_of_the_vip_deleted(bench):
        assert bench.wrong("admin") == {("vip-security-groups", "FAIL")}
        assert bench.wrong() == set()
