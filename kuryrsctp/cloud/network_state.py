# SPDX-License-Identifier: Apache-2.0

"""What Neutron holds around a load balancer: frozen data, no I/O.

The objects carry the names of the Networking API v2
(https://docs.openstack.org/api-ref/network/v2/); only what a check reads is here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kuryrsctp.model import Network
from kuryrsctp.verifier.security_groups import Rule


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands for what these credentials may not read, or this cloud does not have."""

    reason: str


@dataclass(frozen=True, slots=True)
class Port:
    """A port; `port_security` off means that nothing is filtered."""

    id: str
    project_id: str
    addresses: tuple[str, ...]
    security_group_ids: tuple[str, ...] = ()
    port_security: bool = True


@dataclass(frozen=True, slots=True)
class FloatingIp:
    """A floating IP that is bound to the port of a VIP."""

    id: str
    port_id: str
    address: str
    fixed_address: str
    status: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The ports with an address of a VIP or of a member, and what belongs to them.

    `groups` holds the rules of each security group of these ports that can be seen.
    """

    ports: tuple[Port, ...] | Unreadable = ()
    groups: Mapping[str, tuple[Rule, ...]] | Unreadable = field(default_factory=dict)
    subnets: Mapping[str, Network] | Unreadable = field(default_factory=dict)
    floating_ips: tuple[FloatingIp, ...] | Unreadable = ()

    @classmethod
    def unreadable(cls, reason: str) -> "Surroundings":
        """Return surroundings of which nothing can be read."""
        nothing = Unreadable(reason)
        return cls(nothing, nothing, nothing, nothing)
