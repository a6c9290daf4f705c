# SPDX-License-Identifier: Apache-2.0

"""When messages are sent, and how many at a time."""

import itertools
import math
import time
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from kuryrsctp.errors import UsageError
from kuryrsctp.sctp.eventloop import EventLoop, Task, run

Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_CONCURRENCY = 1024
_MAX_SECONDS = 366 * 86400.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """When messages are sent, and how many at a time.

    - `interval`: seconds from one message to the next, 0 for no delay
    - `duration`: seconds after the first message in which others are started, None for no limit
    - `concurrency`: how many messages are under way at a time at most, 1 to 1024. The
      walkthrough's server serves one association at a time.

    A message that is late is sent at once, and the interval is counted from there: there are no
    bursts.

    Raises UsageError for a value that is out of range.
    """

    interval: float = 0.0
    duration: float | None = None
    concurrency: int = 1

    def __post_init__(self) -> None:
        if not (math.isfinite(self.interval) and 0 <= self.interval <= _MAX_SECONDS):
            raise UsageError(
                f"invalid interval '{self.interval:g}': give seconds, 0 or more, up to a year"
            )
        if self.duration is not None and not 0 < self.duration <= _MAX_SECONDS:
            raise UsageError(
                f"invalid duration '{self.duration:g}': give seconds, more than 0, up to a year"
            )
        if not 1 <= self.concurrency <= MAX_CONCURRENCY:
            raise UsageError(
                f"invalid concurrency '{self.concurrency}': give 1 to {MAX_CONCURRENCY}"
            )

    @property
    def is_watch(self) -> bool:
        """Whether messages are spread over time, which shows changes of the service."""
        return self.interval > 0 or self.duration is not None


def run_scheduled(
    items: Iterable[Item], make_task: Callable[[Item], Task[Result]], schedule: Schedule
) -> Generator[Result, None, None]:
    """Run a task for each item when the schedule says so; yield each result when it comes.

    What a task raises is raised here. Closing the generator closes the tasks under way.
    """
    queue = _Queue(items, schedule)
    if schedule.concurrency == 1:
        while (seconds := queue.seconds_until_next()) < math.inf:
            if seconds:
                time.sleep(seconds)
            else:
                yield run(make_task(queue.take()))
        return
    with EventLoop[Result]() as loop:
        while (seconds := queue.seconds_until_next()) < math.inf or len(loop):
            if len(loop) == schedule.concurrency:
                seconds = math.inf
            elif not seconds:
                # Start one task, then poll: answers that have come meanwhile are not kept waiting.
                loop.spawn(make_task(queue.take()))
            yield from loop.poll(seconds)


class _Queue(Generic[Item]):
    """The items, and when the next one is due."""

    def __init__(self, items: Iterable[Item], schedule: Schedule) -> None:
        self._items = iter(items)
        self._next = list(itertools.islice(self._items, 1))
        self._schedule = schedule
        self._due = time.monotonic()
        self._end = math.inf if schedule.duration is None else self._due + schedule.duration

    def seconds_until_next(self) -> float:
        """Return the seconds until the next item is due, infinity if there is none."""
        if not self._next:
            return math.inf
        if not self._schedule.is_watch:
            return 0.0
        now = time.monotonic()
        return math.inf if max(now, self._due) > self._end else max(0.0, self._due - now)

    def take(self) -> Item:
        """Remove the next item, and return it."""
        item = self._next.pop()
        self._next.extend(itertools.islice(self._items, 1))
        if self._schedule.is_watch:
            now = time.monotonic()
            late = now - self._due >= self._schedule.interval
            self._due = (now if late else self._due) + self._schedule.interval
        return item
