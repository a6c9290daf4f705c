# SPDX-License-Identifier: Apache-2.0

"""One Service for all cases, made as Kuryr would: its ports changed, probed and judged.

It has a port for each case that needs a pool of its own, as a load balancer takes long to make.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from openstack import exceptions
from openstack.connection import Connection

import kuryrsctp
from kuryrsctp.sctp.messages import Exchange
from kuryrsctp.verifier.report import Finding, Status
from tests.support import kuryr
from tests.support.comparison import seen
from tests.support.lab import topology

POD, OTHER = topology.PODS
IPV4 = tuple(pod.ipv4 for pod in topology.PODS)
IPV6 = tuple(pod.ipv6 for pod in topology.PODS)
_ALGORITHMS = {"amphora": "ROUND_ROBIN", "ovn": "SOURCE_IP_PORT"}
_TIMEOUT = 180.0  # seconds for a change, on a machine that has other work
_SETTLED = 1.0  # seconds until a change that the API has confirmed is in every data path
_WELL = (Status.OK, Status.SKIP)
_USUAL = ("ACTIVE", "ONLINE", "NO_MONITOR")


@dataclass(frozen=True)
class Setup:
    """What a case's port is to have at first, otherwise than the Service's usual ports.

    :param pool: what Octavia is asked for.
    :param addresses: of the members.
    :param subnet: the name of the one that Octavia is told of the members, if not the VIP's.
    """

    pool: Mapping[str, Any] = field(default_factory=dict)
    addresses: Sequence[str] = IPV4
    member_port: int = topology.SERVER_PORT
    subnet: str | None = None


USUAL = Setup()
"""What Kuryr makes of a port with two pods."""


@dataclass(frozen=True)
class Cloud:
    """The cloud as Kuryr has it, and one of its providers."""

    connection: Connection
    provider: str

    @property
    def is_reported(self) -> bool:
        """Whether the provider itself says what works: an amphora's agent is not in the lab."""
        return self.provider != "amphora"

    @property
    def octavia(self) -> Any:
        """Octavia's API."""
        return self.connection.load_balancer

    @property
    def network(self) -> Any:
        """Neutron's API."""
        return self.connection.network

    def make(
        self, name: str, ports: Mapping[int, Setup], subnet: str = kuryr.SUBNET, **more: Any
    ) -> "Service":
        """Make a Service, which has yet to be deleted.

        :param more: what Octavia is asked for of the load balancer.
        """
        full = f"compared/{name}"
        subnet_id = self.network.find_subnet(subnet, ignore_missing=False).id
        listeners = [
            self._listener(full, number, setup, subnet_id) for number, setup in ports.items()
        ]
        own = {"provider": self.provider, **more}
        if self.provider == "ovn":
            # Its driver leaves most parts of what is asked for at once in PENDING_CREATE.
            made = kuryr.make(self.connection, full, (), subnet, **own)
            for listener in listeners:
                self._add(made.id, listener)
        else:
            made = kuryr.make(self.connection, full, listeners, subnet, **own)
        self.settle(made.id)
        time.sleep(_SETTLED)
        return Service(self, full, made.id, made.vip_address)

    def settle(self, balancer: str) -> None:
        """Wait until Octavia has made the last change."""
        kuryr.settle(self.connection, balancer, _TIMEOUT)

    def _add(self, balancer: str, listener: dict[str, Any]) -> None:
        """Make a listener and its parts one after the other, as makers do."""
        pool = listener.pop("default_pool")
        members = pool.pop("members")
        self.settle(balancer)
        made = self.octavia.create_listener(load_balancer_id=balancer, **listener)
        self.settle(balancer)
        made_pool = self.octavia.create_pool(listener_id=made.id, **pool)
        for member in members:
            self.settle(balancer)
            self.octavia.create_member(made_pool, **member)

    @contextmanager
    def service(
        self, name: str, ports: Mapping[int, Setup], subnet: str = kuryr.SUBNET, **more: Any
    ) -> Iterator["Service"]:
        """Have a Service for a while."""
        made = self.make(name, ports, subnet, **more)
        try:
            yield made
        finally:
            kuryr.delete(self.connection, made.id)

    def _listener(self, service: str, number: int, setup: Setup, subnet_id: str) -> dict[str, Any]:
        port = setup.member_port
        if setup.subnet:
            subnet_id = self.network.find_subnet(setup.subnet, ignore_missing=False).id
        members = [
            kuryr.member(f"default/{pod.name}:{port}", address, port, subnet_id=subnet_id)
            for pod, address in zip(topology.PODS, setup.addresses, strict=False)
        ]
        listener = kuryr.listener(f"{service}:SCTP:{number}", number, *members)
        listener["default_pool"] |= {"lb_algorithm": _ALGORITHMS[self.provider], **setup.pool}
        return listener


@dataclass(frozen=True)
class Service:
    """A Service that was made."""

    cloud: Cloud
    name: str
    id: str
    vip: str

    def port(self, number: int) -> "Port":
        """Return one of its ports."""
        return Port(self, number)

    def settle(self) -> None:
        """Wait until the last change has its effect."""
        self.cloud.settle(self.id)
        time.sleep(_SETTLED)


@dataclass(frozen=True)
class Port:
    """A port of a Service, with a listener, a pool and members of its own."""

    service: Service
    number: int

    @property
    def cloud(self) -> Cloud:
        """The cloud."""
        return self.service.cloud

    @property
    def balancer(self) -> Any:
        """The load balancer, which it has together with the other ports."""
        return self.cloud.octavia.get_load_balancer(self.service.id)

    @property
    def listener(self) -> Any:
        """Its listener."""
        own = {"load_balancer_id": self.service.id, "protocol_port": self.number}
        (found,) = self.cloud.octavia.listeners(**own)
        return found

    @property
    def pool(self) -> Any:
        """Its pool."""
        return self.cloud.octavia.get_pool(self.listener.default_pool_id)

    @property
    def members(self) -> list[Any]:
        """Its members, that of A first."""
        found = self.cloud.octavia.members(self.pool)
        return sorted(found, key=lambda member: str(member.address))

    def change(self, kind: str, part: Any, **values: Any) -> None:
        """Change a part through Octavia's API."""
        inside = [self.pool] if kind == "member" else []
        getattr(self.cloud.octavia, f"update_{kind}")(part.id, *inside, **values)
        self.service.settle()

    @contextmanager
    def changed(self, kind: str, part: Any, **values: Any) -> Iterator[None]:
        """Have a part changed for a while."""
        self.change(kind, part, **values)
        try:
            yield
        finally:
            self.change(kind, part, **{name: getattr(part, name) for name in values})

    def exchanges(
        self,
        count: int = 16,
        *,
        at_once: int = 16,
        timeout: float = 1.5,
        address: str | None = None,
        **more: Any,
    ) -> list[Exchange]:
        """Send messages from the client; return what became of them, in order."""
        found: list[Exchange] = []
        schedule = kuryrsctp.Schedule(concurrency=at_once)
        kuryrsctp.plan(
            address=address or self.service.vip,
            port=self.number,
            count=count,
            timeout=timeout,
            schedule=schedule,
            **more,
        ).execute(found.append)
        return sorted(found, key=lambda exchange: exchange.seq)

    def client(self, **options: Any) -> str:
        """Return in words what a client sees; the options are those of `exchanges`."""
        return seen.words(self.exchanges(**options), self.service.vip)

    def order(self) -> str:
        """Return in words to whom one message after the other goes."""
        return seen.order(self.exchanges(12, at_once=1))

    def verdict(self) -> str:
        """Return in words what `verify` says of this port, and of all ports together."""
        report = kuryrsctp.verify(self.cloud.connection, self.service.name)
        parts = (self.listener, self.pool, *self.members)
        own = {self.service.id, *(part.id for part in parts)}
        return _told(row for row in report.findings if row.id in own)

    def states(self) -> str:
        """Return in words what Octavia says of the parts that are not as those that are well."""
        statuses = ["provisioning_status"]
        if self.cloud.is_reported:
            statuses.append("operating_status")
        parts = [("load balancer", self.balancer), ("listener", self.listener), ("pool", self.pool)]
        parts += [("member", member) for member in self.members]
        odd = [
            f"{kind} ``{state}``"
            for kind, part in parts
            for state in (getattr(part, status) for status in statuses)
            if state not in _USUAL
        ]
        return ", ".join(dict.fromkeys(odd)) or "all is well"


def _severity(row: Finding) -> int:
    return row.status.severity


def _told(rows: Any) -> str:
    odd = sorted((row for row in rows if row.status not in _WELL), key=_severity)
    found: dict[str, Finding] = {row.check: row for row in odd}
    told = [f"``{check}`` {row.status.value}" for check, row in sorted(found.items())]
    return ", ".join(told) or "OK"


def answer_to(ask: Callable[[], object]) -> str:
    """Return in words what Octavia's API says to a request."""
    try:
        ask()
    except exceptions.HttpException as error:
        return f"refused ({error.status_code})"
    return "taken"
