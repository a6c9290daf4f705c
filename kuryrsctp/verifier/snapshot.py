# SPDX-License-Identifier: Apache-2.0

"""What was read about one service at one time: what the checks look at. Frozen data, no I/O."""

from dataclasses import dataclass, field
from datetime import datetime

from kuryrsctp import naming
from kuryrsctp.model import HealthMonitor, LoadBalancer, NetworkState, Pool, Quota
from kuryrsctp.verifier.report import Expectations


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is known of one service.

    `load_balancers` are the load balancers that answer to the service's name or ID, with
    their parts if there is only one; `all_load_balancers` are all, where none has Kuryr's name.
    `expected` is what the user says of it, `network` what Neutron does.
    Octavia's `api_version` is only asked for where there is no SCTP listener, and the
    `quota` only of what is missing: of load balancers or, where a pool is short, of members.
    """

    service: naming.ServiceRef
    now: datetime
    load_balancers: tuple[LoadBalancer, ...] = ()
    all_load_balancers: tuple[LoadBalancer, ...] = ()
    expected: Expectations = field(default_factory=Expectations)
    network: NetworkState = field(default_factory=NetworkState)
    monitors: tuple[HealthMonitor, ...] = ()
    api_version: tuple[int, ...] | None = None
    quota: Quota | None = None


def missing_members(pool: Pool, expected: Expectations) -> int:
    """Return how many members a pool has too few; without expectations, one is enough."""
    wanted = 1 if expected.members is None else expected.members
    missing = set(expected.addresses) - {one.address for one in pool.members}
    return max(wanted - len(pool.members), len(missing))
