# SPDX-License-Identifier: Apache-2.0

"""Takes the link of a host down and up again."""

from tests.support.lab import topology
from tests.support.lab.guest import system


def down(host: topology.Host) -> None:
    """Take the host's link down: nobody answers for its address any more."""
    with system.inside(host.name):
        system.ip(f"link set {host.interface} down")


def up(host: topology.Host) -> None:
    """Take it up; it may be so already."""
    network = host.network
    with system.inside(host.name):
        system.ip(
            f"link set {host.interface} up",
            # A link that goes down takes the routes and IPv6 addresses with it.
            f"addr replace {host.ipv6}/{network.ipv6_prefix} dev {host.interface} nodad",
            f"route replace default via {network.ipv4_gateway}",
            f"route replace default via {network.ipv6_gateway}",
        )
