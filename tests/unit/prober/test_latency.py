# SPDX-License-Identifier: Apache-2.0

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuryrsctp.prober.latency import LatencyHistogram

SECONDS = st.lists(st.floats(1e-6, 3600), min_size=1)


def histogram(durations: list[float]) -> LatencyHistogram:
    latency = LatencyHistogram()
    for seconds in durations:
        latency.add(seconds)
    return latency


@given(SECONDS, st.integers(0, 100))
def test_a_percentile_is_the_nearest_rank_to_one_percent(
    seconds: list[float], percent: int
) -> None:
    exact = sorted(seconds)[max(0, math.ceil(len(seconds) * percent / 100) - 1)]
    assert histogram(seconds).percentile(percent) == pytest.approx(exact, rel=0.0101)


@given(SECONDS)
def test_minimum_maximum_and_mean_are_exact(seconds: list[float]) -> None:
    latency = histogram(seconds)
    assert (latency.min, latency.max, latency.count) == (min(seconds), max(seconds), len(seconds))
    assert latency.mean == pytest.approx(sum(seconds) / len(seconds))


@given(SECONDS, SECONDS)
def test_a_merged_histogram_has_the_durations_of_both(
    first: list[float], second: list[float]
) -> None:
    merged = histogram(first)
    merged.merge(histogram(second))
    both = histogram(first + second)
    assert (merged.min, merged.max, merged.count) == (both.min, both.max, both.count)
    assert merged.percentile(95) == both.percentile(95)


def test_any_number_of_durations_takes_little_memory() -> None:
    latency = histogram([number * 1e-5 for number in range(20_000)])
    assert len(list(latency.buckets())) < 1200
