# SPDX-License-Identifier: Apache-2.0

"""OVN: the virtual switches balance, and there is no machine between client and member."""

from kuryrsctp.model import Outcome
from kuryrsctp.providers.provider import Distribution, Provider, TrafficSource

_SILENCE = (
    "with OVN also where the pool has no member, or the load balancer, listener or pool is switched"
    " off: it never refuses by itself"
)
_SENDER = (
    "OVN puts the VIP's address into ICMP errors that come from a member's host or from a firewall"
    " before it, and its load balancers send none of their own"
)

OVN = Provider(
    title="OVN",
    names=frozenset({"ovn"}),
    is_known_to_balance_sctp=True,
    algorithms=frozenset({"SOURCE_IP_PORT", "SOURCE_IP"}),
    monitors=frozenset({"TCP", "UDP-CONNECT"}),
    # SOURCE_IP is applied by new releases, and only to a pool that was made with it.
    unheeded_algorithms={"SOURCE_IP": Distribution.UNKNOWN},
    heeds_endless_persistence=False,
    # Its row in the northbound database has one `affinity_timeout`, and one `selection_fields`.
    shares_pool_settings=True,
    heeds_weight=False,
    heeds_backup=False,
    # Seen with release 11.0.0 and OVN 23.03: either makes every part ERROR at once, and for good,
    # where the members' subnet is not that of their ports. northd makes no check for SCTP.
    misleading_monitors=frozenset({"TCP", "UDP-CONNECT"}),
    monitor_meaning="OVN asks no member of an SCTP pool, and the statuses do not tell how they are",
    connection_limit="which OVN does not apply",
    heeds_timeouts=False,
    traffic_source=TrafficSource.CLIENT,
    filters_at_vip=False,
    reports_offline=False,
    has_statistics=False,
    log="Octavia's OVN provider (the logs of octavia-api and octavia-driver-agent)",
    missing_pool="OVN refuses a pool whose algorithm it does not support, such as ROUND_ROBIN",
    reused_port="OVN hands the same port to the same member",
    # Seen where such a monitor was deleted; what really fails is ERROR in provisioning_status, too.
    keeps_old_errors=True,
    # Release 11.0.0: seen, and in the driver's source.
    endless_update="with OVN a change of its pool may leave a listener in PENDING_UPDATE for ever,"
    " while messages are answered: `openstack loadbalancer pool set --enable <pool>` ends that",
    failed_update="with OVN a change of a pool may be reported as ERROR while messages are"
    " answered: `openstack loadbalancer pool set --enable <pool>` ends that",
    causes={
        "member-security-groups": "OVN keeps the client's address, and the group does not allow"
        " SCTP from the clients.",
        "pool-algorithm": "OVN supports SOURCE_IP_PORT, newer releases SOURCE_IP as well.",
        "pool-exists": "OVN answers 501 to a pool whose algorithm it does not support, which"
        " leaves a listener without a pool.",
        "pool-monitor": "OVN has no health monitor for SCTP; one of type TCP or UDP-CONNECT asks no"
        " member, and may make every part ERROR while messages are answered.",
        "pool-persistence": "OVN applies session persistence only with a timeout.",
    },
    remedies={
        "member-backup": "do not rely on backup members: OVN has none",
        # Its driver forgets the listener's status in any other change of a pool.
        "pool-name": "traffic does not depend on the name; to rename the pool: `openstack"
        " loadbalancer pool set --name <expected name> --enable <ID>` (without --enable OVN leaves"
        " the listener PENDING_UPDATE for ever)",
        "pool-monitor": "OVN has no health monitor that asks over SCTP: see whether `openstack"
        " kuryr sctp probe <service>` gets through, and do not rely on the statuses",
    },
    outcome_causes={
        Outcome.NO_BACKEND: _SENDER,
        Outcome.PEER_LACKS_SCTP: _SENDER,
        Outcome.PROHIBITED: _SENDER,
        Outcome.TIMEOUT: _SILENCE,
        Outcome.UNREACHABLE: _SENDER,
    },
)
