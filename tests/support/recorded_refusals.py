# SPDX-License-Identifier: Apache-2.0

"""What each provider refuses, or takes to its harm: recorded from the real ones.

Octavia's own and an amphora's are tried on the real ones by
tests/functional/test_recorded_refusals.py. OVN's are from a run of ovn-octavia-provider 11.0.0 on
OVN 23.03, and [source] from its source. Of other providers nothing is recorded.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.support.commands import Command, parsed


@dataclass(frozen=True)
class Refusal:
    """A command that a provider refuses, with the status of HTTP, or what happens otherwise.

    `command` has placeholders for the parts of a service. It stands for every command of this name
    with the same values of the arguments `by`, and with none of the arguments `unless`.
    `for_operators` tells that the cloud's operator is not refused.
    """

    command: str
    answer: int | str
    by: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    for_operators: bool = False

    def covers(self, other: Command) -> bool:
        """Tell whether a command is one of those that are refused."""
        own = parsed(self.command)
        if own.name != other.name or any(getattr(other.arguments, name) for name in self.unless):
            return False
        return all(
            getattr(own.arguments, name) == getattr(other.arguments, name) for name in self.by
        )


_MONITOR = "openstack loadbalancer healthmonitor create --delay 5 --timeout 3 --max-retries 2"
_POOL = "openstack loadbalancer pool create --protocol SCTP --loadbalancer <load balancer>"

# By Octavia itself, whatever the provider.
OCTAVIA = (
    Refusal(f"{_MONITOR} --type PING <other pool>", 400, by=("type",)),
    Refusal(f"{_MONITOR} --type HTTPS <other pool>", 400, by=("type",)),
    Refusal(
        "openstack loadbalancer pool set --session-persistence type=HTTP_COOKIE <pool>",
        400,
        by=("session_persistence",),
    ),
    Refusal(
        "openstack loadbalancer listener set --allowed-cidr fd00::/64 <listener>",
        400,
        by=("allowed_cidrs",),
    ),
    Refusal(
        "openstack loadbalancer listener set --default-pool <pool over TCP> <listener>",
        400,
        by=("default_pool",),
    ),
    Refusal("openstack loadbalancer failover <load balancer>", 403, for_operators=True),
)

AMPHORA = (
    Refusal(f"{_POOL} --lb-algorithm SOURCE_IP_PORT", 501, by=("lb_algorithm",)),
    Refusal(
        "openstack loadbalancer pool set --lb-algorithm SOURCE_IP_PORT <pool>",
        501,
        by=("lb_algorithm",),
    ),
)

_UNFINISHED = "the listener stays PENDING_UPDATE for ever"
_UNHEEDED = "taken, shown, and not applied"

OVN = (
    Refusal(f"{_POOL} --lb-algorithm ROUND_ROBIN", 501, by=("lb_algorithm",)),
    Refusal(f"{_POOL} --lb-algorithm LEAST_CONNECTIONS", 501, by=("lb_algorithm",)),
    Refusal(
        "openstack loadbalancer pool set --lb-algorithm SOURCE_IP --enable <pool>",
        _UNHEEDED,
        by=("lb_algorithm",),
    ),
    Refusal(
        "openstack loadbalancer pool set --name x <pool>",
        _UNFINISHED,
        unless=("enable", "disable"),
    ),
    Refusal(f"{_MONITOR} --type SCTP <pool>", 501, by=("type",)),
    Refusal(f"{_MONITOR} --type HTTP <pool>", 501, by=("type",)),
    Refusal(f"{_MONITOR} --type TCP <pool>", "every part becomes ERROR", by=("type",)),
    Refusal(
        "openstack loadbalancer listener create --protocol HTTP --protocol-port 80 <load balancer>",
        501,
        by=("protocol",),
    ),
    Refusal(
        "openstack loadbalancer listener set --allowed-cidr 192.0.2.0/24 <listener>",
        501,
        by=("allowed_cidrs",),
    ),
    # [source]
    Refusal("openstack loadbalancer failover <load balancer>", 501),
    Refusal(
        "openstack loadbalancer member set --weight 1 <pool> <member>", _UNHEEDED, by=("weight",)
    ),
    Refusal(
        "openstack loadbalancer member set --disable-backup <pool> <member>",
        _UNHEEDED,
        by=("disable_backup",),
    ),
    # [source]
    Refusal(
        "openstack loadbalancer member set --monitor-port 31999 <pool> <member>",
        501,
        by=("monitor_port",),
    ),
)

RECORDED: Mapping[str, tuple[Refusal, ...]] = {
    "amphora": (*OCTAVIA, *AMPHORA),
    "ovn": (*OCTAVIA, *OVN),
}
