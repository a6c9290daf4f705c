# SPDX-License-Identifier: Apache-2.0

"""What OpenStack holds, and the words of what is concluded from it: frozen data, no I/O.

The Octavia objects carry the names and values of the Octavia API v2
(https://docs.openstack.org/api-ref/load-balancer/v2/); only what a check or a
probe reads is here. `changed_at` (UTC) is the time of the last update, or of creation if there was
none.
"""

import enum
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from kuryrsctp.addresses import Network


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a pool: the address and port of a pod or node.

    A health monitor asks its `monitor_address` and `monitor_port` in place of its own, where it has
    them.
    """

    id: str
    name: str
    address: str
    protocol_port: int
    weight: int
    admin_state_up: bool
    provisioning_status: str
    operating_status: str
    subnet_id: str | None = None
    monitor_address: str | None = None
    monitor_port: int | None = None
    backup: bool = False
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HealthMonitor:
    """How Octavia finds out whether the members of a pool are alive."""

    id: str
    pool_id: str
    type: str
    provisioning_status: str
    admin_state_up: bool = True
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool. Octavia lists pools with a `member_count`; the `members` have a list of their own.

    `session_persistence` is its type, `persistence_timeout` in seconds, None for the default.

    `listener_ids` are the listeners whose default pool it is.
    """

    id: str
    name: str
    protocol: str
    lb_algorithm: str
    admin_state_up: bool
    provisioning_status: str
    operating_status: str
    members: tuple[Member, ...] = ()
    member_count: int = 0
    session_persistence: str | None = None
    persistence_timeout: int | None = None
    health_monitor_id: str | None = None
    load_balancer_ids: tuple[str, ...] = ()
    listener_ids: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Listener:
    """A listener, with its default pool where it has one; timeouts are in ms, 0 the default.

    Without `allowed_cidrs` it admits all clients. A `connection_limit` of -1 is none.
    """

    id: str
    name: str
    protocol: str
    protocol_port: int
    admin_state_up: bool
    provisioning_status: str
    operating_status: str
    pool: Pool | None = None
    default_pool_id: str | None = None
    load_balancer_ids: tuple[str, ...] = ()
    allowed_cidrs: tuple[str, ...] = ()
    timeout_client_data: int = 0
    timeout_member_data: int = 0
    connection_limit: int = -1
    tags: tuple[str, ...] = ()
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Vip:
    """An address of a load balancer for clients, with its subnet and the port that holds it."""

    address: str
    subnet_id: str | None = None
    port_id: str | None = None

    @property
    def version(self) -> int:
        """The version of IP, 0 if it is not an address."""
        try:
            return ipaddress.ip_address(self.address).version
        except ValueError:
            return 0


@dataclass(frozen=True, slots=True)
class LoadBalancer:
    """A load balancer, with all of its listeners where they were read.

    Where it is seen as one Service's, the listeners of others are its `neighbours`. The groups of
    `vip_security_group_ids` were given to the VIP by its owner (`vip_sg_ids` in the API).
    `orphaned_pools` are those that no listener uses.
    """

    id: str
    name: str
    project_id: str
    provider: str
    vip_address: str
    admin_state_up: bool
    provisioning_status: str
    operating_status: str
    listeners: tuple[Listener, ...] = ()
    neighbours: tuple[Listener, ...] = ()
    orphaned_pools: tuple[Pool, ...] = ()
    description: str = ""
    vip_port_id: str | None = None
    vip_subnet_id: str | None = None
    additional_vips: tuple[Vip, ...] = ()
    vip_security_group_ids: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    changed_at: datetime | None = None

    @property
    def vips(self) -> tuple[Vip, ...]:
        """All of its VIPs, the main one first. Some providers give each a port of its own."""
        main = Vip(self.vip_address, self.vip_subnet_id, self.vip_port_id)
        others = (replace(vip, port_id=vip.port_id or main.port_id) for vip in self.additional_vips)
        return (main, *others)

    @property
    def identity(self) -> str:
        """What tells it from another load balancer of the same name."""
        return f"{self.id} (project {self.project_id}, VIP {self.vip_address})"


Part = LoadBalancer | Listener | Pool | Member | HealthMonitor


def is_pending(part: Part) -> bool:
    """Tell whether Octavia has not finished a change to an object."""
    return part.provisioning_status.startswith("PENDING_")


def is_leaving(part: Part) -> bool:
    """Tell whether an object is being deleted, or was."""
    return part.provisioning_status in ("PENDING_DELETE", "DELETED")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerStatistics:
    """What a listener's load balancer has counted since it was made, over all of its amphorae.

    - `total_connections`: associations that were passed on to a member
    - `active_connections`: those of them that are open
    - `bytes_in`, `bytes_out`: bytes from and to clients, with the packets' headers
    """

    total_connections: int
    active_connections: int
    bytes_in: int
    bytes_out: int


class QuotaKind(enum.Enum):
    """What a quota of Octavia's limits, or of Neutron's: of ports, as each VIP has one."""

    LOAD_BALANCERS = "load balancers"
    LISTENERS = "listeners"
    POOLS = "pools"
    MEMBERS = "members"
    HEALTH_MONITORS = "health monitors"
    PORTS = "ports"


@dataclass(frozen=True, slots=True)
class Quota:
    """How many objects of a kind a project may have, None for no limit, and how many it has.

    Without a limit, the objects are not counted.
    """

    limit: int | None
    used: int = 0


@dataclass(frozen=True, slots=True)
class SecurityGroupRule:
    """A security group rule, with Neutron's names; ports are inclusive."""

    direction: str
    ethertype: str
    protocol: str | None = None
    port_range_min: int | None = None
    port_range_max: int | None = None
    remote_ip_prefix: str | None = None
    remote_group_id: str | None = None
    remote_address_group_id: str | None = None


@dataclass(frozen=True, slots=True)
class SecurityGroup:
    """The rules of a security group. One that is not `stateful` needs rules for answers, too."""

    rules: tuple[SecurityGroupRule, ...] = ()
    stateful: bool = True


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands for what these credentials may not read, or this cloud does not have."""

    reason: str


@dataclass(frozen=True, slots=True)
class Port:
    """A port; `port_security` off, or a Neutron without security groups, filters nothing.

    `owner` is what it was made for, as Neutron calls it, "" if that is not known.
    """

    id: str
    project_id: str
    addresses: tuple[str, ...]
    security_group_ids: tuple[str, ...] = ()
    port_security: bool = True
    owner: str = ""
    network_id: str = ""


@dataclass(frozen=True, slots=True)
class FloatingIp:
    """A floating IP that is bound to the port of a VIP."""

    id: str
    port_id: str
    address: str
    fixed_address: str
    status: str


@dataclass(frozen=True, slots=True)
class NetworkState:
    """The ports with an address of a VIP or of a member, and what belongs to them.

    `groups` are the security groups of these ports that can be seen, by ID.
    """

    ports: tuple[Port, ...] | Unreadable = ()
    groups: Mapping[str, SecurityGroup] | Unreadable = field(default_factory=dict)
    subnets: Mapping[str, Network] | Unreadable = field(default_factory=dict)
    floating_ips: tuple[FloatingIp, ...] | Unreadable = ()

    @classmethod
    def unreadable(cls, reason: str) -> "NetworkState":
        """Return a state of which nothing can be read."""
        nothing = Unreadable(reason)
        return cls(nothing, nothing, nothing, nothing)


class Conclusion(enum.Enum):
    """What a job's findings mean together."""

    OK = "all is well"
    WRONG = "something is wrong"
    INCONCLUSIVE = "it could not be judged"


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
