# SPDX-License-Identifier: Apache-2.0

"""What the user expects is held against what is there; what is missing is explained."""

import ipaddress
from dataclasses import replace
from typing import Any

import pytest

from kuryrsctp.model import LoadBalancer
from kuryrsctp.verifier.report import Expectations, Status
from tests.support.model import (
    NAME,
    NOW,
    OTHER_POD,
    POD,
    PORT_NAME,
    findings,
    listener,
    load_balancer,
    member,
    monitor,
    odd,
    other_member,
    pool,
)

TCP = listener(name=f"{NAME}:TCP:91", protocol="TCP", protocol_port=91, pool=None)
MONITORED = load_balancer(listener(pool=pool(health_monitor_id="m")))


def against(found: LoadBalancer | None = None, **expected: Any) -> dict[tuple[str, str], str]:
    """Return the odd rows of a service of which this is expected."""
    return odd(found or load_balancer(), expected=Expectations(**expected))


@pytest.mark.parametrize(
    "right",
    [
        {"ports": ((90, None),)},
        {"ports": ((90, 9090),)},
        {"members": 2},
        {"addresses": ("10.0.0.88",)},
        {"addresses": ("10.0.0.75", "10.0.0.88"), "members": 2, "ports": ((90, 9090),)},
    ],
)
def test_what_is_as_expected_is_well(right: dict[str, Any]) -> None:
    assert against(**right) == {}


def test_a_port_is_served_only_by_a_listener_of_sctp() -> None:
    assert against(load_balancer(listener(), TCP), ports=((91, None),)) == {
        ("listener-exists", NAME): "FAIL no SCTP listener on port 91; there is SCTP:90, TCP:91"
    }


def test_every_missing_port_is_named() -> None:
    assert against(ports=((90, None), (91, None), (92, 1))) == {
        ("listener-exists", NAME): "FAIL no SCTP listener on port 91 and 92; there is SCTP:90"
    }


def test_a_target_port_is_asked_of_the_members_of_its_own_listener() -> None:
    wrong = "FAIL 9090, expected 9091"
    assert against(ports=((90, 9091),)) == {
        ("member-port", POD): wrong,
        ("member-port", OTHER_POD): wrong,
    }


@pytest.mark.parametrize(
    ("expected", "verdict"),
    [
        ({"members": 3}, "FAIL 2, expected 3"),
        ({"members": 0}, "FAIL 2, expected 0"),
        ({"addresses": ("10.0.0.75", "10.0.0.9")}, "FAIL 2, but not 10.0.0.9"),
    ],
)
def test_members_that_are_missing_or_too_many_are_a_fault(
    expected: dict[str, Any], verdict: str
) -> None:
    assert against(**expected) == {("members-exist", PORT_NAME): verdict}


def test_no_member_is_right_where_none_is_expected() -> None:
    empty = load_balancer(listener(pool=replace(pool(), members=())))
    assert against(empty, members=0) == {}


@pytest.mark.parametrize(
    ("cidrs", "verdict"),
    [
        (("192.0.2.0/24",), None),
        (("192.0.2.0/25", "192.0.2.128/25"), None),
        (("192.0.2.0/25",), "WARN only 192.0.2.0/25: not all of 192.0.2.0/24"),
        (("10.0.0.0/8",), "FAIL only 10.0.0.0/8: not 192.0.2.0/24"),
        (("nonsense",), "SKIP only nonsense, which is not a list of networks"),
    ],
)
def test_the_listener_admits_the_source_that_is_asked_about(
    cidrs: tuple[str, ...], verdict: str | None
) -> None:
    found = load_balancer(listener(allowed_cidrs=cidrs))
    said = against(found, source=ipaddress.ip_network("192.0.2.0/24"))
    assert said.get(("listener-allowed-cidrs", PORT_NAME)) == verdict


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, None),
        ({"provisioning_status": "ERROR"}, "FAIL SCTP, ERROR: the last change to it failed"),
        ({"pool_id": "another"}, "SKIP just deleted, or not visible"),
    ],
)
def test_a_health_monitor_asks_over_sctp(changes: dict[str, str], verdict: str | None) -> None:
    said = odd(MONITORED, monitors=(monitor(**changes),))
    assert said == ({("pool-monitor", PORT_NAME): verdict} if verdict else {})


@pytest.mark.parametrize(
    ("version", "verdict"),
    [
        ((2, 23), None),
        ((2, 100), None),
        ((2, 22), "FAIL 2.22, and SCTP came with 2.23"),
        (None, "SKIP Octavia does not tell its version"),
    ],
)
def test_a_missing_listener_is_put_down_to_an_old_octavia(
    version: tuple[int, ...] | None, verdict: str | None
) -> None:
    said = odd(load_balancer(TCP), api_version=version)
    assert said.pop(("listener-exists", NAME)) == "FAIL no SCTP listener; there is TCP:91"
    assert said == ({("octavia-version", NAME): verdict} if verdict else {})


@pytest.mark.parametrize(
    ("provider", "timeout", "told"),
    [
        ("amphora", 60, ": one client always reaches the same member, for 60 s after its last"),
        ("amphora", None, ": one client always reaches the same member, for 360 s after its last"),
        ("amphora", 0, ": one client always reaches the same member, for 360 s after its last"),
        ("ovn", 60, ": one client always reaches the same member, for 60 s after its last"),
        ("ovn", None, " without a timeout, which OVN does not apply"),
    ],
)
def test_how_long_session_persistence_lasts_is_told_as_the_provider_has_it(
    provider: str, timeout: int | None, told: str
) -> None:
    sticky = pool(session_persistence="SOURCE_IP", persistence_timeout=timeout)
    rows = findings(load_balancer(listener(pool=sticky), provider=provider))
    (row,) = (row for row in rows if row.check == "pool-persistence")
    assert row.detail.startswith(f"SOURCE_IP{told}")


def test_with_ovn_another_port_may_decide_whether_one_client_reaches_one_member() -> None:
    hashed = pool(lb_algorithm="SOURCE_IP_PORT")
    sticky = pool(
        id="other",
        lb_algorithm="SOURCE_IP_PORT",
        session_persistence="SOURCE_IP",
        persistence_timeout=60,
    )
    ports = (listener(pool=hashed), listener(id="l2", protocol_port=91, pool=sticky))
    rows = findings(load_balancer(*ports, provider="ovn"))
    told = [row.detail for row in rows if row.check == "pool-persistence"]
    shared = (
        ", and other ports of this load balancer have other settings: OVN has one algorithm and one"
        " persistence for all of them, and which is not known here"
    )
    assert told == [f"none{shared}", f"SOURCE_IP{shared}"]
    longer = (listener(pool=replace(sticky, id="p", persistence_timeout=90)), ports[1])
    rows = findings(load_balancer(*longer, provider="ovn"))
    assert {row.detail for row in rows if row.check == "pool-persistence"} == {f"SOURCE_IP{shared}"}


def test_where_a_default_timeout_is_not_known_none_is_told() -> None:
    rows = findings(
        load_balancer(listener(pool=pool(session_persistence="SOURCE_IP")), provider="f5")
    )
    (row,) = (row for row in rows if row.check == "pool-persistence")
    assert row.detail == "SOURCE_IP: one client always reaches the same member"


@pytest.mark.parametrize(
    ("provider", "applied"),
    [
        ("amphora", ", which an amphora does not apply"),
        ("ovn", ", which OVN does not apply"),
        ("f5", "; whether F5 applies them is not known"),
    ],
)
def test_timeouts_are_told_in_milliseconds_and_0_is_the_default(
    provider: str, applied: str
) -> None:
    rows = findings(load_balancer(listener(timeout_client_data=60000), provider=provider))
    (row,) = (row for row in rows if row.check == "listener-timeouts")
    assert (row.status, row.detail) == (Status.OK, f"client 60000 ms, member default{applied}")


@pytest.mark.parametrize(
    ("provider", "limit", "told"),
    [
        ("amphora", 0, "0, which an amphora takes for no limit"),
        ("amphora", 9, "9, of each member, not of the listener (keepalived's uthreshold)"),
        ("ovn", 9, "9, which OVN does not apply"),
        ("f5", 0, "0; how the provider applies it is not known"),
    ],
)
def test_a_connection_limit_is_told_as_the_provider_applies_it(
    provider: str, limit: int, told: str
) -> None:
    rows = findings(load_balancer(listener(connection_limit=limit), provider=provider))
    (row,) = (row for row in rows if row.check == "listener-connection-limit")
    assert (row.status, row.detail) == (Status.OK, told)


def test_a_member_may_be_expected_by_any_spelling_of_its_address() -> None:
    spelt = member(address="FD00:0075:0000::00A1")
    found = load_balancer(listener(pool=pool(spelt)), vip_address="fd00:158::1")
    expected = Expectations(addresses=("fd00:75::a1", "fd00:75:0::a2"))
    rows = findings(found, expected=expected)
    (row,) = (row for row in rows if row.check == "members-exist")
    assert row.detail == "1, but not fd00:75:0::a2"


def test_a_member_that_is_being_deleted_is_not_counted() -> None:
    leaving = member(provisioning_status="PENDING_DELETE", changed_at=NOW)
    found = load_balancer(listener(pool=pool(leaving, other_member())))
    rows = findings(found, expected=Expectations(members=1))
    (row,) = (row for row in rows if row.check == "members-exist")
    assert (row.status, row.detail) == (Status.OK, "1")
    gone = odd(load_balancer(listener(pool=pool(leaving))))
    assert gone["members-exist", PORT_NAME].startswith("WARN no member")


def test_the_connection_limit_is_only_blamed_where_the_provider_is_known_to_say_so() -> None:
    found = load_balancer(listener(operating_status="DEGRADED"), provider="f5")
    assert odd(found)["listener-status", PORT_NAME] == (
        "WARN DEGRADED: the provider does not tell why"
    )


def test_a_list_of_clients_that_the_provider_does_not_apply_refuses_nobody() -> None:
    port = listener(allowed_cidrs=("10.0.0.0/8",), pool=pool(lb_algorithm="SOURCE_IP_PORT"))
    source = ipaddress.ip_network("192.0.2.0/24")
    rows = findings(load_balancer(port, provider="ovn"), expected=Expectations(source=source))
    told = {row.check: f"{row.status.value} {row.detail}" for row in rows}
    assert told["listener-allowed-cidrs"] == (
        "OK only 10.0.0.0/8, which is not applied: OVN admits every client"
    )
    assert told["member-security-groups"] == "OK allowed: SCTP to port 9090 from 192.0.2.0/24"
