# SPDX-License-Identifier: Apache-2.0

"""Load balancers that somebody else made, by hand or with another program."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from kuryrsctp.makers.maker import Claim, Maker
from kuryrsctp.model import Listener, LoadBalancer, Pool
from kuryrsctp.naming import ServiceName

# Seconds after which a change is called late where the maker's own limit is not known.
LATE = 300.0

NOTHING: Mapping[str, str] = MappingProxyType({})


class Unknown:
    """Nothing is known of what made a load balancer: no name is judged, no cause is added."""

    name: str = ""
    controller: str = ""
    note: str = ""
    causes: Mapping[str, str] = NOTHING
    remedies: Mapping[str, str] = NOTHING
    repair: str = ""
    no_floating_ip: str = ""
    anew: str = ""
    one_member_port: str = ""
    no_vip_group: str = ""
    members_are_pods: bool = False
    no_members: str = "right only while nothing is ready"

    def claims(self, load_balancer: LoadBalancer) -> tuple[Claim, ...]:
        """The Services are not known."""
        return ()

    def filters(self, service: ServiceName) -> Sequence[Mapping[str, str]] | None:
        """No load balancer has a claim."""
        return ()

    def needs_floating_ip(self, load_balancer: LoadBalancer) -> str:
        """None may be right."""
        return ""

    def mark_of(self, part: Listener | Pool, load_balancer: LoadBalancer) -> str | None:
        """The Services are not known."""
        return None

    def may_be_mark_of(self, mark: str, service: ServiceName) -> bool:
        """The Services are not known."""
        return False

    def part_name(self, load_balancer: LoadBalancer, port: int) -> str:
        """The names are not known."""
        return ""

    def part_name_fault(
        self, part: Listener | Pool, load_balancer: LoadBalancer, port: int
    ) -> str | None:
        """The names are not known."""
        return None

    def is_own(self, listener: Listener, load_balancer: LoadBalancer) -> bool:
        """The names are not known."""
        return False

    def removal(self, listener: Listener, load_balancer: LoadBalancer) -> str:
        """It is not known to delete one."""
        return ""

    def is_made_for(
        self, pool: Pool, listener: Listener, load_balancer: LoadBalancer
    ) -> bool | None:
        """The names are not known."""
        return None

    def member_name_fault(self, name: str) -> str | None:
        """The names are not known."""
        return None

    def member_host(self, name: str) -> str | None:
        """Names tell no host."""
        return None

    def is_sctp_name(self, name: str) -> bool:
        """Names tell no protocol."""
        return False

    def member_title(self, name: str) -> str:
        """Return the name itself."""
        return name

    def listener_port(self, name: str) -> int | None:
        """Names tell no port."""
        return None

    def member_port(self, name: str) -> int | None:
        """Names tell no port."""
        return None

    def isolation(self, cidrs: frozenset[str], vip_networks: frozenset[str]) -> str:
        """NetworkPolicies are not known to be applied."""
        return ""

    def late(self, seconds: float) -> str:
        """Say that a change takes long."""
        return f"longer than {LATE:.0f} s" if seconds > LATE else ""


UNKNOWN: Maker = Unknown()
