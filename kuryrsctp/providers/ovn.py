# SPDX-License-Identifier: Apache-2.0

"""OVN: the virtual switches balance, and there is no machine between client and member."""

from kuryrsctp.providers.provider import Provider, TrafficSource

OVN = Provider(
    title="OVN",
    names=frozenset({"ovn"}),
    is_known_to_balance_sctp=True,
    algorithms=frozenset({"SOURCE_IP_PORT", "SOURCE_IP"}),
    traffic_source=TrafficSource.CLIENT,
    filters_at_vip=False,
    reports_offline=False,
    has_statistics=False,
    missing_pool="OVN refuses a pool whose algorithm is not SOURCE_IP_PORT",
    causes={
        "member-security-groups": "OVN keeps the client's address, and the group does not allow"
        " SCTP from the clients.",
        "pool-algorithm": "OVN supports SOURCE_IP_PORT, newer releases SOURCE_IP as well.",
        "pool-exists": "OVN answers 501 to a pool whose algorithm is not SOURCE_IP_PORT, which"
        " leaves a listener without a pool.",
    },
)
