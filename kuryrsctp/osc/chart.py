# SPDX-License-Identifier: Apache-2.0

"""Shares and round-trip times as bars of text. Pure."""

import math
from collections import Counter
from collections.abc import Iterator

from kuryrsctp.prober.latency import LatencyHistogram
from kuryrsctp.prober.statistics import ProbeReport
from kuryrsctp.terminal_text import printable

_WIDTH = 40
_LABEL = 40
_MAX_BARS = 40
# Steps of a latency axis within a decade.
_STEPS = (1, 2, 5)


def chart(report: ProbeReport) -> Iterator[str]:
    """Yield a bar for the share of each group, and for each step of round-trip times."""
    groups = [one for one in report.groups if one.outcome]
    for target in dict.fromkeys(one.target for one in groups):
        yield f"Messages to {target}"
        shown = [one for one in groups if one.target == target]
        for group in shown[:_MAX_BARS]:
            who = printable(group.member or group.backend, _LABEL)
            label = f"{group.outcome.value if group.outcome else '':<15} {who:<{_LABEL}}"
            yield f"  {label} {group.share:4.0%} {_bar(group.share)}"
        if len(shown) > _MAX_BARS:
            yield f"  and {len(shown) - _MAX_BARS} more"
    times = LatencyHistogram()
    for group in groups:
        times.merge(group.latency)
    if times.count:
        yield "Round-trip times"
        yield from _histogram(times)


def _histogram(times: LatencyHistogram) -> Iterator[str]:
    steps: Counter[int] = Counter()
    for seconds, count in times.buckets():
        steps[_step(seconds)] += count
    most = max(steps.values())
    for step in range(min(steps), max(steps) + 1):
        count = steps[step]
        yield f"  up to {_limit(step) * 1000:9.3f} ms {count:8} {_bar(count / most)}"


def _step(seconds: float) -> int:
    """Return the number of the first step that is not below `seconds`."""
    step = len(_STEPS) * math.floor(math.log10(seconds))
    while _limit(step) < seconds:
        step += 1
    return step


def _limit(step: int) -> float:
    decade, place = divmod(step, len(_STEPS))
    return float(_STEPS[place] * 10.0**decade)


def _bar(share: float) -> str:
    return "#" * math.ceil(share * _WIDTH)
