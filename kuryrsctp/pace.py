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

"""When messages are sent, and how many at a time."""

import math
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TypeVar

from kuryrsctp.errors import UsageError

Job = TypeVar("Job")
Result = TypeVar("Result")

MOST_AT_ONCE = 1024
_LONGEST = 366 * 86400.0


@dataclass(frozen=True, slots=True)
class Pace:
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
    def watches(self) -> bool:
        """Whether it takes its time, as one does to see what changes meanwhile."""
        return self.interval > 0 or self.duration is not None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.interval) and 0 <= self.interval <= _LONGEST):
            raise UsageError(f"interval is {self.interval:g}: give seconds, 0 or more")
        if self.duration is not None and not 0 < self.duration <= _LONGEST:
            raise UsageError(f"duration is {self.duration:g}: give seconds, up to a year")
        if not 1 <= self.concurrency <= MOST_AT_ONCE:
            raise UsageError(f"concurrency is {self.concurrency}: give 1 to {MOST_AT_ONCE}")


def paced(
    jobs: Iterable[Job], work: Callable[[Job], Result], pace: Pace
) -> Generator[Result, None, None]:
    """Do the jobs at the given pace; yield each one's result as it comes.

    What `work` raises is raised here, once. Closing the generator begins no further job; jobs
    under way on threads of their own are left to end by themselves, and nothing waits for them.
    """
    stop = threading.Event()
    turns = _turns(jobs, pace, stop)
    try:
        if pace.concurrency == 1:
            yield from map(work, turns)
        else:
            yield from _side_by_side(turns, work, pace.concurrency, stop)
    finally:
        stop.set()


def _turns(jobs: Iterable[Job], pace: Pace, stop: threading.Event) -> Iterator[Job]:
    """Yield each job when its turn has come, until the end or `stop`."""
    due = time.monotonic()
    end = math.inf if pace.duration is None else due + pace.duration
    for job in jobs:
        if due > end:
            return
        if stop.wait(max(0.0, due - time.monotonic())):
            return
        now = time.monotonic()
        if now > end:
            return
        yield job
        due = (due if now - due < pace.interval else now) + pace.interval


def _side_by_side(
    turns: Iterator[Job], work: Callable[[Job], Result], concurrency: int, stop: threading.Event
) -> Iterator[Result]:
    results: SimpleQueue[tuple[Result] | BaseException | None] = SimpleQueue()
    turn = threading.Lock()
    # Results that nobody has taken yet hold up the next jobs, so that they cannot pile up.
    room = threading.Semaphore(2 * concurrency)

    def worker() -> None:
        try:
            while True:
                room.acquire()
                with turn:
                    job = next(turns, None)
                if job is None or stop.is_set():
                    break
                results.put((work(job),))
        except BaseException as error:  # raised again in the thread that waits
            results.put(error)
        else:
            results.put(None)

    for _ in range(concurrency):
        threading.Thread(target=worker, daemon=True).start()
    try:
        left = concurrency
        while left:
            result = results.get()
            if isinstance(result, BaseException):
                raise result
            if result is None:
                left -= 1
            else:
                yield result[0]
            room.release()
    finally:
        stop.set()
        room.release(concurrency)
