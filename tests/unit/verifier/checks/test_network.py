# SPDX-License-Identifier: Apache-2.0

"""What Neutron puts in the way is named, and what only looks odd is not."""

import ipaddress
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from kuryrsctp.model import FloatingIp, LoadBalancer, NetworkState, Port, Unreadable
from kuryrsctp.verifier.report import Expectations
from tests.support import model
from tests.support.model import (
    NAME,
    OTHER_POD,
    POD,
    PORT_NAME,
    around,
    findings,
    listener,
    load_balancer,
    odd,
    pool,
    rule,
)

VIP = Port("vip-port", "2e89a9e0", ("10.0.0.158",), ("lb-group",))
PODS = (
    Port("p1", "2e89a9e0", ("10.0.0.75",), ("pods-group",)),
    Port("p2", "2e89a9e0", ("10.0.0.88",), ("pods-group",)),
)
SERVICE_SUBNET = "10.0.0.128/26"
LISTENER, MEMBERS = PORT_NAME, (POD, OTHER_POD)


def on_ovn() -> LoadBalancer:
    return load_balancer(listener(pool=pool(lb_algorithm="SOURCE_IP_PORT")), provider="ovn")


def rows(
    found: LoadBalancer | None = None, source: str | None = None, **changes: Any
) -> dict[tuple[str, str], str]:
    """Return the odd rows of a service around which Neutron has been changed."""
    found = found or load_balancer()
    clients = ipaddress.ip_network(source) if source else None
    network = around(found, **changes)
    return odd(found, network=network, expected=Expectations(source=clients))


def groups(*pods: Any, vip: tuple[Any, ...] = (rule(),)) -> dict[str, Any]:
    return model.groups(lb_group=vip, pods_group=pods)


def of_members(verdict: str) -> dict[tuple[str, str], str]:
    return {("member-security-groups", member): verdict for member in MEMBERS}


def of_the_vip(verdict: str) -> dict[tuple[str, str], str]:
    return {("vip-security-groups", LISTENER): verdict}


def test_the_rule_of_kuryrs_manual_lets_in_no_sctp() -> None:
    tcp = rule(protocol="tcp", remote_ip_prefix=SERVICE_SUBNET)
    assert rows(groups=groups(tcp)) == of_members(
        "FAIL group pods-group does not allow SCTP to port 9090 from 10.0.0.128/26"
    )


def test_an_amphoras_packets_come_from_the_members_subnet() -> None:
    assert rows(groups=groups(rule(remote_ip_prefix=SERVICE_SUBNET))) == {}
    half = rule(remote_ip_prefix="10.0.0.128/27")
    assert rows(groups=groups(half)) == of_members(
        "WARN group pods-group allows only a part of SCTP to port 9090 from 10.0.0.128/26"
    )


def test_with_ovn_the_clients_have_to_be_let_in() -> None:
    subnet_only = groups(rule(remote_ip_prefix=SERVICE_SUBNET))
    assert rows(on_ovn(), groups=subnet_only) == of_members(
        "WARN group pods-group allows SCTP to port 9090 only from 10.0.0.128/26: no client outside"
        " of the VIP's subnet gets in"
    )
    clients_only = groups(rule(remote_ip_prefix="192.0.2.0/24"))
    assert rows(on_ovn(), groups=clients_only) == {}
    assert rows(on_ovn(), source="192.0.2.0/24", groups=subnet_only) == of_members(
        "FAIL group pods-group does not allow SCTP to port 9090 from 192.0.2.0/24"
    )
    assert rows(on_ovn(), groups=groups()) == of_members(
        "FAIL group pods-group does not allow SCTP to port 9090 from anywhere"
    )


def test_the_rule_that_is_missing_comes_as_a_command() -> None:
    found = load_balancer()
    network = around(found, groups=groups())
    hints = {finding.hint for finding in findings(found, network=network) if finding.hint}
    assert hints == {
        "`openstack security group rule create --ingress --protocol sctp --dst-port 9090"
        " --remote-ip 10.0.0.128/26 pods-group`"
    }


def test_with_ovn_the_groups_of_the_vip_say_nothing() -> None:
    bare = (Port("vip-port", "2e89a9e0", ("10.0.0.158",)), *PODS)
    assert rows(on_ovn(), ports=bare) == {}
    assert rows(on_ovn(), ports=(VIP, *PODS), groups=groups(rule(), vip=())) == of_the_vip(
        "SKIP OVN filters at the members' ports, not at the VIP's"
    )


def test_a_lost_rule_at_the_vip_is_a_fault() -> None:
    assert rows(groups=groups(rule(), vip=())) == of_the_vip(
        "FAIL group lb-group does not allow SCTP to port 90 from anywhere"
    )


def test_the_vip_lets_in_whom_the_listener_admits_and_need_not_let_in_others() -> None:
    few = load_balancer(listener(allowed_cidrs=("192.0.2.0/24",)))
    some = groups(rule(), vip=(rule(remote_ip_prefix="192.0.2.0/24"),))
    assert rows(few, groups=some) == {}
    assert rows(few, source="192.0.2.7/32", groups=some) == {}
    assert rows(few, source="198.51.100.0/24", groups=some) == {
        ("listener-allowed-cidrs", LISTENER): "FAIL only 192.0.2.0/24: not 198.51.100.0/24",
        **of_the_vip("SKIP the listener itself does not admit all of 198.51.100.0/24"),
    }


def test_a_source_of_the_other_family_is_no_question_for_this_service() -> None:
    assert rows(source="fd00::/64") == of_the_vip("SKIP fd00::/64 is IPv6, and no VIP is")


def test_a_group_of_others_cannot_be_read_and_is_no_fault() -> None:
    assert rows(groups=model.groups(pods_group=(rule(),))) == of_the_vip(
        "SKIP its group cannot be read: Octavia's own belongs to the service project"
    )


def test_a_group_of_the_pods_that_cannot_be_seen_is_no_fault() -> None:
    assert rows(groups=model.groups(lb_group=(rule(),))) == of_members(
        "SKIP the port's group is not visible to these credentials"
    )


def test_a_rule_for_members_of_a_group_is_no_verdict() -> None:
    assert rows(groups=groups(rule(remote_group_id="g"))) == of_members(
        "SKIP not known: group pods-group has a rule for a remote group, for SCTP to port 9090 from"
        " 10.0.0.128/26"
    )


def test_without_port_security_all_is_let_in_and_with_it_but_no_group_nothing() -> None:
    opened = [Port(port.id, port.project_id, port.addresses, (), False) for port in PODS]
    assert rows(ports=(VIP, *opened)) == {}
    closed = [Port(port.id, port.project_id, port.addresses) for port in PODS]
    assert rows(ports=(VIP, *closed)) == of_members(
        "FAIL port security without any group: nothing is allowed"
    )


def test_a_member_without_a_port_that_is_visible_is_not_judged() -> None:
    assert rows(ports=(VIP, PODS[0])) == {
        ("member-security-groups", OTHER_POD): "SKIP no port with 10.0.0.88 is visible in Neutron"
    }


def test_of_ports_with_one_address_the_projects_own_counts_and_otherwise_none() -> None:
    foreign = Port("p3", "other", ("10.0.0.88",), ("their-group",))
    assert rows(ports=(VIP, *PODS, foreign)) == {}
    twin = Port("p4", "2e89a9e0", ("10.0.0.88",), ("pods-group",))
    assert rows(ports=(VIP, *PODS, twin)) == {
        ("member-security-groups", OTHER_POD): "SKIP 2 ports have 10.0.0.88, on different networks"
    }


@pytest.mark.parametrize(
    ("network_id", "verdict"),
    [
        (
            "theirs",
            "SKIP the port with 10.0.0.88 is of project other: it may be on another network",
        ),
        ("shared", "FAIL group their-group does not allow SCTP to port 9090 from 10.0.0.128/26"),
    ],
)
def test_another_projects_port_is_the_members_only_on_the_network_of_the_vip(
    network_id: str, verdict: str
) -> None:
    foreign = Port("p3", "other", ("10.0.0.88",), ("their-group",), network_id=network_id)
    on_network = replace(VIP, network_id="shared")
    groups = model.groups(lb_group=(rule(),), pods_group=(rule(),), their_group=())
    assert rows(ports=(on_network, PODS[0], foreign), groups=groups) == {
        ("member-security-groups", OTHER_POD): verdict
    }


@pytest.mark.parametrize(
    ("ports", "verdict"),
    [
        (
            [PODS[0], replace(PODS[1], project_id="other")],
            "FAIL no port vip-port that holds 10.0.0.158",
        ),
        (
            [replace(port, project_id="other") for port in PODS],
            "SKIP no port vip-port that holds 10.0.0.158 is visible: these credentials see no"
            " port of project 2e89a9e0",
        ),
    ],
)
def test_a_missing_vip_port_is_a_fault_only_for_who_sees_the_projects_ports(
    ports: Sequence[Port], verdict: str
) -> None:
    odd = {check: said for (check, _), said in rows(ports=ports).items()}
    assert (odd["vip-port"], odd["vip-security-groups"]) == (
        verdict,
        "SKIP the VIP's port is not visible",
    )
    # Whether that port is a member's depends on the network of the VIP.
    assert odd["member-security-groups"].startswith("SKIP the port with 10.0.0.88 is of project")


@pytest.mark.parametrize(
    ("fixed", "status", "verdict"),
    [
        ("10.0.0.158", "ACTIVE", None),
        ("10.0.0.158", "DOWN", "WARN 203.0.113.9 is DOWN, expected ACTIVE"),
        ("10.0.0.158", "ERROR", "FAIL 203.0.113.9 is in ERROR"),
        ("10.0.0.159", "ACTIVE", "FAIL 203.0.113.9 leads to 10.0.0.159, not to the VIP 10.0.0.158"),
    ],
)
def test_a_floating_ip_leads_to_the_vip_and_is_active(
    fixed: str, status: str, verdict: str | None
) -> None:
    bound = (FloatingIp("f", "vip-port", "203.0.113.9", fixed, status),)
    assert rows(floating_ips=bound) == ({("floating-ip", NAME): verdict} if verdict else {})


def test_without_neutron_each_of_its_checks_is_skipped_with_the_reason() -> None:
    unreadable = NetworkState.unreadable("no Neutron")
    assert odd(load_balancer(), network=unreadable) == {
        ("vip-port", NAME): "SKIP no Neutron",
        ("floating-ip", NAME): "SKIP no Neutron",
        **of_the_vip("SKIP the VIP's port is not visible"),
        **of_members("SKIP no Neutron"),
    }


def test_where_subnets_or_groups_cannot_be_read_members_are_not_judged() -> None:
    secret = Unreadable("secret")
    assert rows(subnets=secret) == of_members("SKIP secret")
    assert rows(groups=secret) == {**of_members("SKIP secret"), **of_the_vip("SKIP secret")}


def test_an_unknown_provider_is_not_judged() -> None:
    assert rows(load_balancer(provider="brick")) == {
        (
            "load-balancer-provider",
            NAME,
        ): "SKIP whether provider 'brick' supports SCTP is not known",
        **of_members("SKIP the source of traffic through provider 'brick' is not known"),
    }
