# SPDX-License-Identifier: Apache-2.0

"""Cases of what is broken at a member or on the way to it, and of monitors that may see it."""

import time
from typing import Any

from tests.support.comparison.cases import Case, Play, Seen, add_to, all_of
from tests.support.comparison.hosts import broken
from tests.support.comparison.service import POD, Port, Setup, answer_to
from tests.support.lab.guest.packet_faults import REJECT_TYPES

CASES: list[Case] = []
# Hosts limit the rate of their ICMP errors; and with fewer messages a hash may choose one member.
_ONE_BY_ONE: dict[str, Any] = {"count": 12, "at_once": 1, "timeout": 4.0}
_LOOKED = 10.0  # seconds until a monitor has looked a few times
_MONITOR = {"delay": 3, "timeout": 2, "max_retries": 1, "max_retries_down": 1}


@add_to(CASES, "The server in A is dead")
def dead(port: Port) -> Seen:
    with broken("kill", POD):
        return all_of(port)


@add_to(CASES, "Packets to A are dropped")
def dropped(port: Port) -> Seen:
    with broken("drop", POD):
        return all_of(port)


@add_to(CASES, "A's host is down")
def down(port: Port) -> Seen:
    with broken("unplug", POD):
        # Who is before it has to find out: with what it still knows, packets are lost for 8 s.
        port.client(count=4, timeout=_LOOKED)
        return all_of(port, count=4, timeout=5.0)


def _rejected(kind: str) -> Play:
    def play(port: Port) -> Seen:
        with broken("reject", POD, kind):
            return {"client": port.client(**_ONE_BY_ONE)}

    return play


for _kind in REJECT_TYPES:
    _words = _kind.removeprefix("icmp-").replace("-", " ")
    _title = f"A, or a firewall before it, answers with ICMP {_words}"
    CASES.append(Case(_kind.replace("-", "_"), _title, _rejected(_kind)))


def _monitored(kind: str) -> Play:
    def play(port: Port) -> Seen:
        own = {"name": port.pool.name, "pool_id": port.pool.id, "type": kind}
        create = port.cloud.octavia.create_health_monitor
        answer = answer_to(lambda: create(**own, **_MONITOR))
        if answer != "taken":
            return {"octavia": answer}
        port.service.settle()
        time.sleep(_LOOKED)
        well, states, verdict = port.client(**_ONE_BY_ONE), port.states(), port.verdict()
        with broken("kill", POD):
            time.sleep(_LOOKED)
            dead, then = port.client(**_ONE_BY_ONE), port.states()
        client = f"{well}; once A's server is dead: {dead}"
        seen = {"client": client, "verify": verdict}
        told = states if then == states else f"{states}; once A's server is dead: {then}"
        return seen | ({"octavia": told} if port.cloud.is_reported else {})

    return play


for _kind in ("SCTP", "UDP-CONNECT", "TCP"):
    _name = f"monitor_{_kind.lower().replace('-', '_')}"
    CASES.append(Case(_name, f"Monitor of type {_kind}", _monitored(_kind), Setup()))
CASES.append(
    Case(
        "monitor_where_the_pods_are",
        "Monitor of type TCP, and Octavia knows the members' own subnet",
        _monitored("TCP"),
        Setup(subnet="k8s-pod-subnet"),
    )
)
