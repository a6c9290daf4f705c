# SPDX-License-Identifier: Apache-2.0

"""Draws shares and round-trip times as bars of text. No I/O."""

import math
from collections import Counter
from collections.abc import Iterator

from kuryrsctp.prober.latency import LatencyHistogram
from kuryrsctp.prober.statistics import ProbeReport
from kuryrsctp.terminal_text import printable

_WIDTH = 40
_MAX_LABEL_LENGTH = 40
_MAX_BARS = 40
# The bounds of the bars of a latency histogram, within a decade.
_BOUNDS = (1, 2, 5)


def chart(report: ProbeReport) -> Iterator[str]:
    """Yield a bar for the share of each group, and bars for the round-trip times of all."""
    sent = [group for group in report.groups if group.outcome]
    for target in dict.fromkeys(group.target for group in sent):
        yield f"Messages to {target}"
        groups = [group for group in sent if group.target == target]
        for group in groups[:_MAX_BARS]:
            name = printable(group.member or group.backend, _MAX_LABEL_LENGTH)
            outcome = group.outcome.value if group.outcome else ""
            label = f"{outcome:<15} {name:<{_MAX_LABEL_LENGTH}}"
            yield f"  {label} {group.share:4.0%} {_bar(group.share)}"
        if len(groups) > _MAX_BARS:
            yield f"  and {len(groups) - _MAX_BARS} more"
    latency = LatencyHistogram()
    for group in sent:
        latency.merge(group.latency)
    if latency.count:
        yield "Round-trip times"
        yield from _latency_bars(latency)


def _latency_bars(latency: LatencyHistogram) -> Iterator[str]:
    counts: Counter[int] = Counter()
    for seconds, count in latency.buckets():
        counts[_bound_index(seconds)] += count
    highest = max(counts.values())
    for index in range(min(counts), max(counts) + 1):
        count = counts[index]
        yield f"  up to {_bound(index) * 1000:9.3f} ms {count:8} {_bar(count / highest)}"


def _bound_index(seconds: float) -> int:
    """Return the index of the first bound that is not below `seconds`."""
    index = len(_BOUNDS) * math.floor(math.log10(seconds))
    while _bound(index) < seconds:
        index += 1
    return index


def _bound(index: int) -> float:
    decade, place = divmod(index, len(_BOUNDS))
    return float(_BOUNDS[place] * 10.0**decade)


def _bar(share: float) -> str:
    return "#" * math.ceil(share * _WIDTH)
