# SPDX-License-Identifier: Apache-2.0

"""Cases of Octavia's parts: members, weights, algorithms, persistence, what is switched off."""

import time
from collections.abc import Callable
from typing import Any

from tests.support.comparison.cases import Case, Play, Seen, add_to, all_of
from tests.support.comparison.service import USUAL, Port, Setup
from tests.support.lab import topology

CASES: list[Case] = []
_OWN = Setup()


def _sticky(**more: object) -> Setup:
    return Setup({"session_persistence": {"type": "SOURCE_IP", **more}})


_FOR_A_WHILE = _sticky(persistence_timeout=300)
_BY_ADDRESS = Setup({"lb_algorithm": "SOURCE_IP"})


def _order(port: Port) -> Seen:
    return {"client": port.order(), "verify": port.verdict()}


def _order_of_own(name: str, setup: Setup) -> Play:
    """Play with a load balancer for this alone: OVN's driver sets such things for all of one."""

    def play(port: Port) -> Seen:
        own = topology.VIP_PORT
        with port.cloud.service(name.replace("_", "-"), {own: setup}) as made:
            return _order(made.port(own))

    return play


@add_to(CASES, "Two members, all is well")
def well(port: Port) -> Seen:
    return all_of(port)


@add_to(CASES, "One message after the other")
def spread(port: Port) -> Seen:
    return {"client": port.order()}


@add_to(CASES, "A has weight 0")
def weight(port: Port) -> Seen:
    with port.changed("member", port.members[0], weight=0):
        return all_of(port)


def _switched_off(kind: str, part_of: Callable[[Port], Any]) -> Play:
    def play(port: Port) -> Seen:
        with port.changed(kind, part_of(port), is_admin_state_up=False):
            return all_of(port)

    return play


CASES += [
    Case("member_off", "A is switched off", _switched_off("member", lambda port: port.members[0])),
    Case("pool_off", "The pool is switched off", _switched_off("pool", lambda port: port.pool)),
    Case(
        "listener_off",
        "The listener is switched off",
        _switched_off("listener", lambda port: port.listener),
    ),
    Case(
        "balancer_off",
        "The load balancer is switched off",
        _switched_off("load_balancer", lambda port: port.balancer),
    ),
]


@add_to(CASES, "A port without a listener")
def no_listener(port: Port) -> Seen:
    return {"client": port.service.port(60000).client()}


@add_to(CASES, "A pool that never had a member", Setup(addresses=()))
def no_member(port: Port) -> Seen:
    return all_of(port)


@add_to(CASES, "The last member is deleted", _OWN)
def last_member_deleted(port: Port) -> Seen:
    for member in port.members:
        port.cloud.octavia.delete_member(member, port.pool)
        port.service.settle()
    return all_of(port)


for _name, _title, _setup in (
    ("persistence", "Session persistence SOURCE_IP, no timeout", _sticky()),
    ("persistence_with_timeout", "Session persistence SOURCE_IP, timeout 300 s", _FOR_A_WHILE),
    ("source_ip", "Algorithm SOURCE_IP from the beginning", _BY_ADDRESS),
):
    CASES.append(Case(_name, _title, _order_of_own(_name, _setup)))


@add_to(CASES, "Another port of the load balancer has session persistence, timeout 300 s")
def persistence_of_another(port: Port) -> Seen:
    return _beside(port, "persistence-of-another", _FOR_A_WHILE)


@add_to(CASES, "Another port of the load balancer has algorithm SOURCE_IP")
def source_ip_of_another(port: Port) -> Seen:
    return _beside(port, "source-ip-of-another", _BY_ADDRESS)


def _beside(port: Port, name: str, other: Setup) -> Seen:
    """Return what is seen of a usual port, where there is another one."""
    number = topology.VIP_PORT
    with port.cloud.service(name, {number: USUAL, number + 1: other}) as made:
        made.port(number + 1).order()
        return _order(made.port(number))


@add_to(CASES, "Algorithm changed to SOURCE_IP")
def source_ip_later(port: Port) -> Seen:
    own = topology.VIP_PORT
    with port.cloud.service("source-ip-later", {own: USUAL}) as made:
        changed = made.port(own)
        changed.change("pool", changed.pool, lb_algorithm="SOURCE_IP", is_admin_state_up=True)
        return _order(changed)


@add_to(CASES, "Listener statistics")
def statistics(port: Port) -> Seen:
    port.client()
    time.sleep(12)  # an amphora reports every ten seconds
    answer = port.cloud.octavia.get(f"/lbaas/listeners/{port.listener.id}/stats")
    counted = answer.json()["stats"]["total_connections"]
    return {"octavia": "associations and bytes are counted" if counted else "always 0"}
