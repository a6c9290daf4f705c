# SPDX-License-Identifier: Apache-2.0

"""What the security groups of a port say of some traffic, as the result of a check."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from kuryrsctp.addresses import Network
from kuryrsctp.model import NetworkState, Port, SecurityGroup, Unreadable
from kuryrsctp.verifier.checks.catalogue import CheckResult, fail, ok, skip, warn
from kuryrsctp.verifier.checks.placeholders import word
from kuryrsctp.verifier.security_groups import (
    Admission,
    admission,
    admitted_networks,
    answering,
    covered,
)

_MAX_COMMANDS = 3
_WORST_FIRST = (Admission.NONE, Admission.SOME, Admission.BY_GROUP, Admission.ALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Packets from some networks to a port number.

    `inside` are networks that are the load balancer's own: clients are elsewhere.
    """

    number: int
    sources: tuple[Network, ...] | Unreadable
    protocol: str = "SCTP"
    inside: tuple[Network, ...] = ()

    def wanted_from(self, sources: Sequence[Network]) -> str:
        """Return what has to be admitted from some of the sources, for a person."""
        is_all = _is_everywhere(sources) and tuple(sources) == self.sources
        places = "anywhere" if is_all else ", ".join(map(str, sources))
        return f"{self.protocol} to port {self.number} from {places}"


def judge(
    network: NetworkState,
    port: Port,
    traffic: Traffic,
    *,
    deciding: Sequence[str] = (),
    unreadable: str,
    note: str = "",
) -> CheckResult:
    """Say whether a port's groups allow traffic.

    `deciding` are the groups that have to hold the rules for it, by default all of the port's: of
    others it does not matter whether they can be read. `unreadable` is what to say where some of
    these cannot be read, and `note` is added to what is not allowed.
    """
    if not port.port_security:
        return ok("the port is not filtered: everything is allowed")
    if not port.security_group_ids:
        place = word(port.id, "port")
        add = f"`openstack port set --security-group <group that allows SCTP> {place}`"
        return fail("port security without any group: nothing is allowed", add)
    if isinstance(traffic.sources, Unreadable):
        return skip(traffic.sources.reason)
    if isinstance(network.groups, Unreadable):
        return skip(network.groups.reason)
    ids = deciding or port.security_group_ids
    readable = [group for group in port.security_group_ids if group in network.groups]
    groups = [network.groups[group] for group in readable]
    rules = [rule for group in groups for rule in group.rules]
    admitted, worst = _worst(
        traffic.sources, lambda source: admission(rules, traffic.number, source, traffic.protocol)
    )
    if admitted is not Admission.ALL and not set(ids) <= set(readable):
        return skip(unreadable)
    if admitted is not Admission.ALL:
        networks = [
            each
            for source in traffic.sources
            for each in admitted_networks(rules, traffic.number, source, traffic.protocol)
        ]
        return _not_all(admitted, traffic, worst, networks, ids, note)
    allowed = ok(f"allowed: {traffic.wanted_from(worst)}")
    # A group that cannot be read may let the answers out, whatever it was made for.
    if len(groups) < len(port.security_group_ids) or any(group.stateful for group in groups):
        return allowed
    return _answers(groups, traffic, traffic.sources, ids) or allowed


def _worst(
    sources: Sequence[Network], admits: Callable[[Network], Admission]
) -> tuple[Admission, list[Network]]:
    """Return how much is admitted from the source that is admitted least, and which these are."""
    admissions = {source: admits(source) for source in sources}
    worst = min(admissions.values(), key=_WORST_FIRST.index)
    return worst, [source for source in sources if admissions[source] is worst]


def _not_all(
    admitted: Admission,
    traffic: Traffic,
    sources: Sequence[Network],
    networks: Iterable[Network],
    groups: Sequence[str],
    note: str,
) -> CheckResult:
    wanted, which, networks = traffic.wanted_from(sources), _named(groups), list(networks)
    hint = _listed(_rule_for(traffic, source, groups[0]) for source in sources)
    if admitted is Admission.BY_GROUP:
        return skip(f"not known: {which} has a rule for a remote group, for {wanted}")
    if admitted is Admission.NONE:
        return fail(f"{which} does not allow {wanted}{note}", hint)
    if not _is_everywhere(sources):
        return warn(f"{which} allows only a part of {wanted}{note}", hint)
    to = f"{traffic.protocol} to port {traffic.number}"
    only = f"{which} allows {to} only from {', '.join(map(str, networks))}"
    if traffic.inside and all(_is_inside(network, traffic.inside) for network in networks):
        return warn(f"{only}: no client outside of the VIP's subnet gets in", hint)
    return ok(f"{only}: give the clients' network with --source")


def _answers(
    groups: Iterable[SecurityGroup],
    traffic: Traffic,
    sources: Sequence[Network],
    ids: Sequence[str],
) -> CheckResult | None:
    """Say what is wrong with the rules of stateless groups for answers; None if nothing is."""
    rules = [rule for group in groups for rule in group.rules]
    admitted, worst = _worst(sources, lambda source: answering(rules, source, traffic.protocol))
    which, places = f"{_named(ids)} is stateless", ", ".join(map(str, worst))
    answers = f"answers over {traffic.protocol} to {places}"
    hint = _listed(_rule_for_answers(traffic, source, ids[0]) for source in worst)
    if admitted is Admission.NONE:
        return fail(f"{which}, and has no egress rule for {answers}", hint)
    if admitted is Admission.BY_GROUP:
        return skip(f"not known: {which}, and has only a rule for a remote group, for {answers}")
    if admitted is Admission.SOME and not _is_everywhere(worst):
        return warn(f"{which}, and has egress rules only for a part of {answers}", hint)
    return None


def _named(groups: Sequence[str]) -> str:
    return f"group {', '.join(groups)}"


def _is_everywhere(networks: Sequence[Network]) -> bool:
    return not any(network.prefixlen for network in networks)


def _is_inside(network: Network, others: Sequence[Network]) -> bool:
    return covered(map(str, others), network) is Admission.ALL


def _listed(commands: Iterable[str]) -> str:
    return " and ".join(itertools.islice(commands, _MAX_COMMANDS))


def _rule_for(traffic: Traffic, remote: Network, group: str) -> str:
    """Return the command that admits traffic from a network."""
    # Where the clients' own packets come, as a member's group is not to be open to everybody.
    is_told = remote.prefixlen or not traffic.inside
    source = str(remote) if is_told else "<network of the clients>"
    return (
        f"`openstack security group rule create --ingress --protocol {traffic.protocol.lower()}"
        f" --dst-port {traffic.number}{_family(remote)} --remote-ip {source}"
        f" {word(group, 'group')}`"
    )


def _rule_for_answers(traffic: Traffic, remote: Network, group: str) -> str:
    """Return the command that lets answers out to a network."""
    return (
        f"`openstack security group rule create --egress --protocol {traffic.protocol.lower()}"
        f"{_family(remote)} --remote-ip {remote} {word(group, 'group')}`"
    )


def _family(network: Network) -> str:
    return " --ethertype IPv6" if network.version == 6 else ""
