# SPDX-License-Identifier: Apache-2.0

"""What OpenStack holds and what the two jobs return: frozen data, no I/O.

The Octavia objects carry the names and values of the Octavia API v2
(https://docs.openstack.org/api-ref/load-balancer/v2/); only what a check or a
probe reads is here. `changed_at` is when the object was last updated, or else made (UTC).
"""

import enum
import ipaddress
from dataclasses import dataclass
from datetime import datetime

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a pool: where one pod is reached."""

    id: str
    name: str
    address: str
    protocol_port: int
    weight: int
    admin_state_up: bool
    provisioning_status: str
    operating_status: str
    subnet_id: str | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HealthMonitor:
    """How Octavia sees whether the members of a pool live."""

    id: str
    pool_id: str
    type: str
    provisioning_status: str


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool and its members."""

    id: str
    name: str
    protocol: str
    lb_algorithm: str
    admin_state_up: bool
    provisioning_status: str
    operating_status: str
    members: tuple[Member, ...] = ()
    session_persistence: str | None = None
    health_monitor_id: str | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Listener:
    """A listener, with its default pool where it has one; timeouts are in ms, 0 the default.

    Without `allowed_cidrs` it admits all clients.
    """

    id: str
    name: str
    protocol: str
    protocol_port: int
    admin_state_up: bool
    provisioning_status: str
    operating_status: str
    pool: Pool | None = None
    allowed_cidrs: tuple[str, ...] = ()
    timeout_client_data: int = 0
    timeout_member_data: int = 0
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LoadBalancer:
    """A load balancer, with all of its listeners where they were read."""

    id: str
    name: str
    project_id: str
    provider: str
    vip_address: str
    admin_state_up: bool
    provisioning_status: str
    operating_status: str
    listeners: tuple[Listener, ...] = ()
    vip_port_id: str | None = None
    vip_subnet_id: str | None = None
    changed_at: datetime | None = None

    @property
    def identity(self) -> str:
        """What tells it from another load balancer of the same name."""
        return f"{self.id} (project {self.project_id}, VIP {self.vip_address})"

    @property
    def sctp_listeners(self) -> tuple[Listener, ...]:
        """The listeners that speak SCTP, by port."""
        found = (one for one in self.listeners if one.protocol == "SCTP")
        return tuple(sorted(found, key=lambda one: one.protocol_port))


class Status(str, enum.Enum):
    """What a check found; later members are worse."""

    OK = "OK"
    SKIP = "SKIP"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Quota:
    """How many of a kind a project may have, None meaning any number, and has.

    Where there is no limit, what is there is not counted.
    """

    limit: int | None
    used: int = 0


@dataclass(frozen=True, slots=True)
class Expectations:
    """What the user says ought to be there; what is left out is not asked for.

    `ports` are the Service's SCTP ports, each with its target port where that was given;
    `source` is where the clients are.
    """

    ports: tuple[tuple[int, int | None], ...] = ()
    members: int | None = None
    addresses: tuple[str, ...] = ()
    source: Network | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of `verify`: what one check says of one resource.

    `passing` says that it may come right by itself, while Kuryr and Octavia are at work.
    """

    check: str
    status: Status
    resource: str
    detail: str
    id: str = ""
    hint: str = ""
    passing: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """All that `verify` found out about one service."""

    service: str
    findings: tuple[Finding, ...]

    @property
    def status(self) -> Status:
        """The worst status of any finding."""
        order = list(Status)
        return max((one.status for one in self.findings), key=order.index, default=Status.SKIP)


class Outcome(str, enum.Enum):
    """What became of one message."""

    ANSWERED = "ANSWERED"
    UNEXPECTED = "UNEXPECTED"
    NO_ANSWER = "NO_ANSWER"
    TIMEOUT = "TIMEOUT"
    REFUSED = "REFUSED"
    NOT_ACCEPTING = "NOT_ACCEPTING"
    NO_BACKEND = "NO_BACKEND"
    PROHIBITED = "PROHIBITED"
    UNREACHABLE = "UNREACHABLE"
    PEER_LACKS_SCTP = "PEER_LACKS_SCTP"
    LOST = "LOST"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A numeric IP address and an SCTP port."""

    address: str
    port: int

    def __str__(self) -> str:
        return (
            f"[{self.address}]:{self.port}"
            if ":" in self.address
            else f"{self.address}:{self.port}"
        )


@dataclass(frozen=True, slots=True)
class Exchange:
    """One message and what became of it.

    `rtt` is seconds from handing the message to the kernel until its answer was
    read whole, None without an answer. `answer` is what came, cut at the bound
    the sender was given, and `backend` who it says it is from. `peers` are the addresses
    the peer announced for its end of the association (RFC 9260, 3.3.3). `sent_at` is when
    the exchange began, in seconds of wall time since 1970 (UTC).
    """

    seq: int
    target: Endpoint
    outcome: Outcome
    local_port: int | None = None
    rtt: float | None = None
    answer: bytes = b""
    detail: str = ""
    peers: tuple[str, ...] = ()
    backend: str = ""
    sent_at: float = 0.0
