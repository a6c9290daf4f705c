# SPDX-License-Identifier: Apache-2.0

"""Groups that were given to a VIP, stateless groups, and what a health monitor needs."""

import ipaddress
from dataclasses import replace
from typing import Any

import pytest

from kuryrsctp.model import LoadBalancer, Port, SecurityGroup, SecurityGroupRule
from kuryrsctp.verifier.report import Expectations, Finding
from tests.support.model import (
    POD,
    PORT_NAME,
    around,
    findings,
    groups,
    listener,
    load_balancer,
    member,
    monitor,
    on_member,
    pool,
    rule,
)

SUBNET = "10.0.0.128/26"
OUT = rule(direction="egress", protocol=None)


def row(check: str, found: LoadBalancer, resource: str, **changes: Any) -> Finding:
    """Return the row of a check about a resource, where Neutron has been changed."""
    more = {key: changes.pop(key) for key in ("monitors", "expected") if key in changes}
    rows = findings(found, network=around(found, **changes), **more)
    (only,) = (each for each in rows if (each.check, each.resource) == (check, resource))
    return only


def said(finding: Finding) -> str:
    return f"{finding.status.value} {finding.detail}"


def given(*rules: SecurityGroupRule, visible: bool = True) -> Finding:
    """Return the row of a VIP that was given a group, beside Octavia's own, which is not visible.

    Octavia's own has no rule for the listener then.
    """
    found = load_balancer(vip_security_group_ids=("mine",))
    vip = Port("vip-port", found.project_id, (found.vip_address,), ("lb-group", "mine"))
    read = groups(mine=rules) if visible else {}
    return row("vip-security-groups", found, PORT_NAME, ports=(vip,), groups=read)


def test_a_group_that_was_given_to_the_vip_decides() -> None:
    assert said(given(rule())) == "OK allowed: SCTP to port 90 from anywhere"
    wrong = given(rule(protocol="tcp"))
    assert said(wrong) == (
        "FAIL group mine does not allow SCTP to port 90 from anywhere: where the VIP was given"
        " groups (vip_sg_ids), Octavia makes no rules"
    )
    assert wrong.hint == (
        "`openstack security group rule create --ingress --protocol sctp --dst-port 90 --remote-ip"
        " 0.0.0.0/0 mine`"
    )


def test_a_given_group_that_is_not_visible_is_not_judged() -> None:
    assert said(given(visible=False)) == (
        "SKIP a group that was given to the VIP (vip_sg_ids) is not visible to these credentials"
    )


def stateless(*rules: SecurityGroupRule) -> dict[str, SecurityGroup]:
    return groups(lb_group=(rule(),)) | {"pods-group": SecurityGroup(rules, stateful=False)}


@pytest.mark.parametrize(
    ("rules", "verdict"),
    [
        ((rule(), OUT), "OK allowed"),
        ((rule(), rule(direction="egress")), "OK allowed"),
        ((rule(), rule(direction="egress", remote_ip_prefix=SUBNET)), "OK allowed"),
        ((rule(), rule(direction="egress", port_range_min=1, port_range_max=65535)), "OK allowed"),
        ((rule(),), "FAIL group pods-group is stateless, and has no egress rule for answers"),
        ((rule(), rule(direction="egress", protocol="tcp")), "FAIL group pods-group is stateless"),
        ((rule(), rule(direction="egress", ethertype="IPv6")), "FAIL group pods-group"),
        (
            (rule(), rule(direction="egress", remote_ip_prefix="10.0.0.128/27")),
            "WARN group pods-group is stateless, and has egress rules only for a part of",
        ),
        ((rule(), rule(direction="egress", remote_group_id="g")), "SKIP not known: group"),
        ((OUT,), "FAIL group pods-group does not allow SCTP to port 9090"),
    ],
)
def test_a_stateless_group_needs_a_rule_for_answers(
    rules: tuple[SecurityGroupRule, ...], verdict: str
) -> None:
    found = row("member-security-groups", load_balancer(), POD, groups=stateless(*rules))
    assert said(found).startswith(verdict)


def test_the_rule_for_answers_is_told() -> None:
    found = row("member-security-groups", load_balancer(), POD, groups=stateless(rule()))
    assert said(found).endswith(f"answers over SCTP to {SUBNET}")
    assert found.hint == (
        f"`openstack security group rule create --egress --protocol sctp --remote-ip {SUBNET}"
        " pods-group`"
    )


def test_a_stateful_group_lets_answers_out_without_a_rule() -> None:
    found = row("member-security-groups", load_balancer(), POD, groups=groups(pods_group=[rule()]))
    assert said(found) == f"OK allowed: SCTP to port 9090 from {SUBNET}"


def test_where_the_clients_are_not_told_stateless_rules_for_some_of_them_are_no_fault() -> None:
    balancer = replace(load_balancer(), provider="ovn")
    some = stateless(rule(), rule(direction="egress", remote_ip_prefix="192.0.2.0/24"))
    assert said(row("member-security-groups", balancer, POD, groups=some)).startswith("OK allowed")
    elsewhere = Expectations(source=ipaddress.ip_network("198.51.100.0/24"))
    told = row("member-security-groups", balancer, POD, groups=some, expected=elsewhere)
    assert said(told) == (
        "FAIL group pods-group is stateless, and has no egress rule for answers over SCTP to"
        " 198.51.100.0/24"
    )


def asked(
    *rules: SecurityGroupRule, kind: str = "HTTP", status: str = "ERROR", **changes: Any
) -> str:
    """Return what is said of the question of a health monitor, "" without a row."""
    first = member(operating_status=status, **{"monitor_port": 31999} | changes)
    second = member(id="826345b0", name="other", address="10.0.0.88", operating_status="ERROR")
    found = load_balancer(listener(pool=pool(first, second, health_monitor_id="m")))
    network = around(found, groups=groups(lb_group=[rule()], pods_group=rules))
    rows = findings(found, network=network, monitors=(monitor(type=kind),))
    of_first = (each for each in rows if each.resource == POD)
    lines = [said(each) for each in of_first if each.check == "monitor-security-groups"]
    return lines[0] if lines else ""


@pytest.mark.parametrize("kind", ["HTTP", "HTTPS", "TCP", "TLS-HELLO"])
def test_the_group_has_to_admit_what_the_monitor_asks(kind: str) -> None:
    blocked = f"FAIL group pods-group does not allow TCP to port 31999 from {SUBNET}"
    assert asked(rule(), kind=kind) == blocked
    tcp = rule(protocol="tcp", port_range_min=31999, port_range_max=31999)
    assert asked(rule(), tcp, kind=kind) == f"OK allowed: TCP to port 31999 from {SUBNET}"


@pytest.mark.parametrize("kind", ["HTTP", "TCP", "SCTP"])
def test_a_monitor_that_asks_the_port_of_the_clients_has_no_row_of_its_own(kind: str) -> None:
    assert asked(rule(), kind=kind, monitor_port=None) == ""
    assert asked(rule(), kind=kind, monitor_port=9090) == ""


def test_a_monitor_may_ask_over_any_protocol() -> None:
    assert asked(kind="SCTP").startswith("FAIL group pods-group does not allow SCTP to port 31999")
    assert asked(kind="UDP-CONNECT").startswith("FAIL group pods-group does not allow UDP")


def test_a_member_that_is_online_shows_that_the_monitor_gets_through() -> None:
    assert asked(rule(), status="ONLINE") == "OK the health monitor reaches it"


def test_a_member_with_the_same_group_shows_it_too() -> None:
    up = member(id="826345b0", name="other", address="10.0.0.88", operating_status="ONLINE")
    down = member(operating_status="ERROR", monitor_port=31999)
    found = load_balancer(listener(pool=pool(down, up, health_monitor_id="m")))
    http = (monitor(type="HTTP"),)
    assert said(row("monitor-security-groups", found, POD, monitors=http)) == (
        "OK the health monitor reaches a member with the same group"
    )


def test_where_a_monitor_asks_from_is_known_of_an_amphora_only() -> None:
    found = replace(on_member(monitor_port=31999), provider="f5")
    with_monitor = replace(found.listeners[0].pool, health_monitor_id="m")
    found = replace(found, listeners=(replace(found.listeners[0], pool=with_monitor),))
    finding = row("monitor-security-groups", found, POD, monitors=(monitor(type="HTTP"),))
    assert said(finding) == "SKIP where F5 asks from is not known"
