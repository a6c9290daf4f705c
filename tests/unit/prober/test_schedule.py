# SPDX-License-Identifier: Apache-2.0

import itertools
import math
import time
from collections import Counter
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kuryrsctp.errors import Inconclusive, UsageError
from kuryrsctp.prober.schedule import Schedule, run_scheduled
from kuryrsctp.sctp.eventloop import Task, WaitFor

T = TypeVar("T")


def after(seconds: float, result: T) -> Task[T]:
    """Be done after a while."""
    now = time.monotonic()
    yield WaitFor(now, now + seconds)
    return result


def at_once(job: T) -> Task[T]:
    """Be done without a wait."""
    return job
    yield


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 300), st.integers(1, 64), st.sampled_from([0.0, 0.0001]))
def test_no_job_is_lost_and_none_is_done_twice(
    number: int, concurrency: int, seconds: float
) -> None:
    jobs = run_scheduled(
        range(number), lambda job: after(seconds, job), Schedule(concurrency=concurrency)
    )
    assert Counter(jobs) == Counter(range(number))


def test_so_many_jobs_as_asked_for_are_under_way_at_a_time() -> None:
    under_way: set[int] = set()
    most = []

    def work(job: int) -> Task[None]:
        under_way.add(job)
        most.append(len(under_way))
        yield from after(0.02, None)
        under_way.remove(job)

    assert len(list(run_scheduled(range(40), work, Schedule(concurrency=8)))) == 40
    assert max(most) == 8


@pytest.mark.parametrize("concurrency", [1, 4])
def test_jobs_are_an_interval_apart(concurrency: int) -> None:
    begun: list[float] = []

    def work(_: int) -> Task[None]:
        begun.append(time.monotonic())
        yield from at_once(None)

    start = time.monotonic()
    assert (
        len(list(run_scheduled(range(4), work, Schedule(interval=0.05, concurrency=concurrency))))
        == 4
    )
    assert all(one >= start + 0.05 * turn for turn, one in enumerate(begun))


def test_a_late_job_is_not_followed_by_a_burst() -> None:
    begun: list[float] = []

    def work(job: int) -> Task[None]:
        begun.append(time.monotonic())
        yield from after(0.5 if job == 0 else 0, None)

    list(run_scheduled(range(4), work, Schedule(interval=0.2)))
    assert begun[1] - begun[0] < 0.7
    assert begun[2] - begun[1] > 0.19


@pytest.mark.parametrize("concurrency", [1, 4])
def test_nothing_is_begun_after_the_duration(concurrency: int) -> None:
    began = time.monotonic()
    schedule = Schedule(interval=0.01, duration=0.2, concurrency=concurrency)
    done = list(run_scheduled(itertools.count(), at_once, schedule))
    assert 0.15 < time.monotonic() - began < 5
    assert 5 <= len(done) <= 21


@pytest.mark.parametrize("concurrency", [1, 4])
def test_what_a_job_raises_ends_them_all(concurrency: int) -> None:
    def work(job: int) -> Task[int]:
        yield from after(0.001, job)
        if job == 10:
            raise Inconclusive("out of ports")
        return job

    with pytest.raises(Inconclusive, match="out of ports"):
        list(run_scheduled(itertools.count(), work, Schedule(concurrency=concurrency)))


def test_a_consumer_that_leaves_closes_what_is_under_way() -> None:
    closed: list[int] = []

    def work(job: int) -> Task[int]:
        try:
            yield from after(60 if job else 0.05, job)
        except GeneratorExit:
            closed.append(job)
            raise
        return job

    jobs = run_scheduled(range(8), work, Schedule(concurrency=8))
    assert next(jobs) == 0
    jobs.close()
    assert sorted(closed) == list(range(1, 8))


def test_a_slow_consumer_holds_up_the_jobs() -> None:
    begun = itertools.count()
    jobs = run_scheduled(itertools.count(), lambda _: at_once(next(begun)), Schedule(concurrency=4))
    next(jobs)
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
        Schedule(**arguments)
