# SPDX-License-Identifier: Apache-2.0

"""A histogram of round-trip times in bounded memory. No I/O."""

import math
from collections import Counter
from collections.abc import Iterator

# Each bucket's upper bound is this many times the last one's, so that a percentile is off by at
# most 1 %.
_GROWTH = 1.02
_SHORTEST = 1e-6


class LatencyHistogram:
    """Durations in seconds: exact count, minimum, maximum and mean, percentiles to 1 %.

    Between a microsecond and an hour there are 1,100 buckets, for any number of durations.
    """

    def __init__(self) -> None:
        """Start without a duration."""
        self.count = 0
        self.min: float | None = None
        self.max: float | None = None
        self._sum = 0.0
        self._buckets: Counter[int] = Counter()

    def add(self, seconds: float) -> None:
        """Add one duration."""
        self.count += 1
        self.min = seconds if self.min is None else min(self.min, seconds)
        self.max = seconds if self.max is None else max(self.max, seconds)
        self._sum += seconds
        self._buckets[math.ceil(math.log(max(seconds, _SHORTEST) / _SHORTEST, _GROWTH))] += 1

    def merge(self, other: "LatencyHistogram") -> None:
        """Add all durations of another histogram."""
        if other.min is None or other.max is None:
            return
        self.count += other.count
        self.min = other.min if self.min is None else min(self.min, other.min)
        self.max = other.max if self.max is None else max(self.max, other.max)
        self._sum += other._sum
        self._buckets += other._buckets

    @property
    def mean(self) -> float | None:
        """The mean in seconds, None without a duration."""
        return self._sum / self.count if self.count else None

    def percentile(self, percent: float) -> float | None:
        """Return the duration that `percent` of all do not exceed, in seconds.

        It is the nearest rank, to 1 %; None without a duration.
        """
        if self.min is None or self.max is None:
            return None
        rank = max(1, math.ceil(self.count * percent / 100))
        for seconds, count in self.buckets():
            rank -= count
            if rank <= 0:
                return min(max(seconds, self.min), self.max)
        return self.max

    def buckets(self) -> Iterator[tuple[float, int]]:
        """Yield the middle of each bucket in seconds, ascending, and its number of durations."""
        for bucket, count in sorted(self._buckets.items()):
            yield _SHORTEST * _GROWTH ** (bucket - 0.5), count
