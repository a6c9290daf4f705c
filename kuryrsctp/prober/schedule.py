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

Job = TypeVar("Job")
Result = TypeVar("Result")

MAX_CONCURRENCY = 1024
_MAX_SECONDS = 366 * 86400.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """From one message to the next pass `interval` seconds, or none.

    A message that is late is sent at once and moves all that follow: there are no bursts.
    None is begun later than `duration` seconds after the first. `concurrency` is how many
    are under way at a time at most; the walkthrough's server serves one association at a
    time.

    Raises UsageError for what is out of range.
    """

    interval: float = 0.0
    duration: float | None = None
    concurrency: int = 1

    @property
    def is_watch(self) -> bool:
        """Whether it takes its time, as one does to see what changes meanwhile."""
        return self.interval > 0 or self.duration is not None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.interval) and 0 <= self.interval <= _MAX_SECONDS):
            raise UsageError(f"interval is {self.interval:g}: give seconds, 0 or more")
        if self.duration is not None and not 0 < self.duration <= _MAX_SECONDS:
            raise UsageError(f"duration is {self.duration:g}: give seconds, up to a year")
        if not 1 <= self.concurrency <= MAX_CONCURRENCY:
            raise UsageError(f"concurrency is {self.concurrency}: give 1 to {MAX_CONCURRENCY}")


def run_scheduled(
    jobs: Iterable[Job], work: Callable[[Job], Task[Result]], schedule: Schedule
) -> Generator[Result, None, None]:
    """Do the jobs as the schedule says; yield each one's result as it comes.

    What `work` raises is raised here. Closing the generator closes what is under way.
    """
    turns = _Queue(jobs, schedule)
    if schedule.concurrency == 1:
        while (left := turns.left()) < math.inf:
            if left:
                time.sleep(left)
            else:
                yield run(work(turns.take()))
        return
    with EventLoop[Result]() as loop:
        while (left := turns.left()) < math.inf or len(loop):
            if len(loop) == schedule.concurrency:
                left = math.inf
            elif not left:
                # One at a time: answers that have come meanwhile are not kept waiting.
                loop.spawn(work(turns.take()))
            yield from loop.poll(left)


class _Queue(Generic[Job]):
    """The jobs, and when it is the next one's turn."""

    def __init__(self, jobs: Iterable[Job], schedule: Schedule) -> None:
        self._jobs = iter(jobs)
        self._next = list(itertools.islice(self._jobs, 1))
        self._schedule = schedule
        self._due = time.monotonic()
        self._end = math.inf if schedule.duration is None else self._due + schedule.duration

    def left(self) -> float:
        """Return the seconds until the next turn, infinity if there is none any more."""
        if not self._next:
            return math.inf
        if not self._schedule.is_watch:
            return 0.0
        now = time.monotonic()
        return math.inf if max(now, self._due) > self._end else max(0.0, self._due - now)

    def take(self) -> Job:
        """Return the job whose turn it is."""
        job = self._next.pop()
        self._next.extend(itertools.islice(self._jobs, 1))
        if self._schedule.is_watch:
            now = time.monotonic()
            late = now - self._due >= self._schedule.interval
            self._due = (now if late else self._due) + self._schedule.interval
        return job
