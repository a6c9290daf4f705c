# SPDX-License-Identifier: Apache-2.0

"""What a maker of load balancers does: the protocol of makers/kuryr.py, occm.py and unknown.py."""

from collections.abc import Mapping
from typing import Protocol

from kuryrsctp.model import Listener, LoadBalancer
from kuryrsctp.naming import ServiceName


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

    def made(self, load_balancer: LoadBalancer) -> bool:
        """Tell by its name whether a load balancer is this maker's."""
        ...

    def service_of(self, load_balancer: LoadBalancer) -> ServiceName | None:
        """Return the Service of a load balancer of this maker, None if its name does not tell."""
        ...

    def part_name_fault(self, name: str, load_balancer: LoadBalancer, port: int) -> str | None:
        """Say what is wrong with the name of a listener or pool for an SCTP port.

        Return "" if nothing is, and None if that cannot be told.
        """
        ...

    def member_name_fault(self, name: str) -> str | None:
        """Say what is wrong with a member's name; "" and None are as for `part_name_fault`."""
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

    def denial(self, listener: Listener) -> str:
        """Say how a listener shows a NetworkPolicy that admits no client, "" if it does not."""
        ...

    def late(self, seconds: float) -> str:
        """Say that a change takes longer than it should after this time, "" if it does not."""
        ...
