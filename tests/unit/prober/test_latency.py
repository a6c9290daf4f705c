# SPDX-License-Identifier: Apache-2.0

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuryrsctp.prober.latency import LatencyHistogram

SECONDS = st.lists(st.floats(1e-6, 3600), min_size=1)


def times(seconds: list[float]) -> LatencyHistogram:
    found = LatencyHistogram()
    for one in seconds:
        found.add(one)
    return found


@given(SECONDS, st.integers(0, 100))
def test_a_percentile_is_the_nearest_rank_to_one_percent(
    seconds: list[float], percent: int
) -> None:
    exact = sorted(seconds)[max(0, math.ceil(len(seconds) * percent / 100) - 1)]
    assert times(seconds).percentile(percent) == pytest.approx(exact, rel=0.0101)


@given(SECONDS)
def test_least_greatest_and_mean_are_exact(seconds: list[float]) -> None:
    found = times(seconds)
    assert (found.min, found.max, found.count) == (min(seconds), max(seconds), len(seconds))
    assert found.mean == pytest.approx(sum(seconds) / len(seconds))


@given(SECONDS, SECONDS)
def test_merged_times_are_those_of_both(one: list[float], other: list[float]) -> None:
    merged = times(one)
    merged.merge(times(other))
    both = times(one + other)
    assert (merged.min, merged.max, merged.count) == (both.min, both.max, both.count)
    assert merged.percentile(95) == both.percentile(95)


def test_any_number_of_times_is_kept_in_little_memory() -> None:
    found = times([number * 1e-5 for number in range(20_000)])
    assert len(list(found.buckets())) < 1200
