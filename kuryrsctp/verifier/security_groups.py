# SPDX-License-Identifier: Apache-2.0

"""Do security groups allow SCTP from a network? Pure; the rules are Neutron's.

A port's groups admit what any rule of any of them admits; there are no denials
(https://docs.openstack.org/api-ref/network/v2/#security-group-rules-security-group-rules).
"""

import enum
import ipaddress
from collections.abc import Iterable
from typing import Any

from kuryrsctp.addresses import Network
from kuryrsctp.model import SecurityGroupRule

# Neutron stores what it was given: the name, the IANA number, or nothing for any protocol.
_COVERS_SCTP = {None, "", "any", "0", "sctp", "132"}


class Admission(enum.Enum):
    """How much of a source network is admitted."""

    ALL = "all of it"
    SOME = "a part of it"
    BY_GROUP = "only members of certain groups"
    NONE = "nothing"


def admission(rules: Iterable[SecurityGroupRule], port: int, source: Network) -> Admission:
    """Return how much of `source` the `rules` of all of a port's groups admit to SCTP `port`.

    The rules do not tell which addresses belong to a remote group: BY_GROUP, where nothing else
    admits the source, means that it is not known.
    """
    matching = [rule for rule in rules if _admits_sctp(rule, port, source.version)]
    if any(_any_source(rule) for rule in matching):
        return Admission.ALL
    by_prefix = covered(
        (rule.remote_ip_prefix for rule in matching if rule.remote_ip_prefix), source
    )
    by_group = any(rule.remote_group_id or rule.remote_address_group_id for rule in matching)
    return Admission.BY_GROUP if by_group and by_prefix is not Admission.ALL else by_prefix


def admitted_networks(
    rules: Iterable[SecurityGroupRule], port: int, source: Network
) -> list[Network]:
    """Return the networks that rules name, and admit to SCTP `port`, of the family of `source`."""
    prefixes = (
        rule.remote_ip_prefix
        for rule in rules
        if rule.remote_ip_prefix and _admits_sctp(rule, port, source.version)
    )
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


def _any_source(rule: SecurityGroupRule) -> bool:
    return not (rule.remote_ip_prefix or rule.remote_group_id or rule.remote_address_group_id)


def _admits_sctp(rule: SecurityGroupRule, port: int, version: int) -> bool:
    """Tell whether a rule allows SCTP to `port` from any source over IP `version`."""
    if rule.direction != "ingress" or rule.ethertype != f"IPv{version}":
        return False
    if rule.protocol not in _COVERS_SCTP:
        return False
    low, high = rule.port_range_min, rule.port_range_max
    return (low is None or low <= port) and (high is None or port <= high)
