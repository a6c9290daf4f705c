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

import itertools
import math
import threading
import time
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kuryrsctp.errors import NotJudged, UsageError
from kuryrsctp.pace import Pace, paced


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 300), st.integers(1, 64))
def test_no_job_is_lost_and_none_is_done_twice(number: int, concurrency: int) -> None:
    done = Counter(paced(range(number), lambda job: job, Pace(concurrency=concurrency)))
    assert done == Counter(range(number))


def test_so_many_jobs_as_asked_for_are_under_way_at_a_time() -> None:
    everybody = threading.Barrier(8, timeout=10)
    assert sorted(paced(range(8), lambda _: everybody.wait(), Pace(concurrency=8))) == list(
        range(8)
    )


def test_jobs_are_an_interval_apart() -> None:
    begun: list[float] = []
    jobs = paced(range(4), lambda _: begun.append(time.monotonic()), Pace(interval=0.05))
    assert len(list(jobs)) == 4
    assert all(later - one > 0.045 for one, later in itertools.pairwise(begun))


def test_a_late_job_is_not_followed_by_a_burst() -> None:
    begun: list[float] = []

    def work(job: int) -> None:
        begun.append(time.monotonic())
        if job == 0:
            time.sleep(0.2)

    list(paced(range(4), work, Pace(interval=0.05)))
    assert begun[1] - begun[0] < 0.25
    assert begun[2] - begun[1] > 0.045


@pytest.mark.parametrize("concurrency", [1, 4])
def test_nothing_is_begun_after_the_duration(concurrency: int) -> None:
    began = time.monotonic()
    pace = Pace(interval=0.01, duration=0.2, concurrency=concurrency)
    done = list(paced(itertools.count(), lambda job: job, pace))
    assert 0.15 < time.monotonic() - began < 5
    assert 5 <= len(done) <= 21


@pytest.mark.parametrize("concurrency", [1, 4])
def test_what_a_job_raises_ends_them_all(concurrency: int) -> None:
    def work(job: int) -> int:
        if job == 10:
            raise NotJudged("out of ports")
        return job

    with pytest.raises(NotJudged, match="out of ports"):
        list(paced(itertools.count(), work, Pace(concurrency=concurrency)))


def test_a_consumer_that_leaves_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    jobs = paced(itertools.count(), lambda job: job, Pace(concurrency=8))
    next(jobs)
    jobs.close()
    deadline = time.monotonic() + 10
    while threading.active_count() > before:
        assert time.monotonic() < deadline


def test_a_slow_consumer_holds_up_the_jobs() -> None:
    begun = itertools.count()
    jobs = paced(itertools.count(), lambda _: next(begun), Pace(concurrency=4))
    next(jobs)
    time.sleep(0.1)
    jobs.close()
    assert next(begun) <= 10


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"interval": -1}, "interval is -1"),
        ({"interval": math.nan}, "interval is nan"),
        ({"duration": 0}, "duration is 0"),
        ({"duration": math.inf}, "duration is inf"),
        ({"duration": math.nan}, "duration is nan"),
        ({"concurrency": 0}, "concurrency is 0"),
        ({"concurrency": 100_000}, "give 1 to 1024"),
    ],
)
def test_a_pace_out_of_range_is_a_usage_error(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Pace(**arguments)
