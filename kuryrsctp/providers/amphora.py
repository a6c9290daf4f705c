# SPDX-License-Identifier: Apache-2.0

"""Octavia's own provider: a virtual machine that balances SCTP with keepalived and IPVS."""

from kuryrsctp.model import Outcome
from kuryrsctp.providers.provider import Provider, TrafficSource

_SENDER = (
    "an amphora puts the VIP's address into ICMP errors that come from behind it, as from a"
    " member's host or a firewall before it"
)

AMPHORA = Provider(
    title="an amphora",
    names=frozenset({"amphora", "amphorav2", "octavia"}),
    is_known_to_balance_sctp=True,
    algorithms=frozenset({"ROUND_ROBIN", "LEAST_CONNECTIONS", "SOURCE_IP"}),
    monitors=frozenset({"SCTP", "HTTP", "TCP", "UDP-CONNECT"}),
    heeds_weight=True,
    # Not in the template of keepalived's configuration for LVS.
    heeds_backup=False,
    connection_limit="of each member, not of the listener (keepalived's uthreshold)",
    # The template leaves out a limit of 0, and every timeout.
    takes_0_for_no_limit=True,
    heeds_timeouts=False,
    # In the template of keepalived's configuration for LVS.
    default_persistence_timeout=360,
    traffic_source=TrafficSource.BALANCER,
    filters_at_vip=True,
    # Packets to the VIP come in at the port of an amphora, which Octavia puts into the same groups.
    no_vip_group="Octavia's own was taken from the VIP's port; whether it was taken from those of"
    " the amphorae, too, where packets come in, is not known",
    # Octavia 16, which has this version, was the first to do that when a load balancer is set.
    vip_group_remedy="`openstack loadbalancer set --enable <load balancer>` lets Octavia put its"
    " own group back on these ports (from version 2.29 of its API on); if it does not, ask the"
    " cloud's operator to look at the groups of the ports",
    has_statistics=True,
    listener_error="the amphora does not run it",
    listener_degraded="it has reached its connection limit",
    recovery="the cloud's operator can have new amphorae made, which breaks every association:"
    " `openstack loadbalancer failover <ID>`",
    reused_port="an amphora drops the first INIT from a port that was used seconds ago. A delay of"
    " 1 s, or a TIMEOUT, is then no proof of a fault",
    causes={
        "listener-status": "The amphora does not report.",
        "load-balancer-operating": "The amphora does not report.",
        "member-backup": "An amphora treats a backup member like any other.",
        "member-security-groups": "The group does not allow SCTP from the member's subnet in"
        " Octavia, where an amphora's packets come from.",
        "pool-algorithm": "An amphora supports every algorithm except SOURCE_IP_PORT.",
    },
    outcome_causes={Outcome.PROHIBITED: _SENDER, Outcome.UNREACHABLE: _SENDER},
    remedies={
        "vip-security-groups": "if the group is Octavia's own, `openstack loadbalancer listener set"
        " --enable <ID>` lets it put its rules back",
    },
)
