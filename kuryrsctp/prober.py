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


"""Does SCTP traffic get through, who answers, and how fast?"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kuryrsctp import naming
from kuryrsctp.errors import ServiceLacksSctp, UsageError
from kuryrsctp.model import Exchange, LoadBalancer
from kuryrsctp.sctp import ports, route
from kuryrsctp.sctp.exchange import exchange
from kuryrsctp.summary import ProbeReport, Target, default_count

if TYPE_CHECKING:
    from openstack.connection import Connection

TIMEOUT = 5.0
MESSAGE = "HELLO, ARE YOU ALIVE?"

_LONGEST_TIMEOUT = 3600.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What is going to be sent where: `count` messages to each target, or enough."""

    service: str | None
    targets: tuple[Target, ...]
    message: bytes
    timeout: float
    count: int | None = None

    def messages_to(self, target: Target) -> int:
        """Return how many messages the target gets."""
        return self.count or default_count(target.members)

    @property
    def messages(self) -> int:
        """How many messages there are in all."""
        return sum(map(self.messages_to, self.targets))

    def run(self) -> Iterator[Exchange]:
        """Send the messages one after the other; yield what became of each.

        The walkthrough's server has one association at a time, so there is never a
        second one.

        Raises SctpUnavailable, NotJudged, UsageError.
        """
        source_ports = ports.ephemeral_ports()
        seq = 0
        for target in self.targets:
            for _ in range(self.messages_to(target)):
                seq += 1
                yield exchange(
                    seq, target.endpoint, self.message, timeout=self.timeout, ports=source_ports
                )

    def report(self, exchanges: Iterator[Exchange] | list[Exchange]) -> ProbeReport:
        """Return what the exchanges say, all of the plan's or the first few."""
        return ProbeReport(self.service, self.targets, tuple(exchanges))


def plan(
    connection: "Connection | None" = None,
    service: str | None = None,
    *,
    address: str | None = None,
    port: int | None = None,
    namespace: str = naming.DEFAULT_NAMESPACE,
    count: int | None = None,
    timeout: float = TIMEOUT,
    message: str | bytes = MESSAGE,
) -> Plan:
    """Say what `probe` would send; parameters and errors are those of `probe`."""
    payload = message.encode("utf-8", "surrogateescape") if isinstance(message, str) else message
    if not payload:
        raise UsageError("SCTP cannot carry an empty message")
    if count is not None and count < 1:
        raise UsageError(f"count is {count}: at least one message has to be sent")
    if not (math.isfinite(timeout) and 0 < timeout <= _LONGEST_TIMEOUT):
        raise UsageError(f"timeout is {timeout:g}: give seconds up to {_LONGEST_TIMEOUT:g}")
    if (service is None) == (address is None):
        raise UsageError("give either a service, or an address and a port")
    if (address is None) != (port is None):
        raise UsageError("an address and a port go together, and with no service")
    if address is not None and port is not None:
        if not 0 < port < 65536:
            raise UsageError(f"port is {port}: ports go from 1 to 65535")
        targets: tuple[Target, ...] = (Target(route.resolve(address, port, timeout)),)
    elif connection is None:
        raise UsageError("a service is looked up in a cloud: a connection is needed")
    else:
        from kuryrsctp import octavia

        name = naming.parse_service(str(service), namespace)
        targets = targets_of(octavia.find_service(connection, name))
        service = str(name)
    return Plan(service, targets, payload, timeout, count)


def targets_of(load_balancer: LoadBalancer) -> tuple[Target, ...]:
    """Return the VIP with the port of each SCTP listener, and the members behind it.

    Raises ServiceLacksSctp, AddressError.
    """
    if not load_balancer.sctp_listeners:
        others = [f"{one.protocol} {one.protocol_port}" for one in load_balancer.listeners]
        raise ServiceLacksSctp(
            f"load balancer '{load_balancer.name}' ({load_balancer.id}) has no SCTP listener"
            f" (it has {', '.join(others) or 'none at all'}): see that the Service's ports say"
            " `protocol: SCTP`, and that the Octavia provider can do SCTP"
        )
    return tuple(
        Target(
            route.numeric(load_balancer.vip_address, one.protocol_port),
            one.pool.members if one.pool else (),
        )
        for one in load_balancer.sctp_listeners
    )


def probe(
    connection: "Connection | None" = None,
    service: str | None = None,
    *,
    address: str | None = None,
    port: int | None = None,
    namespace: str = naming.DEFAULT_NAMESPACE,
    count: int | None = None,
    timeout: float = TIMEOUT,
    message: str | bytes = MESSAGE,
    on_exchange: Callable[[Exchange], None] | None = None,
) -> ProbeReport:
    """Send SCTP messages, each in a fresh association, and report what became of them.

    Either `service` (`NAME` in `namespace`, `NAMESPACE/NAME`, or a load balancer's ID),
    looked up with `connection`, or `address` (a name or a number) and `port`, which need
    no cloud. `count` messages go to each port of the service; by default so many that
    every member should answer. `timeout` is the one deadline of each message in seconds.
    `on_exchange` is called after each.

    Raises UsageError; NotJudged (CloudError, SctpUnavailable, AddressError);
    ServiceError (ServiceNotFound, ServiceAmbiguous, ServiceLacksSctp).
    """
    planned = plan(
        connection,
        service,
        address=address,
        port=port,
        namespace=namespace,
        count=count,
        timeout=timeout,
        message=message,
    )
    exchanges = []
    for one in planned.run():
        exchanges.append(one)
        if on_exchange:
            on_exchange(one)
    return planned.report(exchanges)
