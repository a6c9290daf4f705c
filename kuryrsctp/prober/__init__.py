# SPDX-License-Identifier: Apache-2.0

"""Does SCTP traffic get through, who answers, and how fast?"""

import inspect
import math
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ParamSpec

from kuryrsctp import addresses, naming
from kuryrsctp.addresses import Endpoint
from kuryrsctp.errors import UsageError
from kuryrsctp.prober.answers import AnswerMatcher, answer_matcher
from kuryrsctp.prober.counter_reader import CounterReader
from kuryrsctp.prober.schedule import Schedule, run_scheduled
from kuryrsctp.prober.statistics import ProbeReport, Summary
from kuryrsctp.prober.targets import Target, Via, notes, targets_of
from kuryrsctp.sctp import source_ports
from kuryrsctp.sctp.client import Client
from kuryrsctp.sctp.eventloop import Task
from kuryrsctp.sctp.messages import Exchange, Message

if TYPE_CHECKING:
    from openstack.connection import Connection

    from kuryrsctp.model import LoadBalancer

P = ParamSpec("P")

DEFAULT_TIMEOUT = 5.0
DEFAULT_MESSAGE = "HELLO, ARE YOU ALIVE?"
NO_DELAY = Schedule()
_MAX_TIMEOUT = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is sent, where and when; `plan` makes one.

    - `service`: the name of the service, None for an address
    - `targets`: where messages are sent
    - `message`: what is sent
    - `timeout`: seconds for each message to associate, send and be answered
    - `count`: messages to each target; None for the target's default or, with a duration in
      `schedule`, for no limit
    - `schedule`: when messages are sent, and how many at a time
    - `matcher`: what is expected of answers
    - `all_members`: whether it is wrong if a member never answers
    - `notes`: lines that the user should read before the first message
    - `counters`: reads the listeners' counters before and after the messages; None if they are
      not asked for

    Raises UsageError for a value that is out of range.
    """

    service: str | None = None
    targets: tuple[Target, ...] = ()
    message: Message
    timeout: float = DEFAULT_TIMEOUT
    count: int | None = None
    schedule: Schedule = NO_DELAY
    matcher: AnswerMatcher = field(default_factory=answer_matcher)
    all_members: bool = False
    notes: tuple[str, ...] = ()
    counters: CounterReader | None = None

    def __post_init__(self) -> None:
        if self.count is not None and self.count < 1:
            raise UsageError(f"invalid count '{self.count}': at least one message has to be sent")
        if not (math.isfinite(self.timeout) and 0 < self.timeout <= _MAX_TIMEOUT):
            raise UsageError(
                f"invalid timeout '{self.timeout:g}': give seconds, more than 0, up to"
                f" {_MAX_TIMEOUT:g}"
            )
        if self.message.source_port is not None and self.schedule.concurrency > 1:
            raise UsageError("a fixed source port serves one association at a time")

    def messages_to(self, target: Target) -> int | None:
        """Return how many messages the target gets at most, None for no limit."""
        if self.count is None and self.schedule.duration is not None:
            return None
        return self.count or target.default_count

    @property
    def messages(self) -> int | None:
        """How many messages are sent in all at most, None for no limit."""
        total = 0
        for target in self.targets:
            count = self.messages_to(target)
            if count is None:
                return None
            total += count
        return total

    def execute(self, on_exchange: Callable[[Exchange], None] | None = None) -> ProbeReport:
        """Send the messages, and return the report. It does not keep the exchanges.

        `on_exchange` is called with each exchange when it ends.

        Raises SctpUnavailable, Inconclusive, UsageError.
        """
        summary = self.summary()
        if self.counters:
            self.counters.start()
        with closing(self.run()) as exchanges:
            for exchange in exchanges:
                summary.add(exchange)
                if on_exchange:
                    on_exchange(exchange)
        report = summary.report()
        if self.counters:
            for _ in self.counters.wait(report):
                pass
            report = self.counters.add_to(report)
        return report

    def run(self) -> Generator[Exchange, None, None]:
        """Send the messages, and yield each exchange when it ends.

        There is never more than one association at a time, unless the schedule says so.

        Raises SctpUnavailable, Inconclusive, UsageError.
        """
        with closing(Client(source_ports.ephemeral_ports())) as client:

            def exchange(numbered: tuple[int, Endpoint]) -> Task[Exchange]:
                return client.exchange(*numbered, self.message, timeout=self.timeout)

            numbered_targets = self.numbered_targets()
            with closing(run_scheduled(numbered_targets, exchange, self.schedule)) as exchanges:
                yield from map(self.matcher.apply, exchanges)

    def summary(self) -> Summary:
        """Return a summary to which the exchanges can be added."""
        return Summary(self.service, self.targets, all_members=self.all_members)

    def numbered_targets(self) -> Iterator[tuple[int, Endpoint]]:
        """Yield the number and target of each message: one to each target in turn."""
        left = {target.endpoint: self.messages_to(target) or math.inf for target in self.targets}
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
    project: str | None = None,
    via: Via | str = Via.VIP,
    floating_ip: bool = False,
    count: int | None = None,
    schedule: Schedule = NO_DELAY,
    timeout: float = DEFAULT_TIMEOUT,
    message: str | bytes | Message = DEFAULT_MESSAGE,
    expect: str | None = None,
    backend_pattern: str | None = None,
    all_members: bool = False,
    stats: bool = False,
) -> Plan:
    """Return what to send where. No message is sent before the plan's `execute` or `run`.

    Give a service or an address:

    - `service`: `NAME`, `NAMESPACE/NAME`, `CLUSTER:NAMESPACE/NAME`, or the ID of a load balancer.
      It is looked up with `connection`; `namespace` is that of a `NAME` alone.
    - `address`, `port`: a host name or numeric address, and its port; they need no cloud.

    For a service:

    - `project`: the name or ID of the only project whose load balancers are looked at
    - `via`: whether to probe its VIP, its members directly, or both
    - `floating_ip`: whether to probe the floating IP of the VIP instead of the VIP
    - `all_members`: whether it is wrong if a member never answers
    - `stats`: whether to read what the load balancer counts, before and after the messages, and to
      say on which side of it they are lost; the report comes up to 25 s later

    For both:

    - `count`: messages to each target. The default is enough for every member to answer, or
      no limit if `schedule` has a duration.
    - `schedule`: when messages are sent, and how many at a time
    - `timeout`: seconds for each message to associate, send and be answered together
    - `message`: text (sent as UTF-8), bytes, or a `Message` that also says how it is sent
    - `expect`: a regular expression that has to be found in each answer
    - `backend_pattern`: a regular expression that finds in an answer, as its first group, the
      name of who answers. Both see the first 4096 characters of an answer.

    Raises UsageError; Inconclusive (CloudError, AddressError); ServiceError (ServiceNotFound,
    ServiceAmbiguous, ServiceLacksSctp, ServiceLacksFloatingIp).
    """
    if isinstance(message, str):
        message = message.encode("utf-8", "surrogateescape")
    # What is wrong with these is reported before the cloud is asked.
    options = Plan(
        message=message if isinstance(message, Message) else Message(message),
        timeout=timeout,
        count=count,
        schedule=schedule,
        matcher=answer_matcher(expect, backend_pattern),
        all_members=all_members,
    )
    if (service is None) == (address is None):
        raise UsageError("give either a service, or an address and a port")
    if (address is None) != (port is None):
        raise UsageError("give an address and a port together, and no service with them")
    if stats and (address is not None or _via(via) is Via.MEMBERS):
        raise UsageError(
            "statistics count what a service's load balancer passes on: give a service, and probe"
            " its VIP"
        )
    if address is not None and port is not None:
        if floating_ip or all_members or via != Via.VIP:
            raise UsageError("only a service has members and floating IPs: give no address")
        endpoint = addresses.resolve(address, addresses.parse_port(port), timeout)
        return _with_targets(options, None, (Target(endpoint),))
    name = naming.parse_service(str(service), namespace)
    if connection is None:
        raise UsageError("a connection to a cloud is needed to look up a service")
    load_balancer, targets = _looked_up(
        connection, name, _via(via), project=project, floating_ip=floating_ip
    )
    if stats:
        one_port = options.message.source_port is not None
        reader = CounterReader(connection, load_balancer, targets, from_one_port=one_port)
        options = replace(options, counters=reader)
    return _with_targets(options, str(name), targets)


def _executing(make_plan: Callable[P, Plan]) -> Callable[P, ProbeReport]:
    """Return a function with the same parameters that executes the plan as well."""

    def probe(*args: P.args, **kwargs: P.kwargs) -> ProbeReport:
        """Send SCTP messages, each in a fresh association, and report what became of them.

        `probe(...)` is `plan(...).execute()`: the parameters are those of `plan`. To see each
        exchange, call `plan` and `execute(on_exchange)`.

        Raises what `plan` raises; SctpUnavailable and Inconclusive if this host cannot send.
        """
        return make_plan(*args, **kwargs).execute()

    signature = inspect.signature(make_plan)
    probe.__dict__["__signature__"] = signature.replace(return_annotation=ProbeReport)
    probe.__qualname__ = probe.__name__
    return probe


probe = _executing(plan)


def _with_targets(options: Plan, service: str | None, targets: tuple[Target, ...]) -> Plan:
    lines = tuple(notes(targets, options.message.source_port))
    return replace(options, service=service, targets=targets, notes=lines)


def _via(via: Via | str) -> Via:
    try:
        return Via(via)
    except ValueError:
        raise UsageError(f"invalid path '{via}': choose vip, members or both") from None


def _looked_up(
    connection: "Connection",
    service: naming.ServiceRef,
    via: Via,
    *,
    project: str | None,
    floating_ip: bool,
) -> "tuple[LoadBalancer, tuple[Target, ...]]":
    if floating_ip and via is Via.MEMBERS:
        raise UsageError("members are probed at their own addresses: leave the floating IP out")
    from kuryrsctp.cloud import neutron
    from kuryrsctp.cloud.calls import Cloud
    from kuryrsctp.cloud.lookup import find_service

    cloud = Cloud(connection)
    load_balancer = find_service(cloud, service, project)
    bound = neutron.floating_ip(cloud, load_balancer) if floating_ip else None
    return load_balancer, targets_of(load_balancer, via, bound)
