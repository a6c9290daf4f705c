# SPDX-License-Identifier: Apache-2.0

"""What one of Octavia's providers can do, and what its objects mean."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field


class TrafficSource(enum.Enum):
    """The source address of the packets that members receive."""

    BALANCER = "an address of the load balancer"
    CLIENT = "the client's address"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Knowledge of one provider; the defaults are what holds where nothing is known.

    `title` is its name in a sentence, `names` are those that Octavia has for it. `algorithms` are
    the pool algorithms that it supports, None if that is not known. `causes` and `remedies` are
    what it adds to a check, by the check's name.
    """

    title: str
    names: frozenset[str] = frozenset()
    is_known_to_balance_sctp: bool = False
    algorithms: frozenset[str] | None = None
    traffic_source: TrafficSource = TrafficSource.UNKNOWN
    # Where security groups are enforced: at the VIP's port, or at the members' ports only.
    filters_at_vip: bool = True
    # Whether OFFLINE says that a part does not work.
    reports_offline: bool = True
    # Why a listener is in ERROR.
    listener_error: str = "the provider does not run it"
    # Whether it counts what a listener passes on; None if that is not known.
    has_statistics: bool | None = None
    # What it means that a listener has no pool.
    missing_pool: str = "nothing answers on this port"
    causes: Mapping[str, str] = field(default_factory=dict)
    remedies: Mapping[str, str] = field(default_factory=dict)

    def supports(self, algorithm: str) -> bool:
        """Tell whether a pool may have an algorithm; True if it is not known."""
        return self.algorithms is None or algorithm in self.algorithms
