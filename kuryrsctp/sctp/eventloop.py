# SPDX-License-Identifier: Apache-2.0

"""Tasks that wait for sockets: one after the other, or many at once on one thread.

A task is a generator. It yields what it waits for, receives whether that came before the
deadline, and returns its result.
"""

import itertools
import math
import select
import time
from collections.abc import Generator
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class WaitFor(NamedTuple):
    """A wait for an event of poll(2), or an error, on a descriptor, up to a deadline.

    The deadline is in seconds on the monotonic clock. Without a descriptor, the task sleeps
    until then. A task that has just read the clock passes it on in `now`: where a look at the
    clock is a system call, as in the lab's User-Mode Linux without a vDSO, a further look before
    each wait costs 4 % of the rate of messages.
    """

    descriptor: int | None
    event: int
    deadline: float
    now: float | None = None


Task = Generator[WaitFor, bool, T]


def sleep_until(deadline: float) -> WaitFor:
    """Return a wait for nothing but the deadline, in seconds on the monotonic clock."""
    return WaitFor(None, 0, deadline)


def run(task: Task[T]) -> T:
    """Run one task to its end, and return its result."""
    try:
        wait = next(task)
        while True:
            wait = task.send(_wait_once(wait))
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        # If Ctrl-C interrupted the wait, the task itself has not ended.
        task.close()


def _wait_once(wait: WaitFor) -> bool:
    now = time.monotonic() if wait.now is None else wait.now
    seconds = max(0.0, wait.deadline - now)
    if wait.descriptor is None:
        time.sleep(seconds)
        return False
    poller = select.poll()
    poller.register(wait.descriptor, wait.event)
    return seconds > 0 and bool(poller.poll(seconds * 1000))


class EventLoop(Generic[T]):
    """Runs many tasks at once: each is resumed when its event or its deadline comes.

    Use it as a context manager: tasks that have not ended by its exit are closed.
    """

    def __init__(self) -> None:
        """Start without a task."""
        self._epoll = select.epoll()
        # By descriptor; by a number below 0 for a task that only sleeps.
        self._waiting: dict[int, tuple[Task[T], float]] = {}
        self._sleepers = itertools.count(-1, -1)
        self._results: list[T] = []
        # No deadline is earlier. It may be too early, but then not every task has to be
        # looked at each time.
        self._earliest = math.inf

    def __enter__(self) -> "EventLoop[T]":
        return self

    def __exit__(self, *_error: object) -> None:
        for task, _ in self._waiting.values():
            task.close()
        self._epoll.close()

    def __len__(self) -> int:
        """Return the number of tasks that have not ended."""
        return len(self._waiting)

    def spawn(self, task: Task[T]) -> None:
        """Start a task, and run it up to its first wait. What it raises is raised here."""
        self._resume(task)

    def poll(self, seconds: float) -> list[T]:
        """Wait up to `seconds` for events, resume their tasks, return the results of ended tasks.

        What a task raises is raised here.
        """
        now = time.monotonic()
        if now >= self._earliest:
            self._expire(now)
        left = 0.0 if self._results else max(0.0, min(seconds, self._earliest - now))
        for descriptor, _ in self._epoll.poll(None if left == math.inf else left):
            task, _ = self._waiting.pop(descriptor)
            self._resume(task, True)
        results, self._results = self._results, []
        return results

    def _expire(self, now: float) -> None:
        """Resume the tasks whose deadline has come."""
        late = [key for key, (_, deadline) in self._waiting.items() if deadline <= now]
        for key in late:
            task, _ = self._waiting.pop(key)
            self._resume(task, False)
        deadlines = (deadline for _, deadline in self._waiting.values())
        self._earliest = min(deadlines, default=math.inf)

    def _resume(self, task: Task[T], event_came: bool | None = None) -> None:
        try:
            wait = next(task) if event_came is None else task.send(event_came)
        except StopIteration as end:
            self._results.append(end.value)
            return
        key = next(self._sleepers) if wait.descriptor is None else wait.descriptor
        if wait.descriptor is not None:
            self._register(wait.descriptor, wait.event | select.EPOLLONESHOT)
        self._waiting[key] = task, wait.deadline
        self._earliest = min(self._earliest, wait.deadline)

    def _register(self, descriptor: int, events: int) -> None:
        try:
            self._epoll.register(descriptor, events)
        except FileExistsError:
            self._epoll.modify(descriptor, events)
