# SPDX-License-Identifier: Apache-2.0

"""What one of Octavia's providers can do, and what its objects mean."""

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kuryrsctp.model import LoadBalancer, Member, Outcome, Pool


class TrafficSource(enum.Enum):
    """The source address of the packets that members receive."""

    BALANCER = "an address of the load balancer"
    CLIENT = "the client's address"
    UNKNOWN = "not known"


class Distribution(enum.Enum):
    """How a load balancer distributes the associations of one client, each from a fresh port."""

    ROUND_ROBIN = "to each member in turn"
    HASHED = "to a member chosen by a hash of the source port"
    STICKY = "always to one member"
    UNKNOWN = "not known"


# What the API's reference says of an algorithm; of LEAST_CONNECTIONS it does not tell whose turn
# it is. https://docs.openstack.org/api-ref/load-balancer/v2/#create-pool
_DISTRIBUTIONS: Mapping[str, Distribution] = {
    "ROUND_ROBIN": Distribution.ROUND_ROBIN,
    "SOURCE_IP": Distribution.STICKY,
    "SOURCE_IP_PORT": Distribution.HASHED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Knowledge of one provider; the defaults are what holds where nothing is known.

    `title` is its name in a sentence, `names` are those that Octavia has for it. `algorithms` are
    the pool algorithms that it supports, and `monitors` the types of health monitors that it takes
    for an SCTP pool, None if that is not known. `causes` and `remedies` are what it adds to a
    check, by the check's name; `outcome_causes` is what it adds to an outcome through the VIP.
    """

    title: str
    names: frozenset[str] = frozenset()
    is_known_to_balance_sctp: bool = False
    algorithms: frozenset[str] | None = None
    monitors: frozenset[str] | None = None
    # The algorithms that need not do what they promise, and what the provider does then.
    unheeded_algorithms: Mapping[str, Distribution] = field(default_factory=dict)
    # How long session persistence lasts without a timeout, in seconds; None if it is not known.
    default_persistence_timeout: int | None = None
    # Whether session persistence without a timeout is applied.
    heeds_endless_persistence: bool = True
    # Whether all pools of a load balancer that have one protocol share one algorithm and one
    # persistence, whatever the API says of each.
    shares_pool_settings: bool = False
    # Whether the weights of members are applied; None if that is not known.
    heeds_weight: bool | None = None
    # Whether a backup member waits until no other works; None if that is not known.
    heeds_backup: bool | None = None
    # What a connection limit limits, "" if that is not known.
    connection_limit: str = ""
    # Whether a connection limit of 0 is none, as -1 is.
    takes_0_for_no_limit: bool = False
    # Whether the timeouts of an SCTP listener are applied; None if that is not known.
    heeds_timeouts: bool | None = None
    # Types of monitors that the provider takes and that make its objects ERROR without a fault.
    misleading_monitors: frozenset[str] = frozenset()
    traffic_source: TrafficSource = TrafficSource.UNKNOWN
    # Whether security groups are enforced at the VIP's port; None if that is not known.
    filters_at_vip: bool | None = None
    # What it means, where they are enforced there, that it has none; and how Octavia gives it one.
    no_vip_group: str = "what comes in is not known"
    vip_group_remedy: str = ""
    # Whether OFFLINE says that a part does not work.
    reports_offline: bool = True
    # Why a listener is in ERROR.
    listener_error: str = "the provider does not run it"
    # Why a listener is DEGRADED.
    listener_degraded: str = "the provider does not tell why"
    # Whether it counts what a listener passes on; None if that is not known.
    has_statistics: bool | None = None
    # What it means that a listener has no pool.
    missing_pool: str = "nothing answers on this port"
    # Whose log tells why a change failed.
    log: str = "Octavia's worker or provider"
    # What can be done about a load balancer in ERROR.
    recovery: str = "ask the cloud's operator to look at the provider"
    # What happens to an association from a port that was used seconds ago.
    reused_port: str = (
        "a load balancer that keeps state may drop the first INIT from a port that was used"
        " seconds ago. A delay of 1 s, or a TIMEOUT, is then no proof of a fault"
    )
    # What a health monitor that it takes for an SCTP pool does, where it does not ask as usual.
    monitor_meaning: str = ""
    # Whether a load balancer or listener may stay in ERROR when nothing is wrong any more.
    keeps_old_errors: bool = False
    # What leaves a listener in PENDING_UPDATE for ever, and the command that ends that, with
    # --enable, as for a pool that is switched on.
    endless_update: str = ""
    # The same of a pool in ERROR.
    failed_update: str = ""
    causes: Mapping[str, str] = field(default_factory=dict)
    remedies: Mapping[str, str] = field(default_factory=dict)
    outcome_causes: Mapping[Outcome, str] = field(default_factory=dict)

    def supports(self, algorithm: str) -> bool:
        """Tell whether a pool may have an algorithm; True if it is not known."""
        return self.algorithms is None or algorithm in self.algorithms

    def distribution(self, pool: Pool, load_balancer: LoadBalancer) -> Distribution:
        """Return how a pool of a load balancer distributes the associations of one client."""
        own, others = self._distribution(pool), self.pools_shared_with(pool, load_balancer)
        if any(self._distribution(other) is not own for other in others):
            return Distribution.UNKNOWN
        return own

    def pools_shared_with(self, pool: Pool, load_balancer: LoadBalancer) -> Iterator[Pool]:
        """Yield the pools, of other Services, too, that have algorithm and persistence with it."""
        if not self.shares_pool_settings:
            return
        for listener in (*load_balancer.listeners, *load_balancer.neighbours):
            other = listener.pool
            if other and other.id != pool.id and other.protocol == pool.protocol:
                yield other

    def _distribution(self, pool: Pool) -> Distribution:
        is_applied = self.heeds_endless_persistence or pool.persistence_timeout is not None
        if pool.session_persistence and is_applied:
            return Distribution.STICKY
        algorithm = pool.lb_algorithm
        if algorithm in self.unheeded_algorithms:
            return self.unheeded_algorithms[algorithm]
        return _DISTRIBUTIONS.get(algorithm, Distribution.UNKNOWN)

    def weight_of(self, member: Member) -> int:
        """Return a member's share in relation to the others', 0 for none."""
        if not member.admin_state_up:
            return 0
        return 1 if self.heeds_weight is False else member.weight

    def may_idle(self, member: Member) -> bool:
        """Tell whether a member may get nothing though it has a weight: as a backup."""
        return member.backup and self.heeds_backup is not False
