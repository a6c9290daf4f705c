# SPDX-License-Identifier: Apache-2.0

"""Cases of what Octavia's API takes for a provider, and of changes that a provider spoils."""

import time
from typing import Any

import openstack

from tests.support import kuryr
from tests.support.comparison.cases import Case, Play, Seen, add_to
from tests.support.comparison.service import USUAL, Port, answer_to
from tests.support.lab import topology

CASES: list[Case] = []
_NEW_PORT = 60001
_STUCK = 40.0  # seconds in which a change would have come to its end, on a busy machine, too
_OPTIONS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("Algorithm ROUND_ROBIN", "pool", {"lb_algorithm": "ROUND_ROBIN"}),
    ("Algorithm LEAST_CONNECTIONS", "pool", {"lb_algorithm": "LEAST_CONNECTIONS"}),
    ("Algorithm SOURCE_IP_PORT", "pool", {"lb_algorithm": "SOURCE_IP_PORT"}),
    ("A listener with allowed_cidrs", "listener", {"allowed_cidrs": ["10.0.0.0/26"]}),
    ("A listener with a connection limit", "listener", {"connection_limit": 100}),
    ("A listener with timeout_client_data", "listener", {"timeout_client_data": 60000}),
)


def _asked(kind: str, values: dict[str, Any]) -> Play:
    def play(port: Port) -> Seen:
        own = port.service.id
        where: dict[str, Any] = {"loadbalancer_id": own}
        if kind == "listener":
            where = {"load_balancer_id": own, "protocol_port": _NEW_PORT}
        octavia = port.cloud.octavia
        made: list[Any] = []
        create, delete = (getattr(octavia, f"{verb}_{kind}") for verb in ("create", "delete"))
        answer = answer_to(lambda: made.append(create(protocol="SCTP", **where, **values)))
        for part in made:
            port.service.settle()
            delete(part)
            port.service.settle()
        return {"octavia": answer}

    return play


for _title, _kind, _values in _OPTIONS:
    _name = "_".join([*_values, *(str(value) for value in _values.values() if _kind == "pool")])
    CASES.append(Case(_name.lower(), _title, _asked(_kind, _values)))


@add_to(CASES, "An administrator asks for a failover")
def failover(port: Port) -> Seen:
    octavia: Any = openstack.connect(cloud="admin").load_balancer
    answer = answer_to(lambda: octavia.failover_load_balancer(port.service.id))
    port.service.settle()
    return {"octavia": answer}


def _changed_alone(service: str, change: dict[str, Any]) -> Play:
    """Play a change of a pool that says nothing of whether it is switched on."""

    def play(port: Port) -> Seen:
        own = port.cloud.make(service, {topology.VIP_PORT: USUAL}).port(topology.VIP_PORT)
        pool, octavia = own.pool.id, port.cloud.octavia
        octavia.update_pool(pool, **change)
        _wait_while_pending(own)
        seen = {"client": own.order(), "octavia": own.states(), "verify": own.verdict()}
        answer = answer_to(lambda: octavia.update_pool(pool, is_admin_state_up=True))
        _wait_while_pending(own)
        if (then := own.states()) != seen["octavia"]:
            seen["octavia"] += f"; after ``pool set --enable``: {then}"
        elif answer != "taken":
            seen["octavia"] += f"; ``pool set --enable`` is {answer}"
        if "PENDING" not in then:  # nobody can delete it where it is stuck
            kuryr.delete(port.cloud.connection, own.service.id)
        return seen

    return play


def _wait_while_pending(port: Port) -> None:
    deadline = time.monotonic() + _STUCK
    while "PENDING" in port.states() and time.monotonic() < deadline:
        time.sleep(2)


CASES += [
    Case(
        "renamed",
        "The pool gets another name, and nothing else is asked",
        _changed_alone("renamed", {"name": "another-name"}),
    ),
    Case(
        "persistence_later",
        "The pool gets session persistence later, and nothing else is asked",
        _changed_alone("sticky-later", {"session_persistence": {"type": "SOURCE_IP"}}),
    ),
]
