# SPDX-License-Identifier: Apache-2.0

"""Words for what a client has seen, the same in every run. Pure."""

import itertools
import re
from collections.abc import Sequence

from kuryrsctp.model import Outcome
from kuryrsctp.sctp.messages import Exchange
from tests.support.lab import topology

_NAMES = {pod.name: name for pod, name in zip(topology.PODS, "AB", strict=True)}
_PLACES = {
    **{address: "the pod" for pod in topology.PODS for address in (pod.ipv4, pod.ipv6)},
    **{
        address: "the router"
        for network in topology.NETWORKS
        for address in (network.ipv4_gateway, network.ipv6_gateway)
    },
}
_ERROR = re.compile(r"ICMP(?:v6)? type (\d+) code (\d+) from ([0-9a-f.:]+)")
_SLOW = 0.8  # seconds; an INIT that is lost is sent again after one


def words(exchanges: Sequence[Exchange], vip: str) -> str:
    """Return the outcomes, with who answered and who sent an ICMP error."""
    backends = {_backend(each) for each in exchanges if each.outcome is Outcome.ANSWERED}
    failures = {_failure(each, vip) for each in exchanges if each.outcome is not Outcome.ANSWERED}
    answered = [f"``ANSWERED`` by {' and '.join(sorted(backends))}"] if backends else []
    return ", ".join([*answered, *sorted(failures)])


def order(exchanges: Sequence[Exchange]) -> str:
    """Return to whom one message after the other went."""
    backends = [_backend(exchange) for exchange in exchanges]
    if not all(each.outcome is Outcome.ANSWERED for each in exchanges):
        return words(exchanges, "")
    if len(set(backends)) == 1:
        return "always to the same member"
    is_in_turn = all(one != other for one, other in itertools.pairwise(backends))
    return "to A and B in turn" if is_in_turn else "to A and B, in no order"


def pause(seconds: float) -> str:
    """Return whether something took as long as an INIT that was lost."""
    return "at once" if seconds < _SLOW else "a second later: the first INIT was lost"


def _backend(exchange: Exchange) -> str:
    name = exchange.answer.decode().partition(":")[0]
    return _NAMES.get(name, name)


def _failure(exchange: Exchange, vip: str) -> str:
    word = f"``{exchange.outcome.value}``"
    error = _ERROR.search(exchange.detail)
    if not error:
        return word
    kind, code, sender = error.groups()
    place = "the VIP" if sender == vip else _PLACES.get(sender, sender)
    return f"{word} (ICMP type {kind} code {code} from {place})"
