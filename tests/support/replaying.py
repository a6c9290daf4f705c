# SPDX-License-Identifier: Apache-2.0

"""Makes what was recorded again in a cloud without its maker, through Octavia's API.

Many states are made at once, each in a namespace of its own. Addresses and identifiers take the
places of the recording's words; a status that no API sets is put into the database.
"""

import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from openstack.connection import Connection

from tests.support import kuryr
from tests.support.cloud import Cloud
from tests.support.cloud.walkthrough import POD_SUBNET, SERVICE_SUBNET, Subnet
from tests.support.makers.occm_controller import make_network, remove_network
from tests.support.recordings import State, asked, pools

# A VIP and an amphora's address for each load balancer: more than the walkthrough's subnet has.
_NETWORK = "replayed-service-net"
_SUBNET = Subnet("replayed-service-subnet", "10.0.4.0/22", "10.0.4.1")
_FIRST_POD = 110  # the pods' addresses begin here, in the subnet of the walkthrough's pods
_FIRST_NODE_PORT = 31000
_TIMEOUT = 240.0  # seconds until all is made and reported, on a machine that has other work
_POLL = 0.5
_WORD = re.compile(r"<[^<>]+>")
_NODE_PORT = re.compile(r'"<((?:node port|health check node port)[^<>]*)>"')


@contextmanager
def replayed(cloud: Cloud, states: Mapping[str, tuple[str, State]]) -> Iterator[None]:
    """Make states in a cloud, and take them away in the end.

    :param states: by the namespace that each gets, that of the recording and its state.
    """
    with kuryr.connect(cloud) as connection, kuryr.connect(cloud, "admin") as admin:
        replay = _Replay(cloud, connection, admin)
        try:
            for namespace, (case, state) in states.items():
                replay.ask(_in_namespace(state, case, namespace))
            replay.finish()
            yield
        finally:
            replay.remove()


def _in_namespace(state: State, old: str, new: str) -> State:
    """Return a state with its namespace renamed, in names and in marks."""
    text = json.dumps(state).replace(f"{old}/", f"{new}/").replace(f"_{old}_", f"_{new}_")
    found: State = json.loads(text)
    return found


class _Replay:
    """Load balancers of recorded states, and what they need."""

    def __init__(self, cloud: Cloud, connection: Connection, admin: Connection) -> None:
        self._cloud = cloud
        self._connection = connection
        self._api: Any = connection.load_balancer
        self._network: Any = connection.network
        self._admin: Any = admin.network
        self._made: list[tuple[str, State]] = []
        self._ports: list[str] = []
        self._ips: list[str] = []
        self._words: dict[str, str] = {}
        self._node_ports: dict[str, int] = {}
        make_network(cloud)  # of cloud-provider-openstack's nodes
        self._admin.update_quota(str(connection.current_project_id), floating_ips=-1)
        self._make_networks()

    def _make_networks(self) -> None:
        """Make a subnet for the VIPs, on the router of the pods, and a group for the pods."""
        made = kuryr.routed_network(self._connection, _NETWORK, _SUBNET)
        self._subnet = made.id
        for subnet in self._network.subnets():
            self._words[f"<subnet {subnet.name}>"] = subnet.id
        self._words[f"<subnet {SERVICE_SUBNET.name}>"] = self._subnet
        self._group = self._network.create_security_group(name="replayed-pods").id
        kuryr.admit(self._connection, self._group, "sctp")

    def ask(self, state: State) -> None:
        """Ask for the load balancers of a state, in one request each; they have yet to settle."""
        for recorded in state["load_balancers"]:
            balancer = json.loads(self._real(json.dumps(recorded)))
            first, _ = _by_request(balancer["listeners"])
            listeners = [self._listener(part) for part in first]
            body = asked("load balancer", balancer) | {"listeners": listeners}
            answer = self._api.post("/lbaas/loadbalancers", json={"loadbalancer": body})
            assert answer.ok, answer.text
            self._made.append((answer.json()["loadbalancer"]["id"], balancer))

    def _real(self, text: str) -> str:
        """Put real values in the place of words, and of the subnet of the recording's VIPs."""
        text = _NODE_PORT.sub(lambda found: str(self._node_port(found[1])), text)
        text = _WORD.sub(lambda found: self._value(found[0]), text)
        return text.replace(SERVICE_SUBNET.cidr, _SUBNET.cidr)

    def _value(self, word: str) -> str:
        if word.startswith("<address of ") and word not in self._words:
            self._words[word] = self._pod_address()
        return self._words.get(word, word)

    def _node_port(self, word: str) -> int:
        return self._node_ports.setdefault(word, _FIRST_NODE_PORT + len(self._node_ports))

    def _pod_address(self) -> str:
        """Return an address of the pods' subnet, which a port has from now on."""
        base, _, _ = POD_SUBNET.cidr.rpartition(".")
        address = f"{base}.{_FIRST_POD + len(self._ports)}"
        net = self._network.find_network(kuryr.POD_NETWORK, ignore_missing=False)
        fixed = [{"ip_address": address}]
        port = self._network.create_port(
            network_id=net.id, fixed_ips=fixed, security_group_ids=[self._group]
        )
        self._ports.append(port.id)
        return address

    def _listener(self, part: State) -> dict[str, Any]:
        pool = part["default_pool"]
        return asked("listener", part) | ({"default_pool": _pool(pool)} if pool else {})

    def finish(self) -> None:
        """Do what takes more than one request, and wait until all is as if since an hour ago."""
        for own, balancer in self._made:
            kuryr.settle(self._connection, own, _TIMEOUT)
            for pool in balancer["other_pools"]:
                self._add_pool(own, pool, {"loadbalancer_id": own})
            _, later = _by_request(balancer["listeners"])
            for part in later:
                body = {**asked("listener", part), "loadbalancer_id": own}
                made = self._created("listeners", "listener", body)
                kuryr.settle(self._connection, own, _TIMEOUT)
                self._add_pool(own, part["default_pool"], {"listener_id": made["id"]})
            self._finish_port(own, balancer)
        self._report_members()
        self._wait_until_reported()
        for own, balancer in self._made:
            self._break(own, balancer)
            kuryr.age(self._cloud, own)

    def _add_pool(self, own: str, pool: State, place: dict[str, str]) -> None:
        """Add a pool that has the name of another, which one request cannot have."""
        body = _pool(pool) | place
        members, monitor = body.pop("members"), body.pop("healthmonitor", None)
        made = self._created("pools", "pool", body)
        kuryr.settle(self._connection, own, _TIMEOUT)
        for member in members:
            self._created(f"pools/{made['id']}/members", "member", member)
            kuryr.settle(self._connection, own, _TIMEOUT)
        if monitor:
            self._created("healthmonitors", "healthmonitor", monitor | {"pool_id": made["id"]})
            kuryr.settle(self._connection, own, _TIMEOUT)

    def _report_members(self) -> None:
        """Let amphorae report as down the members that their monitors found so."""
        down = {}
        for own, balancer in self._made:
            addresses = {
                member["address"]
                for pool in pools(balancer)
                for member in pool["members"]
                if member["operating_status"] == "ERROR"
            }
            for pool in self._api.pools(loadbalancer_id=own) if addresses else ():
                found = self._api.members(pool)
                down.update({each.id: "DOWN" for each in found if each.address in addresses})
        self._cloud.report(down)

    def _created(self, path: str, kind: str, body: dict[str, Any]) -> State:
        answer = self._api.post(f"/lbaas/{path}", json={kind: body})
        assert answer.ok, answer.text
        found: State = answer.json()[kind]
        return found

    def _finish_port(self, own: str, balancer: State) -> None:
        port_id = self._api.get_load_balancer(own).vip_port_id
        if not balancer["vip_port"]["security_groups"]:
            self._admin.update_port(port_id, security_groups=[])
        for floating in balancer["floating_ips"]:
            public = self._admin.find_network("public", ignore_missing=False)
            made = self._network.create_ip(
                floating_network_id=public.id,
                port_id=port_id,
                description=floating["description"],
            )
            self._ips.append(made.id)
            # No router's agent says so here, nor where it was recorded.
            served = "UPDATE floatingips SET status = 'ACTIVE' WHERE id = ?"
            self._cloud.sql("neutron", served, [made.id])

    def _wait_until_reported(self) -> None:
        deadline = time.monotonic() + _TIMEOUT
        while late := dict(self._unlike_recorded()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not reported as in the recording: {late}")
            time.sleep(_POLL)

    def _unlike_recorded(self) -> Iterator[tuple[str, str]]:
        """Yield load balancers whose operating status is not yet that of the recording."""
        statuses = {found.id: found.operating_status for found in self._api.load_balancers()}
        for own, balancer in self._made:
            if statuses[own] != balancer["operating_status"]:
                yield balancer["name"], statuses[own]

    def _break(self, own: str, balancer: State) -> None:
        """Let those parts be in ERROR that were so, by their names and, members, addresses."""
        own_pools = pools(balancer)
        for table, parts in (("listener", balancer["listeners"]), ("pool", own_pools)):
            for part in _broken(parts):
                self._set_error(table, "load_balancer_id = ? AND name = ?", own, part["name"])
        for pool in own_pools:
            for member in _broken(pool["members"]):
                of = (
                    "pool_id IN (SELECT id FROM pool WHERE load_balancer_id = ?) AND ip_address = ?"
                )
                self._set_error("member", of, own, member["address"])
            for _ in _broken(filter(None, [pool["healthmonitor"]])):
                of = "pool_id IN (SELECT id FROM pool WHERE load_balancer_id = ? AND name = ?)"
                self._set_error("health_monitor", of, own, pool["name"])
        for _ in _broken([balancer]):
            self._set_error("load_balancer", "id = ?", own)

    def _set_error(self, table: str, where: str, *values: str) -> None:
        change = f"UPDATE {table} SET provisioning_status = 'ERROR' WHERE {where}"
        self._cloud.sql("octavia", change, values)

    def remove(self) -> None:
        """Take away all that was made."""
        self._cloud.report({})
        for floating in self._ips:
            self._network.delete_ip(floating)
        for own, _ in self._made:
            kuryr.settle(self._connection, own, _TIMEOUT)
            self._api.delete_load_balancer(own, cascade=True)
        deadline = time.monotonic() + _TIMEOUT
        made = {own for own, _ in self._made}
        while made & {found.id for found in self._api.load_balancers()}:
            if time.monotonic() > deadline:
                raise TimeoutError("load balancers are still there")
            time.sleep(_POLL)
        for port in self._ports:
            self._network.delete_port(port)
        self._network.delete_security_group(self._group)
        kuryr.remove_routed_network(self._connection, _NETWORK)
        remove_network(self._cloud)
        self._admin.delete_quota(self._connection.current_project_id)


def _by_request(listeners: list[State]) -> tuple[list[State], list[State]]:
    """Return those that one request can have, and those whose pool's name is one of these."""
    first: list[State] = []
    later: list[State] = []
    names = set()
    for listener in listeners:
        name = (listener["default_pool"] or {}).get("name")
        (later if name in names else first).append(listener)
        names |= {name} if name else set()
    return first, later


def _pool(part: State) -> dict[str, Any]:
    monitor = part["healthmonitor"]
    return {
        **asked("pool", part),
        "members": [asked("member", member) for member in part["members"]],
        **({"healthmonitor": asked("healthmonitor", monitor)} if monitor else {}),
    }


def _broken(parts: Iterable[State]) -> Iterator[State]:
    return (part for part in parts if part["provisioning_status"] == "ERROR")
