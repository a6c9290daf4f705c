# SPDX-License-Identifier: Apache-2.0

"""Members that are nodes all have the node port of the Service's port."""

from datetime import timedelta

import pytest

from kuryrsctp.model import LoadBalancer, Member
from kuryrsctp.verifier.report import Expectations
from tests.support.model import NAME, NOW, findings, listener, load_balancer, member, odd, pool

MARK = "kube_service_prod_default_sctp-demo"


def node(number: int, port: int = 31090, **changes: object) -> Member:
    """Return the member of a node."""
    address = f"192.168.0.{number}"
    values = {"id": f"{number}-{port}", "name": f"worker-{number}"} | changes
    return member(address=address, protocol_port=port, **values)


def service(*members: Member) -> LoadBalancer:
    """Return a service of cloud-provider-openstack's."""
    port = listener(name=f"listener_0_{MARK}", pool=pool(*members, name=f"pool_0_{MARK}"))
    return load_balancer(port, name=MARK)


ONE_PORT = "a port of a Service has one node port at a time"


def test_a_member_on_another_port_than_most_is_odd_and_the_others_are_not() -> None:
    assert odd(service(node(1), node(2), node(3, 31091))) == {
        ("member-port", "worker-3"): f"WARN 31091, other members have 31090: {ONE_PORT}"
    }


def test_a_node_that_is_there_twice_is_named() -> None:
    again = node(1, 31091, name="worker-1-again")
    assert odd(service(node(1), node(2), again)) == {
        ("member-port", "worker-1-again"): f"WARN 31091, other members have 31090: {ONE_PORT};"
        " 192.168.0.1 is also there with 31090"
    }


def test_where_as_many_have_the_one_port_as_the_other_neither_is_said_to_be_right() -> None:
    assert odd(service(node(1), node(2, 31091))) == {
        ("member-port", "worker-1"): f"WARN 31090, other members have 31091: {ONE_PORT}",
        ("member-port", "worker-2"): f"WARN 31091, other members have 31090: {ONE_PORT}",
    }


def test_the_hint_says_that_both_may_be_there_while_the_node_port_changes() -> None:
    (row,) = (row for row in findings(service(node(1), node(2), node(3, 31091))) if row.hint)
    assert "only while a node port changes" in row.hint
    assert not row.transient


@pytest.mark.parametrize("status", ["ACTIVE", "PENDING_CREATE"])
def test_two_ports_less_than_a_minute_after_a_change_may_come_right(status: str) -> None:
    new = node(3, 31091, changed_at=NOW - timedelta(seconds=59), provisioning_status=status)
    (row,) = (
        row
        for row in findings(service(node(1), node(2), new))
        if row.check == "member-port" and row.hint
    )
    assert row.detail.endswith("(the member changed less than a minute ago)")
    assert "may still be at work" in row.hint
    assert row.transient


def test_whether_the_members_of_a_listener_by_hand_may_differ_is_not_known() -> None:
    by_hand = listener(name="by-hand", pool=pool(node(1), node(2, 31091), name="by-hand"))
    assert odd(load_balancer(by_hand, name=MARK)) == {}


def test_a_member_that_is_being_deleted_is_not_counted() -> None:
    going = node(3, 31091, provisioning_status="PENDING_DELETE", changed_at=NOW)
    rows = odd(service(node(1), going))
    assert not [check for check, _ in rows if check == "member-port"]


def test_a_port_that_the_user_expects_is_right_and_any_other_is_wrong() -> None:
    expected = Expectations(ports=((90, 31091),))
    assert odd(service(node(1), node(2), node(3, 31091)), expected=expected) == {
        ("member-port", "worker-1"): "FAIL 31090, expected 31091",
        ("member-port", "worker-2"): "FAIL 31090, expected 31091",
    }


def test_pods_may_have_different_ports_of_one_name() -> None:
    members = [
        member(
            id=str(port), name=f"{NAME}-{port}:{port}", protocol_port=port, address=f"10.0.0.{port}"
        )
        for port in (90, 91)
    ]
    assert odd(load_balancer(listener(pool=pool(*members)))) == {}
