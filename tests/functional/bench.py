# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A healthy service in a real cloud, and ways to break it that mend it again."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from openstack.connection import Connection

import kuryrsctp
from kuryrsctp.model import Expectations, Status
from tests.functional import kuryr
from tests.lab.cloud import Cloud

NAME = "core/nrf"
ADDRESSES = ("10.0.0.110", "10.0.0.111")


@dataclass(frozen=True)
class Bench:
    """A service of two pods: SCTP and TCP on port 38412, SCTP on 9999; `ids` are of its parts."""

    cloud: Cloud
    users: dict[str, Connection]
    group: str
    ids: dict[str, str]

    @property
    def network(self) -> Any:
        """Neutron, as Kuryr sees it."""
        return self.users["kuryr"].network

    def wrong(self, user: str = "kuryr", **expected: Any) -> set[tuple[str, str]]:
        """Return the check and status of each row that is neither OK nor skipped."""
        report = kuryrsctp.verify(
            self.users[user], self.ids["load_balancer"], expected=Expectations(**expected)
        )
        bad = (Status.WARN, Status.FAIL)
        return {(one.check, one.status.value) for one in report.findings if one.status in bad}


Fault = Callable[[Bench], AbstractContextManager[object]]


@contextmanager
def bench(cloud: Cloud) -> Iterator[Bench]:
    """Make the service, and delete it in the end."""
    with ExitStack() as stack:
        users = {
            user: stack.enter_context(kuryr.connect(cloud, user))
            for user in ("kuryr", "viewer", "admin")
        }
        connection = users["kuryr"]
        group = stack.enter_context(kuryr.pods(connection, ADDRESSES))
        ports = [_port(38412), _port(9999), _port(38412, "TCP")]
        made = stack.enter_context(kuryr.load_balancer(connection, NAME, ports))
        kuryr.wait_until_online(connection, made.id)
        # The states that a fault puts into the database are to stay there.
        cloud.report({NAME: "SILENT"})
        stack.callback(cloud.report, {})
        yield Bench(cloud, users, group, _ids(connection, made))


def _port(number: int, protocol: str = "SCTP") -> dict[str, Any]:
    members = [
        kuryr.member(f"{NAME}-{pod}:{number}", address, number)
        for pod, address in enumerate(ADDRESSES)
    ]
    return kuryr.listener(f"{NAME}:{protocol}:{number}", number, *members, protocol=protocol)


def _ids(connection: Connection, made: Any) -> dict[str, str]:
    api: Any = connection.load_balancer
    listeners = {one.name: one for one in api.listeners(load_balancer_id=made.id)}
    listener, other = listeners[f"{NAME}:SCTP:38412"], listeners[f"{NAME}:SCTP:9999"]
    (member,) = api.members(listener.default_pool_id, name=f"{NAME}-0:38412")
    return {
        "load_balancer": made.id,
        "vip": made.id,
        "vip_port": made.vip_port_id,
        "listener": listener.id,
        "other_listener": other.id,
        "pool": listener.default_pool_id,
        "other_pool": other.default_pool_id,
        "member": member.id,
    }


def octavia(part: str, **changes: object) -> Fault:
    """Change a part of the service in Octavia's database."""
    table = part.removeprefix("other_")

    @contextmanager
    def fault(bench: Bench) -> Iterator[None]:
        key = "load_balancer_id" if table == "vip" else "id"
        names, row = list(changes), bench.ids[part]
        asked = f"SELECT {', '.join(names)} FROM {table} WHERE {key} = ?"
        ((*before,),) = bench.cloud.sql("octavia", asked, [row])
        put = f"UPDATE {table} SET {', '.join(f'{one} = ?' for one in names)} WHERE {key} = ?"
        bench.cloud.sql("octavia", put, [*changes.values(), row])
        try:
            yield
        finally:
            bench.cloud.sql("octavia", put, [*before, row])

    return fault


@contextmanager
def tcp_only(bench: Bench) -> Iterator[None]:
    """Let only TCP in to the pods, as the rule in Kuryr's manual does."""
    network = bench.network
    rules = network.security_group_rules(security_group_id=bench.group, protocol="sctp")
    for rule in list(rules):
        network.delete_security_group_rule(rule.id)
    tcp = kuryr.admit(bench.users["kuryr"], bench.group, "tcp")
    try:
        yield
    finally:
        network.delete_security_group_rule(tcp.id)
        kuryr.admit(bench.users["kuryr"], bench.group, "sctp")


@contextmanager
def half_the_subnet(bench: Bench) -> Iterator[None]:
    """Let only a half of the service's subnet in to the pods."""
    with tcp_only(bench):
        half = kuryr.admit(
            bench.users["kuryr"], bench.group, "sctp", remote_ip_prefix="10.0.0.128/27"
        )
        try:
            yield
        finally:
            network = bench.network
            network.delete_security_group_rule(half.id)


@contextmanager
def no_group(bench: Bench) -> Iterator[None]:
    """Take the pods' ports out of every group."""
    network = bench.network
    ports = [one for one in network.ports() if bench.group in one.security_group_ids]
    for port in ports:
        network.update_port(port.id, security_group_ids=[])
    try:
        yield
    finally:
        for port in ports:
            network.update_port(port.id, security_group_ids=[bench.group])


@contextmanager
def rule_of_the_vip_deleted(bench: Bench) -> Iterator[None]:
    """Delete Octavia's own rule for SCTP at the VIP."""
    network: Any = bench.users["admin"].network
    (group,) = network.get_port(bench.ids["vip_port"]).security_group_ids
    (rule,) = network.security_group_rules(
        security_group_id=group, port_range_max=38412, protocol="sctp"
    )
    network.delete_security_group_rule(rule.id)
    try:
        yield
    finally:
        kuryr.admit(bench.users["admin"], group, "sctp", port_range_min=38412, port_range_max=38412)


@contextmanager
def monitor_over_http(bench: Bench) -> Iterator[None]:
    """Give the pool a health monitor that asks over HTTP."""
    api: Any = bench.users["kuryr"].load_balancer
    made = api.create_health_monitor(
        pool_id=bench.ids["pool"], type="HTTP", delay=5, timeout=3, max_retries=2
    )
    kuryr.settle(bench.users["kuryr"], bench.ids["load_balancer"])
    try:
        yield
    finally:
        api.delete_health_monitor(made.id)
        kuryr.settle(bench.users["kuryr"], bench.ids["load_balancer"])


@contextmanager
def floating_ip_down(bench: Bench) -> Iterator[None]:
    """Bind a floating IP to the VIP; without an agent it stays DOWN."""
    network = bench.network
    public = network.find_network("public", ignore_missing=False)
    made = network.create_ip(floating_network_id=public.id, port_id=bench.ids["vip_port"])
    try:
        yield
    finally:
        network.delete_ip(made.id)


@contextmanager
def floating_ip_is_active(bench: Bench) -> Iterator[None]:
    """Let the floating IP be what an agent would make of it; it goes with the floating IP."""
    put = "UPDATE floatingips SET status = 'ACTIVE' WHERE fixed_port_id = ?"
    bench.cloud.sql("neutron", put, [bench.ids["vip_port"]])
    yield


@contextmanager
def vip_without_groups(bench: Bench) -> Iterator[None]:
    """Take the VIP's port out of every group, as Kuryr does without enforce_sg_rules."""
    port = bench.network.get_port(bench.ids["vip_port"])
    network: Any = bench.users["admin"].network
    network.update_port(port.id, security_group_ids=[])
    try:
        yield
    finally:
        network.update_port(port.id, security_group_ids=port.security_group_ids)
