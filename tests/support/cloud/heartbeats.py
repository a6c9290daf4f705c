# SPDX-License-Identifier: Apache-2.0

"""Says for every amphora what its agent would say, to Octavia's own health manager code."""

import itertools
import json
import logging
import sqlite3
import subprocess
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy.exc
from octavia.amphorae.drivers.health import heartbeat_udp
from octavia.common import constants
from octavia.db import api, models

from tests.support.cloud import amphora_statistics
from tests.support.cloud.parts import PARTS

LOG = logging.getLogger(__name__)
INTERVAL = 10.0  # seconds, as a real amphora
_POLL = 1.0  # seconds until an amphora tells what is new, for which a real one takes ten
_ALLOCATED = "SELECT load_balancer_id FROM amphora WHERE status = 'ALLOCATED'"
_FAILURES = (
    ValueError,
    sqlite3.Error,
    subprocess.SubprocessError,
    sqlalchemy.exc.SQLAlchemyError,
)

_sequence = itertools.count()
_NO_TRAFFIC = {"tx": 0, "rx": 0, "conns": 0, "totconns": 0, "ereq": 0}

# By the listener's ID; with the names of an agent's message.
_Traffic = Mapping[str, Mapping[str, int]]
# What heartbeats tell of a load balancer, by its ID, is the same as long as this is.
_Parts = dict[str, list[Any]]


def run(states: Path, database: Path) -> None:
    """Send heartbeats for ever, with what the data path counts, where there is one.

    What is the same as a second ago is not told again before its time: to tell it is a tenth of
    what Octavia does here.

    :param states: an optional JSON file, read each time, that says otherwise than all is well. A
        member's ID, name or ``address:port`` maps to UP, DOWN, DRAIN, MAINT or ``no check``; a
        listener's ID or name to OPEN, FULL or ABSENT; a load balancer's ID or name to SILENT.
    :param database: Octavia's.
    """
    health = heartbeat_udp.UpdateHealthDb()
    looking = sqlite3.connect(database, timeout=60)
    told: tuple[dict[str, str], _Parts] = ({}, {})
    last = time.monotonic()
    while True:
        try:
            said, parts = _read(states), _parts(looking)
            traffic: _Traffic = {}
            is_new = said != told[0]
            if time.monotonic() - last >= INTERVAL:
                last, is_new = time.monotonic(), True
                traffic = amphora_statistics.deltas()
            news = [own for own in parts if is_new or parts[own] != told[1].get(own)]
            for message in list(_messages(news, said, traffic)) if news else ():
                health.update_health(message, "127.0.0.1")
                if traffic:
                    heartbeat_udp.update_stats(message)
            told = said, parts
        except _FAILURES:
            LOG.exception("heartbeats failed, the next ones may not")
        time.sleep(_POLL)


def _parts(looking: sqlite3.Connection) -> _Parts:
    found: _Parts = {}
    for own, *part in looking.execute(PARTS.format(own=_ALLOCATED)):
        found.setdefault(own, []).append(part)
    return found


def _read(states: Path) -> dict[str, str]:
    try:
        read: dict[str, str] = json.loads(states.read_text())
    except FileNotFoundError:
        return {}
    return read


def _messages(
    balancers: Collection[str], states: dict[str, str], traffic: _Traffic
) -> Iterator[dict[str, Any]]:
    with api.session().begin() as session:
        allocated = session.query(models.Amphora).filter_by(status=constants.AMPHORA_ALLOCATED)
        for amphora in allocated.filter(models.Amphora.load_balancer_id.in_(balancers)):
            loadbalancer = amphora.load_balancer
            if loadbalancer and _said(states, loadbalancer.id, loadbalancer.name) != "SILENT":
                yield _message(amphora.id, loadbalancer, states, traffic)


def _message(
    amphora_id: str, loadbalancer: Any, states: dict[str, str], traffic: _Traffic
) -> dict[str, Any]:
    listeners, pools = {}, {}
    for listener in loadbalancer.listeners:
        status = _said(states, listener.id, listener.name) or constants.OPEN
        if not listener.enabled or status == "ABSENT":
            continue
        listeners[listener.id] = {
            "status": status,
            "stats": traffic.get(listener.id, _NO_TRAFFIC),
        }
        for pool in listener.pools:
            members = {member.id: _member_status(member, pool, states) for member in pool.members}
            down = members and all(status == constants.DOWN for status in members.values())
            pools[f"{pool.id}:{listener.id}"] = {
                "status": constants.DOWN if down else constants.UP,
                "members": members,
            }
    return {
        "id": amphora_id,
        "seq": next(_sequence),
        "ver": 3,
        "recv_time": time.time(),
        "listeners": listeners,
        "pools": pools,
    }


def _member_status(member: Any, pool: Any, states: dict[str, str]) -> str:
    said = _said(states, member.id, member.name, f"{member.ip_address}:{member.protocol_port}")
    if said:
        return said
    if not member.enabled:
        return str(constants.MAINT)
    return str(constants.UP if pool.health_monitor else constants.NO_CHECK)


def _said(states: dict[str, str], *keys: str) -> str | None:
    return next((states[key] for key in keys if key in states), None)
