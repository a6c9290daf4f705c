# SPDX-License-Identifier: Apache-2.0

"""Who got how many of the messages through a VIP: as the pool says, or otherwise? No I/O."""

import math
from collections.abc import Iterator, Sequence

from kuryrsctp.model import Member
from kuryrsctp.prober.verdict import TargetResult
from kuryrsctp.providers.provider import Distribution
from kuryrsctp.terminal_text import printable

_MAX_LIST_LENGTH = 200
# Shares this far from the weights come by chance in 1 of 40 cases at most. Where members take
# turns, chance comes from other clients only, and far less often.
_SIGNIFICANCE = 0.025


def remarks(result: TargetResult) -> Iterator[str]:
    """Yield what the shares of the members show that the pool's settings do not say.

    Only answers that name members can tell.
    """
    target = result.target
    answered = {name: count for name, count in result.answered_by.items() if count}
    if target.direct or not answered or "" in answered:
        return
    name = target.endpoint
    if target.promise and result.complete and len(answered) > 1:
        yield (
            f"{name}: {len(answered)} members answered this client, though the pool has"
            f" {target.promise}, which promises that one client reaches one member"
        )
    silent = [member.name for member in target.expected if member.name not in answered]
    if silent and target.distribution is not Distribution.ROUND_ROBIN:
        yield f"{name}: {_why_silent(target.distribution)}: {_listed(silent)}"
    yield from _uneven(result, answered)


def _why_silent(distribution: Distribution) -> str:
    if distribution is Distribution.STICKY:
        return "all messages of one client go to one member, so nothing is known of the others"
    if distribution is Distribution.HASHED:
        return "the member is chosen by a hash of the source port, so these may have got no message"
    return "how the members are chosen is not known, so these may have got no message"


def _uneven(result: TargetResult, answered: dict[str, int]) -> Iterator[str]:
    """Yield a line if the shares do not follow the weights, where the provider applies these."""
    target = result.target
    members = target.expected
    if not (
        target.provider.heeds_weight
        and target.distribution is Distribution.ROUND_ROBIN
        and result.complete
        and len(members) > 1
        and len({member.name for member in members}) == len(members)
        and set(answered) <= {member.name for member in members}
    ):
        return
    weights = [member.weight for member in members]
    counts = [answered.get(member.name, 0) for member in members]
    if _probability(counts, weights) < _SIGNIFICANCE:
        yield (
            f"{target.endpoint}: the shares ({_percentages(counts)}) do not follow the weights"
            f" ({_percentages(weights)}): {_listed(_names(members))}"
        )


def _probability(counts: Sequence[int], weights: Sequence[int]) -> float:
    """Return how probable shares as uneven as these are by chance (Pearson's chi-squared test)."""
    total = sum(counts)
    expected = [total * weight / sum(weights) for weight in weights]
    distance = sum((count - mean) ** 2 / mean for count, mean in zip(counts, expected, strict=True))
    return _chi_squared_tail(distance, len(counts) - 1)


def _chi_squared_tail(distance: float, freedom: int) -> float:
    """Return the probability of more than `distance` with `freedom` degrees of freedom.

    Abramowitz and Stegun, 26.4.4 and 26.4.5.
    """
    half = distance / 2
    if freedom % 2:
        tail = math.erfc(math.sqrt(half))
        term = math.sqrt(half / math.pi) * 2 * math.exp(-half)
        steps = range(3, freedom + 1, 2)
    else:
        tail, term = 0.0, math.exp(-half)
        steps = range(2, freedom + 1, 2)
    for step in steps:
        tail += term
        term *= distance / step
    return tail


def _percentages(numbers: Sequence[int]) -> str:
    return ":".join(f"{100 * number / sum(numbers):.0f}" for number in numbers)


def _names(members: Sequence[Member]) -> list[str]:
    return [member.name for member in members]


def _listed(names: Sequence[str]) -> str:
    return printable(", ".join(names), _MAX_LIST_LENGTH)
