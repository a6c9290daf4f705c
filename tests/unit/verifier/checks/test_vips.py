# SPDX-License-Identifier: Apache-2.0

"""A load balancer has one VIP and any number of additional ones: the checks look at all of them."""

import ipaddress
from dataclasses import replace
from typing import Any

import pytest

from kuryrsctp.model import FloatingIp, LoadBalancer, NetworkState, Port, Vip
from kuryrsctp.verifier.report import Expectations
from tests.support.model import (
    NAME,
    POD,
    PORT_NAME,
    around,
    findings,
    groups,
    listener,
    load_balancer,
    member,
    odd,
    other_member,
    pool,
    rule,
)

OCCM_NAME = "kube_service_prod_default_sctp-demo"
DUAL = load_balancer(
    listener(pool=pool(member(address="fd00:75::a1"), other_member())),
    vip_address="fd00:158::1",
    vip_subnet_id="v6-subnet",
    additional_vips=(Vip("10.0.0.158", "service-subnet"),),
)


def network(found: LoadBalancer = DUAL, **changes: Any) -> NetworkState:
    """Return what Neutron holds around a load balancer of two families."""
    state = around(found)
    assert isinstance(state.ports, tuple)
    addresses = tuple(vip.address for vip in found.vips)
    ports = (Port("vip-port", found.project_id, addresses, ("lb-group",)), *state.ports[1:])
    subnets = {
        "service-subnet": ipaddress.ip_network("10.0.0.128/26"),
        "v6-subnet": ipaddress.ip_network("fd00:158::/64"),
    }
    return replace(state, **{"ports": ports, "subnets": subnets} | changes)


def bound(address: str, fixed_address: str) -> FloatingIp:
    return FloatingIp("f", "vip-port", address, fixed_address, "ACTIVE")


def detail(check: str, found: LoadBalancer = DUAL, **changes: Any) -> str:
    (row,) = (row for row in findings(found, **changes) if row.check == check)
    return f"{row.status.value} {row.detail}"


def test_members_of_the_family_of_any_vip_are_right() -> None:
    assert odd(DUAL, network=network()) == {}
    assert detail("load-balancer-exists", network=network()) == "OK VIP fd00:158::1, VIP 10.0.0.158"
    assert detail("vip-port", network=network()) == "OK holds fd00:158::1, 10.0.0.158"


def test_a_floating_ip_may_lead_to_any_vip() -> None:
    well = network(floating_ips=(bound("203.0.113.5", "10.0.0.158"),))
    assert odd(DUAL, network=well) == {}
    assert detail("floating-ip", network=well) == "OK 203.0.113.5, to 10.0.0.158"
    astray = network(floating_ips=(bound("203.0.113.5", "10.0.0.9"),))
    assert odd(DUAL, network=astray) == {
        ("floating-ip", NAME): (
            "FAIL 203.0.113.5 leads to 10.0.0.9, not to the VIP fd00:158::1 or 10.0.0.158"
        )
    }


def test_no_command_is_advised_that_would_bind_a_floating_ip_to_ipv6() -> None:
    v6 = replace(
        DUAL, additional_vips=(), listeners=(listener(pool=pool(member(address="fd::1"))),)
    )
    astray = network(v6, floating_ips=(bound("203.0.113.5", "10.0.0.9"),))
    (row,) = (row for row in findings(v6, network=astray) if row.check == "floating-ip")
    assert "openstack" not in row.hint


def test_each_family_needs_its_rule() -> None:
    v6_only = groups(lb_group=(rule(ethertype="IPv6"),), pods_group=(rule(),))
    assert odd(DUAL, network=network(groups=v6_only)) == {
        ("vip-security-groups", PORT_NAME): (
            "FAIL group lb-group does not allow SCTP to port 90 from 0.0.0.0/0"
        ),
        ("member-security-groups", POD): (
            "FAIL group pods-group does not allow SCTP to port 9090 from fd00:158::/64"
        ),
    }


def test_a_port_that_lost_a_vip_is_wrong() -> None:
    ports = (Port("vip-port", DUAL.project_id, ("fd00:158::1",), ("lb-group",)),)
    state = network()
    assert isinstance(state.ports, tuple)
    assert odd(DUAL, network=replace(state, ports=(*ports, *state.ports[1:]))) == {
        ("vip-port", NAME): "FAIL port vip-port does not hold 10.0.0.158"
    }


def test_a_vip_may_have_a_port_of_its_own_as_with_ovn() -> None:
    vips = (Vip("10.0.0.158", "service-subnet", "its-own"),)
    balancer = replace(DUAL, provider="ovn", additional_vips=vips)
    state = network(balancer)
    assert isinstance(state.ports, tuple)
    main = replace(state.ports[0], addresses=("fd00:158::1",))
    additional = replace(main, id="its-own", addresses=("10.0.0.158",))
    both = replace(
        state,
        ports=(main, additional, *state.ports[1:]),
        floating_ips=(FloatingIp("f", "its-own", "203.0.113.5", "10.0.0.158", "ACTIVE"),),
    )
    assert detail("vip-port", balancer, network=both) == "OK holds fd00:158::1, 10.0.0.158"
    assert detail("floating-ip", balancer, network=both) == "OK 203.0.113.5, to 10.0.0.158"
    lost = replace(both, ports=(main, *state.ports[1:]))
    assert detail("vip-port", balancer, network=lost) == (
        "FAIL no port its-own that holds 10.0.0.158"
    )


@pytest.mark.parametrize(
    ("owner", "rows"),
    [
        ("", set()),
        ("Octavia", set()),
        ("ovn-lb:vip", set()),
        ("ovn-lb-vip", set()),
        ("neutron:LOADBALANCERV2", set()),
        ("network:f5lbaasv2", set()),
        ("compute:nova", {("vip-port", NAME)}),
        ("network:router_interface", {("vip-port", NAME)}),
        ("trunk:subport", {("vip-port", NAME)}),
    ],
)
def test_a_port_that_something_else_has_taken_is_wrong(
    owner: str, rows: set[tuple[str, str]]
) -> None:
    state = around(load_balancer())
    assert isinstance(state.ports, tuple)
    ports = (replace(state.ports[0], owner=owner), *state.ports[1:])
    said = odd(load_balancer(), network=replace(state, ports=ports))
    assert set(said) == rows
    assert all(f"taken by {owner}" in text for text in said.values())


@pytest.mark.parametrize(
    ("cidrs", "source", "verdict"),
    [
        (
            ("10.0.0.128/26",),
            None,
            "WARN only 10.0.0.128/26, the service subnet: no client outside of it is admitted,"
            " because of a NetworkPolicy or of a change by hand",
        ),
        (("10.0.0.128/26",), "192.0.2.0/24", "FAIL only 10.0.0.128/26: not 192.0.2.0/24"),
        (("10.0.0.128/26", "192.0.2.0/24"), None, "OK only 10.0.0.128/26, 192.0.2.0/24"),
        (("192.0.2.0/24",), None, "OK only 192.0.2.0/24"),
    ],
)
def test_a_policy_that_admits_only_the_service_subnet_is_told(
    cidrs: tuple[str, ...], source: str | None, verdict: str
) -> None:
    found = load_balancer(listener(allowed_cidrs=cidrs))
    expected = Expectations(source=ipaddress.ip_network(source) if source else None)
    assert detail("listener-allowed-cidrs", found, expected=expected).startswith(verdict)
    by_occm = replace(found, name=OCCM_NAME)
    if source is None:
        assert detail("listener-allowed-cidrs", by_occm).startswith("OK only")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (NAME, "OK none; only type LoadBalancer has one"),
        (
            OCCM_NAME,
            "OK none; normal for an internal Service; of any other the events may tell why",
        ),
        ("by hand", "OK none"),
    ],
)
def test_each_maker_has_a_reason_of_its_own_for_no_floating_ip(name: str, text: str) -> None:
    assert detail("floating-ip", load_balancer(name=name)) == text


def test_a_load_balancer_that_occm_did_not_make_needs_a_floating_ip() -> None:
    part = listener(tags=(OCCM_NAME,))
    by_hand = load_balancer(part, name="front")
    assert detail("floating-ip", by_hand) == (
        "WARN none; the load balancer was made by hand: without one, the Service gets no address"
    )
    described = "Kubernetes external service default/sctp-demo from cluster prod"
    renamed = replace(by_hand, description=described)
    assert detail("floating-ip", renamed).startswith("OK none")
    served = replace(by_hand, tags=(OCCM_NAME,))
    assert detail("floating-ip", served).startswith("OK none")
    of_ipv6 = replace(by_hand, vip_address="fd00:158::1", additional_vips=())
    assert detail("floating-ip", of_ipv6).startswith("OK none")


def test_tags_of_somebody_else_stop_the_changes_of_a_service() -> None:
    part = listener(name=f"listener_0_{OCCM_NAME}", tags=("theirs",))
    by_occm = load_balancer(part, name=OCCM_NAME, tags=(OCCM_NAME,))
    row = next(row for row in findings(by_occm) if row.check == "listener-name")
    assert row.detail == (
        "its tags are somebody else's: cloud-provider-openstack refuses to change it"
    )
    assert f"listener set --tag {OCCM_NAME} {part.id}`" in row.hint
    own = replace(by_occm, listeners=(replace(part, tags=("theirs", OCCM_NAME)),))
    assert detail("listener-name", own) == f"OK {part.name}"


def test_a_vip_of_a_family_that_no_member_has_answers_nobody() -> None:
    assert detail("members-exist") == "OK 2"
    only = replace(DUAL, listeners=(listener(pool=pool(other_member())),))
    assert detail("members-exist", only) == "WARN 1, but none of the family of VIP fd00:158::1"
    drained = pool(member(address="fd00:75::a1", weight=0), other_member())
    said = detail("members-exist", replace(DUAL, listeners=(listener(pool=drained),)))
    assert said == "WARN 2, 1 in use, but none of the family of VIP fd00:158::1"
    single = load_balancer(listener(pool=pool(member(address="fd00:75::a1"))))
    assert detail("members-exist", single) == "OK 1"
    assert detail("member-address", single).startswith("FAIL")


def test_a_list_of_clients_without_the_family_of_a_vip_admits_none_of_its() -> None:
    both = replace(DUAL, listeners=(listener(allowed_cidrs=("10.0.0.0/8", "fd00::/8")),))
    assert detail("listener-allowed-cidrs", both) == "OK only 10.0.0.0/8, fd00::/8"
    one = replace(DUAL, listeners=(listener(allowed_cidrs=("0.0.0.0/0",)),))
    assert detail("listener-allowed-cidrs", one) == (
        "WARN only 0.0.0.0/0: no client reaches VIP fd00:158::1"
    )
