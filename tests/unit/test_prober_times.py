# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuryrsctp.times import Times

SECONDS = st.lists(st.floats(1e-6, 3600), min_size=1)


def times(seconds: list[float]) -> Times:
    found = Times()
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
    assert (found.least, found.greatest, found.count) == (min(seconds), max(seconds), len(seconds))
    assert found.mean == pytest.approx(sum(seconds) / len(seconds))


@given(SECONDS, SECONDS)
def test_merged_times_are_those_of_both(one: list[float], other: list[float]) -> None:
    merged = times(one)
    merged.merge(times(other))
    both = times(one + other)
    assert (merged.least, merged.greatest, merged.count) == (both.least, both.greatest, both.count)
    assert merged.percentile(95) == both.percentile(95)


def test_any_number_of_times_is_kept_in_little_memory() -> None:
    found = times([number * 1e-5 for number in range(20_000)])
    assert len(list(found.buckets())) < 1200
