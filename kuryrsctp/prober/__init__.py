# SPDX-License-Identifier: Apache-2.0

"""Does SCTP traffic get through, who answers, and how fast?"""

import math
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kuryrsctp import addresses, naming
from kuryrsctp.addresses import Endpoint
from kuryrsctp.errors import UsageError
from kuryrsctp.prober import targets
from kuryrsctp.prober.answers import AnswerMatcher, answer_matcher
from kuryrsctp.prober.schedule import Schedule, run_scheduled
from kuryrsctp.prober.statistics import ProbeReport, Summary
from kuryrsctp.prober.targets import Target, Via
from kuryrsctp.sctp import source_ports
from kuryrsctp.sctp.client import Client
from kuryrsctp.sctp.eventloop import Task
from kuryrsctp.sctp.messages import Exchange, Message

if TYPE_CHECKING:
    from openstack.connection import Connection

TIMEOUT = 5.0
MESSAGE = "HELLO, ARE YOU ALIVE?"
NO_DELAY = Schedule()

MAX_MESSAGE_SIZE = 2**20
"""Bytes; the kernel's own bound, the socket's buffer, is lower unless the host was tuned."""

_MAX_TIMEOUT = 3600.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What is going to be sent where: `count` messages to each target, or enough.

    With a duration in `schedule` and no count there is no end before that. `notes` are lines
    that the user should know beforehand.
    """

    service: str | None
    targets: tuple[Target, ...]
    message: Message
    timeout: float
    count: int | None = None
    schedule: Schedule = NO_DELAY
    matcher: AnswerMatcher = field(default_factory=answer_matcher)
    all_members: bool = False
    notes: tuple[str, ...] = ()

    def messages_to(self, target: Target) -> int | None:
        """Return how many messages the target gets at most, None for no bound."""
        if self.count is None and self.schedule.duration is not None:
            return None
        return self.count or target.default_count

    @property
    def messages(self) -> int | None:
        """How many messages there are in all at most, None for no bound."""
        counts = [self.messages_to(one) for one in self.targets]
        known = [one for one in counts if one is not None]
        return sum(known) if len(known) == len(counts) else None

    def run(self) -> Generator[Exchange, None, None]:
        """Send the messages; yield what became of each as it ends.

        Unless the schedule says otherwise there is never a second association at a time.

        Raises SctpUnavailable, Inconclusive, UsageError.
        """
        with closing(Client(source_ports.ephemeral_ports())) as client:

            def send(turn: tuple[int, Endpoint]) -> Task[Exchange]:
                return client.exchange(*turn, self.message, timeout=self.timeout)

            with closing(run_scheduled(self.turns(), send, self.schedule)) as exchanges:
                yield from map(self.matcher.apply, exchanges)

    def summary(self) -> Summary:
        """Return a summary to which the exchanges can be added."""
        return Summary(self.service, self.targets, all_members=self.all_members)

    def turns(self) -> Iterator[tuple[int, Endpoint]]:
        """Yield the number and target of each message: the targets take turns."""
        left = {one.endpoint: self.messages_to(one) or math.inf for one in self.targets}
        seq = 0
        while left:
            for endpoint in tuple(left):
                seq += 1
                left[endpoint] -= 1
                if not left[endpoint]:
                    del left[endpoint]
                yield seq, endpoint


def plan(
    connection: "Connection | None" = None,
    service: str | None = None,
    *,
    address: str | None = None,
    port: int | None = None,
    namespace: str = naming.DEFAULT_NAMESPACE,
    via: Via | str = Via.VIP,
    floating_ip: bool = False,
    count: int | None = None,
    schedule: Schedule = NO_DELAY,
    timeout: float = TIMEOUT,
    message: str | bytes | Message = MESSAGE,
    expect: str | None = None,
    backend_pattern: str | None = None,
    all_members: bool = False,
) -> Plan:
    """Say what `probe` would send; parameters and errors are those of `probe`."""
    sending = _sending(message)
    read = answer_matcher(expect, backend_pattern)
    if count is not None and count < 1:
        raise UsageError(f"count is {count}: at least one message has to be sent")
    if not (math.isfinite(timeout) and 0 < timeout <= _MAX_TIMEOUT):
        raise UsageError(f"timeout is {timeout:g}: give seconds up to {_MAX_TIMEOUT:g}")
    if sending.source_port is not None and schedule.concurrency > 1:
        raise UsageError("a fixed source port serves one association at a time")
    if (service is None) == (address is None):
        raise UsageError("give either a service, or an address and a port")
    if (address is None) != (port is None):
        raise UsageError("an address and a port go together, and with no service")
    if address is not None and port is not None:
        if floating_ip or all_members or via != Via.VIP:
            raise UsageError("an address is all there is: members and floating IPs are a service's")
        found = _resolved(address, port, timeout)
    else:
        name = naming.parse_service(str(service), namespace)
        found = _looked_up(connection, name, _via(via), floating_ip=floating_ip)
        service = str(name)
    notes = tuple(targets.notes(found, sending.source_port))
    return Plan(service, found, sending, timeout, count, schedule, read, all_members, notes)


def probe(
    connection: "Connection | None" = None,
    service: str | None = None,
    *,
    address: str | None = None,
    port: int | None = None,
    namespace: str = naming.DEFAULT_NAMESPACE,
    via: Via | str = Via.VIP,
    floating_ip: bool = False,
    count: int | None = None,
    schedule: Schedule = NO_DELAY,
    timeout: float = TIMEOUT,
    message: str | bytes | Message = MESSAGE,
    expect: str | None = None,
    backend_pattern: str | None = None,
    all_members: bool = False,
    on_exchange: Callable[[Exchange], None] | None = None,
) -> ProbeReport:
    """Send SCTP messages, each in a fresh association, and report what became of them.

    Either `service` (`NAME` in `namespace`, `NAMESPACE/NAME`, or a load balancer's ID),
    looked up with `connection`, or `address` (a name or a number) and `port`, which need
    no cloud. Of a service, `via` chooses the VIP, the members themselves, or both; with
    `floating_ip` the floating IP takes the VIP's place.

    `count` messages go to each target; by default so many that every member should
    answer, or no end of them if `schedule` has a duration. `timeout` is the one deadline of
    each message in seconds. A `Message` in place of a message says how it is sent as well.

    `expect` is a regular expression to be found in each answer, `backend_pattern` one that
    finds the name of who answers in its first group; both see an answer's first 4096
    characters. With `all_members` a member that never answered is a fault.

    `on_exchange` is called after each; the report itself keeps none of them.

    Raises UsageError; Inconclusive (CloudError, SctpUnavailable, AddressError);
    ServiceError (ServiceNotFound, ServiceAmbiguous, ServiceLacksSctp, ServiceLacksFloatingIp).
    """
    planned = plan(
        connection,
        service,
        address=address,
        port=port,
        namespace=namespace,
        via=via,
        floating_ip=floating_ip,
        count=count,
        schedule=schedule,
        timeout=timeout,
        message=message,
        expect=expect,
        backend_pattern=backend_pattern,
        all_members=all_members,
    )
    summary = planned.summary()
    with closing(planned.run()) as exchanges:
        for one in exchanges:
            summary.add(one)
            if on_exchange:
                on_exchange(one)
    return summary.report()


def _sending(message: str | bytes | Message) -> Message:
    """Return how to send the message; raise UsageError for what SCTP cannot do."""
    if isinstance(message, str):
        message = message.encode("utf-8", "surrogateescape")
    sending = message if isinstance(message, Message) else Message(message)
    if not sending.payload:
        raise UsageError("SCTP cannot carry an empty message")
    if len(sending.payload) > MAX_MESSAGE_SIZE:
        raise UsageError(f"the message is longer than {MAX_MESSAGE_SIZE} bytes")
    if not 0 <= sending.ppid < 2**32:
        raise UsageError(f"PPID is {sending.ppid}: PPIDs go from 0 to {2**32 - 1}")
    if not 0 <= sending.stream < 2**16:
        raise UsageError(f"stream is {sending.stream}: streams go from 0 to {2**16 - 1}")
    if sending.source_port is not None and not 0 < sending.source_port < 65536:
        raise UsageError(f"source port is {sending.source_port}: ports go from 1 to 65535")
    return sending


def _via(via: Via | str) -> Via:
    try:
        return Via(via)
    except ValueError:
        raise UsageError(f"'{via}' is no way: give vip, members or both") from None


def _resolved(address: str, port: int, timeout: float) -> tuple[Target, ...]:
    if not 0 < port < 65536:
        raise UsageError(f"port is {port}: ports go from 1 to 65535")
    return (Target(addresses.resolve(address, port, timeout)),)


def _looked_up(
    connection: "Connection | None", service: naming.ServiceRef, via: Via, *, floating_ip: bool
) -> tuple[Target, ...]:
    if connection is None:
        raise UsageError("a service is looked up in a cloud: a connection is needed")
    if floating_ip and via is Via.MEMBERS:
        raise UsageError("members are probed at their own addresses: leave the floating IP out")
    from kuryrsctp.cloud import neutron, octavia

    load_balancer = octavia.find_service(connection, service)
    address = neutron.floating_ip(connection, load_balancer) if floating_ip else None
    return targets.targets_of(load_balancer, via, address)
