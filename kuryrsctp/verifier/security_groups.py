# SPDX-License-Identifier: Apache-2.0

"""Do security groups allow traffic from a network, and its answers? Pure; the rules are Neutron's.

A port's groups admit what any rule of any of them admits; there are no denials
(https://docs.openstack.org/api-ref/network/v2/#security-group-rules-security-group-rules). Groups
that are stateful let the answers to what they have admitted out; stateless ones need a rule for it.
"""

import enum
import ipaddress
from collections.abc import Iterable, Sequence
from typing import Any

from kuryrsctp.addresses import Network
from kuryrsctp.model import SecurityGroupRule

# Neutron stores what it was given: the name, the IANA number, or nothing for any protocol.
_ANY_PROTOCOL = {None, "", "any", "0"}
_PROTOCOLS = {"SCTP": {"sctp", "132"}, "TCP": {"tcp", "6"}, "UDP": {"udp", "17"}}
# The ports of clients, of which any may have to be answered.
_UNPRIVILEGED = (1024, 65535)


class Admission(enum.Enum):
    """How much of a source network is admitted."""

    ALL = "all of it"
    SOME = "a part of it"
    BY_GROUP = "only members of certain groups"
    NONE = "nothing"


def admission(
    rules: Iterable[SecurityGroupRule], port: int, source: Network, protocol: str = "SCTP"
) -> Admission:
    """Return how much of `source` the `rules` of all of a port's groups admit to a port number.

    The rules do not tell which addresses belong to a remote group: BY_GROUP, where nothing else
    admits the source, means that it is not known.
    """
    return _covering(_admitting(rules, "ingress", protocol, (port, port), source.version), source)


def answering(
    rules: Iterable[SecurityGroupRule], source: Network, protocol: str = "SCTP"
) -> Admission:
    """Return how much of `source` the rules of stateless groups let answers out to.

    They go to the ports of clients: a rule for some of these lets out a part.
    """
    rules = tuple(rules)
    for_all = _admitting(rules, "egress", protocol, _UNPRIVILEGED, source.version)
    admitted = _covering(for_all, source)
    if admitted is not Admission.NONE:
        return admitted
    part = _covering(_admitting(rules, "egress", protocol, None, source.version), source)
    return Admission.SOME if part is Admission.ALL else part


def admitted_networks(
    rules: Iterable[SecurityGroupRule], port: int, source: Network, protocol: str = "SCTP"
) -> list[Network]:
    """Return the networks that rules name, and admit to a port, of the family of `source`."""
    matching = _admitting(rules, "ingress", protocol, (port, port), source.version)
    prefixes = (rule.remote_ip_prefix for rule in matching if rule.remote_ip_prefix)
    networks: list[Any] = [ipaddress.ip_network(prefix, strict=False) for prefix in prefixes]
    same_version = [network for network in networks if network.version == source.version]
    return list(ipaddress.collapse_addresses(same_version))


def covered(prefixes: Iterable[str], source: Network) -> Admission:
    """Return how much of `source` the prefixes cover together.

    Raises ValueError for an invalid prefix.
    """
    networks = [ipaddress.ip_network(prefix, strict=False) for prefix in prefixes]
    # All of one version by now, which the type checker cannot see.
    same_version: list[Any] = [net for net in networks if net.version == source.version]
    merged: list[Any] = list(ipaddress.collapse_addresses(same_version))
    if any(source.subnet_of(network) for network in merged):
        return Admission.ALL
    return Admission.SOME if any(map(source.overlaps, merged)) else Admission.NONE


def _covering(matching: Sequence[SecurityGroupRule], network: Network) -> Admission:
    """Return how much of a network the remote ends of rules cover."""
    if any(_is_for_all(rule) for rule in matching):
        return Admission.ALL
    by_prefix = covered(
        (rule.remote_ip_prefix for rule in matching if rule.remote_ip_prefix), network
    )
    by_group = any(rule.remote_group_id or rule.remote_address_group_id for rule in matching)
    return Admission.BY_GROUP if by_group and by_prefix is not Admission.ALL else by_prefix


def _is_for_all(rule: SecurityGroupRule) -> bool:
    return not (rule.remote_ip_prefix or rule.remote_group_id or rule.remote_address_group_id)


def _admitting(
    rules: Iterable[SecurityGroupRule],
    direction: str,
    protocol: str,
    ports: tuple[int, int] | None,
    version: int,
) -> list[SecurityGroupRule]:
    """Return the rules for a protocol, all of some ports or any port, and a version of IP."""
    protocols = _ANY_PROTOCOL | _PROTOCOLS[protocol]
    return [
        rule
        for rule in rules
        if rule.direction == direction
        and rule.ethertype == f"IPv{version}"
        and rule.protocol in protocols
        and (ports is None or _has_ports(rule, *ports))
    ]


def _has_ports(rule: SecurityGroupRule, first: int, last: int) -> bool:
    low, high = rule.port_range_min, rule.port_range_max
    return (low is None or low <= first) and (high is None or last <= high)
