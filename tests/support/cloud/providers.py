# SPDX-License-Identifier: Apache-2.0

"""What a cloud's provider of load balancers changes in it; the amphora changes nothing."""

import contextlib
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.support.cloud.walkthrough import Network, Service

AMPHORA = "amphora"
OVN = "ovn"
NAMES = (AMPHORA, OVN)

Section = Mapping[str, object]


class Provider:
    """The amphora, and what another provider may do otherwise.

    `kept` names files of the state that belong to a prepared cloud, `networks` more networks on
    the pods' router, `ports` the first address of each of their ports, and `pods_admit` from where
    the pods let SCTP in.
    """

    kept: tuple[str, ...] = ()
    networks: tuple[Network, ...] = ()
    ports: Mapping[str, tuple[Network, tuple[str, ...]]] = {}

    def require(self) -> None:
        """Get what the servers will need of this machine, before anything else is done.

        :raises Failed: it cannot be had.
        """

    def pods_admit(self, service_network: Network) -> tuple[str, ...]:
        """Return the prefixes from which the pods' security group lets SCTP in."""
        return tuple(subnet.cidr for subnet in service_network.subnets)

    def options(self, server: str, state: Path) -> Mapping[str, Section]:
        """Return what to change in a server's configuration file."""
        return {}

    @contextlib.contextmanager
    def beside(self, state: Path) -> Iterator[Mapping[str, "subprocess.Popen[bytes]"]]:
        """Run what the servers need for as long as they run; yield the processes by their names."""
        yield {}

    def companions(self, server: str, state: Path) -> Mapping[str, Callable[[], None]]:
        """Return what runs with a server, in processes of their own, by their names."""
        return {}

    def before_loading(self, server: str, state: Path) -> None:
        """Prepare the process that is about to load a server."""

    def after_creating(self, server: str) -> None:
        """Add to a server's new database what only this provider needs."""

    def load_balancer(self, service: Service) -> dict[str, Any]:
        """Return what a load balancer of Kuryr's has beside its address."""
        return {}

    def protocol(self, service: Service) -> str:
        """Return the protocol of a service's listener and pool."""
        return service.protocol

    def note_ports(self, state: Path, ports: Mapping[str, Mapping[str, str]]) -> None:
        """Leave word of the ports, each name with its ID and MAC address."""

    algorithm = "ROUND_ROBIN"
    """How a pool of Kuryr's chooses a member."""


def of(name: str) -> Provider:
    """Return a provider by its name."""
    if name == OVN:
        from tests.support.cloud.ovn import Ovn

        return Ovn()
    return Provider()
