# SPDX-License-Identifier: Apache-2.0

"""What a maker of load balancers does: the protocol of makers/kuryr.py, occm.py and unknown.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from kuryrsctp.model import Listener, LoadBalancer, Pool
from kuryrsctp.naming import ServiceName


@dataclass(frozen=True, slots=True)
class Claim:
    """A Service's claim to a load balancer, as the maker's names and tags tell it.

    `mark` is the text that tells it: the name or tag that the maker gives for the Service.
    `service` is None where the mark does not tell the Service, as it was cut.
    """

    maker: "Maker"
    mark: str
    service: ServiceName | None

    def is_of(self, service: ServiceName) -> bool:
        """Tell whether this is the claim of a Service as a user names it."""
        if self.service is not None:
            return service.covers(self.service)
        return self.maker.may_be_mark_of(self.mark, service)


class Maker(Protocol):
    """A controller that turns Kubernetes Services into load balancers."""

    @property
    def name(self) -> str:
        """What people call it, "" if it is not known."""
        ...

    @property
    def controller(self) -> str:
        """The program whose log tells what it does."""
        ...

    @property
    def note(self) -> str:
        """What to say where its load balancer is found, "" for nothing."""
        ...

    @property
    def causes(self) -> Mapping[str, str]:
        """What it adds to the causes of a check, by the check's name."""
        ...

    @property
    def remedies(self) -> Mapping[str, str]:
        """What to do in place of a check's own remedy, by the check's name."""
        ...

    @property
    def repair(self) -> str:
        """What it does about a load balancer in ERROR, "" if that is not known."""
        ...

    @property
    def no_floating_ip(self) -> str:
        """When a load balancer has no floating IP, "" if that is not known."""
        ...

    def needs_floating_ip(self, load_balancer: LoadBalancer) -> str:
        """Say why a load balancer has to have a floating IP, "" if none may be right, too."""
        ...

    @property
    def no_members(self) -> str:
        """When a pool without members is right with this maker, "" if it never is."""
        ...

    @property
    def anew(self) -> str:
        """How to let it make a whole load balancer anew, "" if that is not known."""
        ...

    @property
    def one_member_port(self) -> str:
        """Why all members of a pool have the same port, "" if they may differ."""
        ...

    @property
    def no_vip_group(self) -> str:
        """When it takes all security groups from a VIP's port, "" if it never does."""
        ...

    @property
    def members_are_pods(self) -> bool:
        """Whether its members are pods, and not ports of nodes."""
        ...

    def claims(self, load_balancer: LoadBalancer) -> tuple[Claim, ...]:
        """Return the claims of this maker's Services to a load balancer.

        Its listeners are looked at where they were read.
        """
        ...

    def filters(self, service: ServiceName) -> Sequence[Mapping[str, str]] | None:
        """Return filters of Octavia's API that find each load balancer with a Service's claim.

        Names and tags of listeners are left aside. None if there are no such filters.
        """
        ...

    def mark_of(self, part: Listener | Pool, load_balancer: LoadBalancer) -> str | None:
        """Return the mark of the Service that a listener or pool is of, None if it tells none."""
        ...

    def may_be_mark_of(self, mark: str, service: ServiceName) -> bool:
        """Tell whether a mark that was cut may be that of a Service as a user names it."""
        ...

    def part_name(self, load_balancer: LoadBalancer, port: int) -> str:
        """Return the name of a listener or pool for an SCTP port, "" if any name will do."""
        ...

    def part_name_fault(
        self, part: Listener | Pool, load_balancer: LoadBalancer, port: int
    ) -> str | None:
        """Say what is wrong with the name or tags of a listener or pool for an SCTP port.

        Return "" if nothing is, and None if that cannot be told.
        """
        ...

    def is_own(self, listener: Listener, load_balancer: LoadBalancer) -> bool:
        """Tell whether name or tags of an SCTP listener say that this maker made it."""
        ...

    def removal(self, listener: Listener, load_balancer: LoadBalancer) -> str:
        """Say when it deletes a listener that was made by hand, "" if it does not."""
        ...

    def is_made_for(
        self, pool: Pool, listener: Listener, load_balancer: LoadBalancer
    ) -> bool | None:
        """Tell whether the name or tags of a pool say that it was made for an SCTP listener.

        Return None if they do not tell.
        """
        ...

    def member_name_fault(self, name: str) -> str | None:
        """Say what is wrong with a member's name; "" and None are as for `part_name_fault`."""
        ...

    def member_host(self, name: str) -> str | None:
        """Return the host that a member's name stands for, None if it gives no such names."""
        ...

    def is_sctp_name(self, name: str) -> bool:
        """Tell whether a listener's or pool's name says that it is for SCTP."""
        ...

    def member_title(self, name: str) -> str:
        """Return what a member's name stands for, such as a node or a pod."""
        ...

    def listener_port(self, name: str) -> int | None:
        """Return the port that a listener's name tells, None if it tells none."""
        ...

    def member_port(self, name: str) -> int | None:
        """Return the port that a member's name tells, None if it tells none."""
        ...

    def isolation(self, cidrs: frozenset[str], vip_networks: frozenset[str]) -> str:
        """Say that the CIDRs are those of a NetworkPolicy that admits nobody from outside.

        `vip_networks` are the subnets of the VIPs. "" if the CIDRs are others.
        """
        ...

    def late(self, seconds: float) -> str:
        """Say that a change takes longer than it should after this time, "" if it does not."""
        ...
