# SPDX-License-Identifier: Apache-2.0

"""The commands of a hint, run on a real cloud, cure the fault that the row is about."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

import kuryrsctp
from kuryrsctp.providers.amphora import AMPHORA
from kuryrsctp.verifier.report import Finding, Status
from tests.support.commands import commands_in, fill, openstack_commands_in, parsed
from tests.support.faulty import all_advice
from tests.support.healthy_service import NAME, Fault, HealthyService, changed, heard, stored
from tests.support.service_faults import (
    ONE_MEMBER_TWICE,
    POLICY_LOCAL,
    down,
    half_the_subnet,
    no_group,
    pool_of_another_listener,
    rule_of_the_vip_deleted,
    tcp_only,
    together,
    vip_without_groups,
)
from tests.support.shell import Shell

pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack")

_TIMEOUT = 20  # seconds for Octavia to make a change
_POLL = 0.2
OFF = {"is_admin_state_up": False}


@dataclass(frozen=True)
class Case:
    """A fault, the check that names it, and who runs the commands of its hint.

    `choice` is the command that is run, where the hint leaves the choice. `odd` are the statuses
    that the row must not have in the end.
    """

    fault: Fault
    check: str
    user: str = "kuryr"
    service: str = ""
    choice: slice = field(default_factory=lambda: slice(None))
    odd: tuple[Status, ...] = (Status.WARN, Status.FAIL)


@contextmanager
def pool_taken_from_its_listener(healthy: HealthyService) -> Iterator[None]:
    """Take the default pool from a listener, as `listener unset --default-pool` does."""
    with changed("listener", default_pool_id=None)(healthy):
        yield


@contextmanager
def pool_of_a_deleted_listener(healthy: HealthyService) -> Iterator[None]:
    """Leave a pool behind that no listener uses."""
    made = healthy.octavia.create_pool(
        name="core/nrf:SCTP:38412",
        protocol="SCTP",
        lb_algorithm="ROUND_ROBIN",
        loadbalancer_id=healthy.ids["load_balancer"],
    )
    healthy.settle()
    try:
        yield
    finally:
        healthy.octavia.delete_pool(made.id, ignore_missing=True)
        healthy.settle()


@contextmanager
def floating_ip_astray(healthy: HealthyService) -> Iterator[None]:
    """Bind a floating IP to another address of the VIP's port."""
    network: Any = healthy.users["admin"].network
    port = network.get_port(healthy.ids["vip_port"])
    subnet = port.fixed_ips[0]["subnet_id"]
    network.update_port(port.id, fixed_ips=[*port.fixed_ips, {"subnet_id": subnet}])
    more = {fixed["ip_address"] for fixed in network.get_port(port.id).fixed_ips}
    (astray,) = more - {fixed["ip_address"] for fixed in port.fixed_ips}
    public = network.find_network("public", ignore_missing=False)
    made = healthy.network.create_ip(
        floating_network_id=public.id, port_id=port.id, fixed_ip_address=astray
    )
    try:
        yield
    finally:
        network.delete_ip(made.id)
        network.update_port(port.id, fixed_ips=port.fixed_ips)


@contextmanager
def new_rules_removed(healthy: HealthyService) -> Iterator[None]:
    """Remove in the end the rules of security groups that the hint has made."""
    network: Any = healthy.users["admin"].network
    before = {rule.id for rule in network.security_group_rules()}
    try:
        yield
    finally:
        healthy.settle()  # Octavia makes some, too
        for rule in [each for each in network.security_group_rules() if each.id not in before]:
            network.delete_security_group_rule(rule.id)


BOTH_DOWN = down("member", "other_member")

CASES = {
    "load balancer off": Case(changed("load_balancer", **OFF), "load-balancer-admin-state"),
    "listener off": Case(changed("listener", **OFF), "listener-admin-state"),
    "pool off": Case(changed("pool", **OFF), "pool-admin-state"),
    "member off": Case(changed("member", **OFF), "member-admin-state"),
    "member of weight 0": Case(changed("member", weight=0), "member-weight"),
    "member that is a backup": Case(changed("member", backup=True), "member-backup"),
    "listener called otherwise": Case(changed("listener", name="x"), "listener-name"),
    "pool called otherwise": Case(changed("pool", name="x"), "pool-name"),
    "listener on the pool of another": Case(pool_of_another_listener, "listener-pool"),
    "listener on the pool of another, and its own unused": Case(
        pool_of_another_listener, "pools-used"
    ),
    "pool taken from its listener": Case(pool_taken_from_its_listener, "pools-used"),
    "listener that its pool was taken from": Case(pool_taken_from_its_listener, "pool-exists"),
    "pool of a deleted listener": Case(pool_of_a_deleted_listener, "pools-used"),
    "one member twice": Case(
        ONE_MEMBER_TWICE, "members-distinct", service="core/upf", choice=slice(1)
    ),
    "pods that let in TCP only": Case(
        together(tcp_only, new_rules_removed), "member-security-groups"
    ),
    "pods that let in half the subnet": Case(
        together(half_the_subnet, new_rules_removed), "member-security-groups"
    ),
    "pods without a group": Case(no_group, "member-security-groups"),
    "nodes that do not let the health monitor in": Case(
        together(heard(POLICY_LOCAL, "pool", "ERROR", BOTH_DOWN), new_rules_removed),
        "monitor-security-groups",
    ),
    "VIP that lets nobody in, and Octavia is asked": Case(
        together(rule_of_the_vip_deleted, new_rules_removed),
        "vip-security-groups",
        choice=slice(1),
    ),
    "VIP that lets nobody in, and the operator adds the rule": Case(
        together(rule_of_the_vip_deleted, new_rules_removed),
        "vip-security-groups",
        user="admin",
        choice=slice(1, None),
    ),
    "VIP of cloud-provider-openstack's in no group": Case(
        together(changed("load_balancer", name="kube_service_prod_core_nrf"), vip_without_groups),
        "vip-security-groups",
    ),
    # Without a router's agent it stays DOWN, which is a warning.
    "floating IP that leads astray": Case(floating_ip_astray, "floating-ip", odd=(Status.FAIL,)),
    "load balancer in ERROR": Case(
        stored("load_balancer", provisioning_status="ERROR"),
        "load-balancer-provisioning",
        user="admin",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_commands_of_the_hint_cure_the_fault(
    healthy: HealthyService, shell: Shell, case: Case
) -> None:
    with case.fault(healthy):
        for command in _commands(_odd_rows(healthy, case))[case.choice]:
            words = fill(command, {"group that allows SCTP": healthy.group})
            done = shell.openstack(*words, env=healthy.cloud.environ(case.user))
            assert done.returncode == 0, f"{command}\n{done.stderr}"
        _wait_until_cured(healthy, case)


def test_every_check_that_advises_a_change_is_tried() -> None:
    advised = {
        each.finding.check
        for each in all_advice()
        if each.provider is AMPHORA
        for command in openstack_commands_in(each.finding.hint)
        if command.changes
    }
    assert {case.check for case in CASES.values()} == advised


def _wait_until_cured(healthy: HealthyService, case: Case) -> None:
    deadline = time.monotonic() + _TIMEOUT
    while rows := _odd_rows(healthy, case):
        assert time.monotonic() < deadline, rows
        time.sleep(_POLL)


def _odd_rows(healthy: HealthyService, case: Case) -> list[Finding]:
    report = kuryrsctp.verify(healthy.users["admin"], case.service or NAME)
    return [row for row in report.findings if row.check == case.check and row.status in case.odd]


def _commands(rows: list[Finding]) -> list[str]:
    """Return the commands that change something in the hints of rows, each once."""
    commands = [
        command
        for row in rows
        for command in commands_in(row.hint)
        if command.startswith("openstack ") and parsed(command).changes
    ]
    assert commands, rows
    return list(dict.fromkeys(commands))
