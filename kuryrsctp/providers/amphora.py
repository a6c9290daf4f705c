# SPDX-License-Identifier: Apache-2.0

"""Octavia's own provider: a virtual machine that balances SCTP with keepalived and IPVS."""

from kuryrsctp.providers.provider import Provider, TrafficSource

AMPHORA = Provider(
    title="an amphora",
    names=frozenset({"amphora", "amphorav2", "octavia"}),
    is_known_to_balance_sctp=True,
    algorithms=frozenset({"ROUND_ROBIN", "LEAST_CONNECTIONS", "SOURCE_IP"}),
    traffic_source=TrafficSource.BALANCER,
    has_statistics=True,
    listener_error="the amphora does not run it",
    causes={
        "listener-status": "The amphora does not report.",
        "load-balancer-operating": "The amphora does not report.",
        "member-security-groups": "The group does not allow SCTP from the member's subnet in"
        " Octavia, where an amphora's packets come from.",
        "pool-algorithm": "An amphora supports every algorithm except SOURCE_IP_PORT.",
    },
)
