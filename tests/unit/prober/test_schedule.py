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
from kuryrsctp.sctp.eventloop import Task, sleep_until
from tests.support.checkout import HANG

T = TypeVar("T")


def after(seconds: float, result: T) -> Task[T]:
    """Return the result after a number of seconds."""
    yield sleep_until(time.monotonic() + seconds)
    return result


def at_once(item: T) -> Task[T]:
    """Return the item without a wait."""
    return item
    yield


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 300), st.integers(1, 64), st.sampled_from([0.0, 0.0001]))
def test_every_item_has_one_task(number: int, concurrency: int, seconds: float) -> None:
    results = run_scheduled(
        range(number), lambda item: after(seconds, item), Schedule(concurrency=concurrency)
    )
    assert Counter(results) == Counter(range(number))


def test_as_many_tasks_as_asked_for_are_under_way_at_a_time() -> None:
    under_way: set[int] = set()
    most = []

    def work(item: int) -> Task[None]:
        under_way.add(item)
        most.append(len(under_way))
        yield from after(0.02, None)
        under_way.remove(item)

    assert len(list(run_scheduled(range(40), work, Schedule(concurrency=8)))) == 40
    assert max(most) == 8


@pytest.mark.parametrize("concurrency", [1, 4])
def test_tasks_are_an_interval_apart(concurrency: int) -> None:
    begun: list[float] = []

    def work(_: int) -> Task[None]:
        begun.append(time.monotonic())
        yield from at_once(None)

    start = time.monotonic()
    assert (
        len(list(run_scheduled(range(4), work, Schedule(interval=0.05, concurrency=concurrency))))
        == 4
    )
    assert all(begin >= start + 0.05 * number for number, begin in enumerate(begun))


def test_a_late_task_is_not_followed_by_a_burst() -> None:
    begun: list[float] = []

    def work(item: int) -> Task[None]:
        begun.append(time.monotonic())
        yield from after(0.5 if item == 0 else 0, None)

    list(run_scheduled(range(4), work, Schedule(interval=0.2)))
    assert begun[2] - begun[1] > 0.19


@pytest.mark.parametrize("concurrency", [1, 4])
def test_no_task_is_started_after_the_duration(concurrency: int) -> None:
    began = time.monotonic()
    schedule = Schedule(interval=0.01, duration=0.2, concurrency=concurrency)
    done = list(run_scheduled(itertools.count(), at_once, schedule))
    assert 0.15 < time.monotonic() - began < HANG
    assert 1 <= len(done) <= 21


@pytest.mark.parametrize("concurrency", [1, 4])
def test_what_a_task_raises_ends_all_tasks(concurrency: int) -> None:
    def work(item: int) -> Task[int]:
        yield from after(0.001, item)
        if item == 10:
            raise Inconclusive("out of ports")
        return item

    with pytest.raises(Inconclusive, match="out of ports"):
        list(run_scheduled(itertools.count(), work, Schedule(concurrency=concurrency)))


def test_a_consumer_that_stops_closes_the_tasks_under_way() -> None:
    closed: list[int] = []

    def work(item: int) -> Task[int]:
        try:
            yield from after(60 if item else 0.05, item)
        except GeneratorExit:
            closed.append(item)
            raise
        return item

    results = run_scheduled(range(8), work, Schedule(concurrency=8))
    assert next(results) == 0
    results.close()
    assert sorted(closed) == list(range(1, 8))


def test_a_slow_consumer_delays_the_tasks() -> None:
    begun = itertools.count()
    results = run_scheduled(
        itertools.count(), lambda _: at_once(next(begun)), Schedule(concurrency=4)
    )
    next(results)
    results.close()
    assert next(begun) <= 10


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"interval": -1}, "invalid interval '-1'"),
        ({"interval": math.nan}, "invalid interval 'nan'"),
        ({"duration": 0}, "invalid duration '0'"),
        ({"duration": math.inf}, "invalid duration 'inf'"),
        ({"duration": math.nan}, "invalid duration 'nan'"),
        ({"concurrency": 0}, "invalid concurrency '0'"),
        ({"concurrency": 100_000}, "give 1 to 1024"),
    ],
)
def test_a_schedule_out_of_range_is_a_usage_error(
    arguments: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(UsageError, match=complaint):
        Schedule(**arguments)
