# SPDX-License-Identifier: Apache-2.0

"""Groups that were given to a VIP, stateless groups, and what a health monitor needs."""

import ipaddress
from dataclasses import replace
from typing import Any

import pytest

from kuryrsctp.model import LoadBalancer, Port, SecurityGroup, SecurityGroupRule
from kuryrsctp.verifier.report import Expectations, Finding
from tests.support.model import (
    NOW,
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


def of_the_vip(*on_port: str, provider: str = "amphora", **read: SecurityGroup) -> Finding:
    """Return the row of a VIP that was given a group, and whose port is in these groups."""
    found = load_balancer(vip_security_group_ids=("mine",), provider=provider)
    vip = Port("vip-port", found.project_id, (found.vip_address,), on_port)
    visible = {name.replace("_", "-"): group for name, group in read.items()}
    return row("vip-security-groups", found, PORT_NAME, ports=(vip,), groups=visible)


def test_octavias_own_group_admits_what_a_rule_by_hand_admits_beside_a_given_group() -> None:
    own, other = SecurityGroup((rule(),)), SecurityGroup((rule(protocol="tcp"),))
    by_hand = of_the_vip("lb-group", "mine", lb_group=own, mine=other)
    assert said(by_hand) == "OK allowed: SCTP to port 90 from anywhere"


def test_where_octavias_own_group_is_not_visible_it_may_let_the_answers_out() -> None:
    mine = SecurityGroup((rule(),), stateful=False)
    assert said(of_the_vip("lb-group", "mine", mine=mine)).startswith("OK allowed")
    own = SecurityGroup((OUT,), stateful=False)
    assert said(of_the_vip("lb-group", "mine", mine=mine, lb_group=own)).startswith("OK allowed")
    own = SecurityGroup((), stateful=False)
    without = of_the_vip("lb-group", "mine", mine=mine, lb_group=own)
    assert said(without).startswith("FAIL group mine is stateless, and has no egress rule")


@pytest.mark.parametrize("groups_of_port", [("lb-group",), ()])
def test_a_given_group_that_the_port_is_not_in_is_named(groups_of_port: tuple[str, ...]) -> None:
    found = of_the_vip(*groups_of_port, lb_group=SecurityGroup())
    assert said(found) == (
        "WARN the VIP was given group mine (vip_sg_ids), and its port is not in it"
    )
    assert found.hint == "`openstack loadbalancer set --vip-sg-id mine 96b38be3`"


def test_a_given_group_that_neutron_refuses_is_not_to_be_given_again() -> None:
    found = load_balancer(vip_security_group_ids=("mine",), provisioning_status="ERROR")
    refused = row("vip-security-groups", found, PORT_NAME)
    assert said(refused).endswith("and its port is not in it")
    assert "openstack loadbalancer set" not in refused.hint
    assert "a stateless group" in refused.hint


def test_a_members_address_may_be_written_in_another_form_than_its_ports() -> None:
    v6 = listener(pool=pool(member(address="fd00:75:0::75")))
    found = load_balancer(v6, vip_address="fd00:158::1")
    port = Port("p", found.project_id, ("fd00:75::75",), ("pods-group",))
    assert said(row("member-security-groups", found, POD, ports=(port,))) == (
        "OK allowed: SCTP to port 9090 from fd00:158::/64"
    )


def test_a_group_that_is_just_being_given_is_not_missed() -> None:
    found = load_balancer(
        vip_security_group_ids=("mine",), provisioning_status="PENDING_UPDATE", changed_at=NOW
    )
    assert said(row("vip-security-groups", found, PORT_NAME)).startswith("SKIP PENDING_UPDATE: its")


def test_allowed_cidrs_are_not_applied_where_the_vip_was_given_a_group() -> None:
    port = listener(allowed_cidrs=("192.0.2.0/24",))
    found = load_balancer(port, vip_security_group_ids=("mine",))
    vip = Port("vip-port", found.project_id, (found.vip_address,), ("lb-group", "mine"))
    around_it: dict[str, Any] = {
        "ports": (vip,),
        "groups": groups(mine=[rule()]),
        "expected": Expectations(source=ipaddress.ip_network("198.51.100.0/24")),
    }
    assert said(row("listener-allowed-cidrs", found, PORT_NAME, **around_it)) == (
        "OK only 192.0.2.0/24, which is not applied: the VIP was given groups (vip_sg_ids)"
    )
    assert said(row("vip-security-groups", found, PORT_NAME, **around_it)) == (
        "OK allowed: SCTP to port 90 from 198.51.100.0/24"
    )


@pytest.mark.parametrize("provider", ["f5", "loxilb", "brick"])
def test_where_a_provider_filters_is_not_claimed_unless_it_is_known(provider: str) -> None:
    found = load_balancer(provider=provider)
    allowed = row("vip-security-groups", found, PORT_NAME)
    assert said(allowed) == "OK allowed: SCTP to port 90 from anywhere"
    default = row("vip-security-groups", found, PORT_NAME, groups=groups(lb_group=[OUT]))
    assert said(default).startswith("SKIP whether ")
    assert said(default).endswith(" filters at the VIP's port is not known")


def without_a_group(found: LoadBalancer, *, port_security: bool = True) -> Finding:
    """Return the row of a VIP whose port is in no group."""
    vip = Port("vip-port", found.project_id, (found.vip_address,), port_security=port_security)
    return row("vip-security-groups", found, PORT_NAME, ports=(vip,))


@pytest.mark.parametrize("name", ["kube_service_prod_default_sctp-demo", "front"])
def test_who_takes_an_amphoras_vip_out_of_octavias_group_may_have_closed_it(name: str) -> None:
    found = without_a_group(load_balancer(name=name))
    assert said(found) == (
        "WARN no group: Octavia's own was taken from the VIP's port; whether it was taken from"
        " those of the amphorae, too, where packets come in, is not known"
    )
    assert "`openstack loadbalancer set --enable 96b38be3`" in found.hint


def test_kuryr_may_have_taken_the_group_away_itself() -> None:
    found = said(without_a_group(load_balancer()))
    assert found.startswith("SKIP no group: Octavia's own was taken from the VIP's port")
    assert found.endswith(
        "Kuryr takes all groups away where its [octavia_defaults] enforce_sg_rules is False"
    )


@pytest.mark.parametrize(
    ("provider", "verdict"),
    [
        ("ovn", "OK no group: OVN filters at the members' ports, not at the VIP's"),
        ("f5", "SKIP whether F5 filters at the VIP's port is not known"),
        ("brick", "SKIP whether provider 'brick' filters at the VIP's port is not known"),
    ],
)
def test_what_it_means_that_a_vip_is_in_no_group_depends_on_the_provider(
    provider: str, verdict: str
) -> None:
    assert said(without_a_group(load_balancer(provider=provider))) == verdict


def test_without_port_security_a_vip_needs_no_group() -> None:
    found = without_a_group(load_balancer(), port_security=False)
    assert said(found) == "OK the port is not filtered: everything is allowed"


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


def test_a_monitor_may_ask_over_sctp_on_a_port_of_its_own() -> None:
    assert asked(kind="SCTP").startswith("FAIL group pods-group does not allow SCTP to port 31999")


def test_a_monitor_that_takes_silence_for_an_answer_needs_no_rule() -> None:
    assert asked(kind="UDP-CONNECT") == ""


def test_a_monitor_that_asks_another_address_is_not_judged_by_the_members_port() -> None:
    assert asked(monitor_address="10.0.0.9") == (
        "SKIP the health monitor asks 10.0.0.9, not the member's address"
    )
    assert asked(monitor_address="10.0.0.75").startswith("FAIL group pods-group")


def test_a_member_that_is_online_shows_that_the_monitor_gets_through() -> None:
    assert asked(rule(), status="ONLINE") == "OK the health monitor reaches it"


def beside_an_online_member(**online: Any) -> str:
    """Return what is said of a member in ERROR, whose group has no rule for the question."""
    fields = {"monitor_port": 31999, "operating_status": "ONLINE"} | online
    up = member(**{"id": "826345b0", "name": "other", "address": "10.0.0.88"} | fields)
    down = member(operating_status="ERROR", monitor_port=31999)
    found = load_balancer(listener(pool=pool(down, up, health_monitor_id="m")))
    sctp_only = groups(lb_group=[rule()], pods_group=[rule()])
    http = (monitor(type="HTTP"),)
    return said(row("monitor-security-groups", found, POD, monitors=http, groups=sctp_only))


def test_a_member_with_the_same_group_shows_it_too() -> None:
    assert beside_an_online_member() == "OK the health monitor reaches a member with the same group"


@pytest.mark.parametrize(
    "online",
    [
        {"monitor_port": 31998},
        {"monitor_port": None},
        {"monitor_address": "10.0.0.9"},
        {"subnet_id": "another-subnet"},
        {"operating_status": "NO_MONITOR"},
    ],
    ids=str,
)
def test_a_member_that_is_asked_otherwise_shows_nothing(online: dict[str, Any]) -> None:
    assert beside_an_online_member(**online).startswith("FAIL group pods-group does not allow TCP")


def test_a_subnet_of_another_family_than_the_members_address_is_not_judged() -> None:
    v6 = replace(member(address="fd00::75"), subnet_id="service-subnet")
    found = load_balancer(listener(pool=pool(v6)))
    assert said(row("member-security-groups", found, POD)) == (
        "SKIP the member has an IPv6 address, and its subnet is 10.0.0.128/26"
    )
    nowhere = replace(found, vip_subnet_id=None, listeners=(listener(pool=pool(member())),))
    assert said(row("member-security-groups", nowhere, POD)) == (
        "SKIP from which subnet the load balancer reaches it is not known"
    )


@pytest.mark.parametrize(
    ("rules", "verdict"),
    [
        ([rule(protocol="132")], "OK allowed"),
        ([rule(protocol=None)], "OK allowed"),
        ([rule(protocol="any", remote_ip_prefix="0.0.0.0/0")], "OK allowed"),
        ([rule(ethertype="IPv6")], "FAIL group pods-group does not allow"),
        ([rule(protocol="tcp"), rule(port_range_min=9000, port_range_max=9100)], "OK allowed"),
        ([rule(port_range_min=9091, port_range_max=9100)], "FAIL group pods-group does not allow"),
        ([rule(remote_group_id="pods-group")], "SKIP not known: group pods-group has a rule for"),
        ([rule(remote_address_group_id="a")], "SKIP not known: group pods-group has a rule for"),
        ([], "FAIL group pods-group does not allow"),
    ],
    ids=str,
)
def test_the_rules_of_a_members_group(rules: list[SecurityGroupRule], verdict: str) -> None:
    found = row("member-security-groups", load_balancer(), POD, groups=groups(pods_group=rules))
    assert said(found).startswith(verdict)


def test_of_several_groups_one_rule_is_enough_and_what_cannot_be_seen_is_no_fault() -> None:
    port = Port("port", "2e89a9e0", ("10.0.0.75",), ("other", "pods-group"))
    for read, verdict in (
        (groups(other=[rule(protocol="tcp")], pods_group=[rule()]), "OK allowed"),
        (groups(pods_group=[rule()]), "OK allowed"),
        (groups(pods_group=[]), "SKIP the port's group is not visible to these credentials"),
        (groups(other=[], pods_group=[]), "FAIL group other, pods-group does not allow"),
    ):
        found = row("member-security-groups", load_balancer(), POD, ports=(port,), groups=read)
        assert said(found).startswith(verdict)


def test_where_a_monitor_asks_from_is_known_of_an_amphora_only() -> None:
    found = replace(on_member(monitor_port=31999), provider="f5")
    with_monitor = replace(found.listeners[0].pool, health_monitor_id="m")
    found = replace(found, listeners=(replace(found.listeners[0], pool=with_monitor),))
    finding = row("monitor-security-groups", found, POD, monitors=(monitor(type="HTTP"),))
    assert said(finding) == "SKIP where F5 asks from is not known"
