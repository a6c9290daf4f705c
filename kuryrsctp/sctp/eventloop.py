# SPDX-License-Identifier: Apache-2.0


"""Work that waits for sockets, in task: alone, or side by side on one thread.

A piece of work is a generator. It yields what it waits for, is told whether that came in time,
and returns its result.
"""

import itertools
import math
import select
import time
from collections.abc import Generator
from types import TracebackType
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class WaitFor(NamedTuple):
    """A wait from `now` to `until` for an event of poll(2), or an error, on a descriptor.

    Both are seconds on the monotonic clock. Without a descriptor it is the time itself that
    is waited for.
    """

    now: float
    until: float
    descriptor: int | None = None
    event: int = 0


Task = Generator[WaitFor, bool, T]


def run(task: Task[T]) -> T:
    """Do one piece of work, and return its result."""
    try:
        wait = next(task)
        while True:
            wait = task.send(_wait_once(wait))
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        # Interrupted while it waited, it does not know yet.
        task.close()


def _wait_once(wait: WaitFor) -> bool:
    seconds = max(0.0, wait.until - wait.now)
    if wait.descriptor is None:
        time.sleep(seconds)
        return False
    poller = select.poll()
    poller.register(wait.descriptor, wait.event)
    return seconds > 0 and bool(poller.poll(seconds * 1000))


class EventLoop(Generic[T]):
    """Pieces of work that go on as what they wait for comes.

    Use it as a context manager: what has not ended by then is closed.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._epoll = select.epoll()
        # By descriptor, or by a number below 0 where it is just time.
        self._waiting: dict[int, tuple[Task[T], float]] = {}
        self._timers = itertools.count(-1, -1)
        self._ended: list[T] = []
        # Nothing gives up waiting before: a lower bound, which spares looking at each.
        self._earliest = math.inf

    def __enter__(self) -> "EventLoop[T]":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for task, _ in self._waiting.values():
            task.close()
        self._epoll.close()

    def __len__(self) -> int:
        """Return how many have begun and not ended."""
        return len(self._waiting)

    def spawn(self, task: Task[T]) -> None:
        """Do the first step of a piece of work. What it raises is raised here."""
        self._resume(task)

    def poll(self, seconds: float) -> list[T]:
        """Let go on what can, after at most `seconds`; return the results of what has ended.

        What a piece raises is raised here.
        """
        now = time.monotonic()
        if now >= self._earliest:
            self._expire(now)
        left = 0.0 if self._ended else max(0.0, min(seconds, self._earliest - now))
        for descriptor, _ in self._epoll.poll(None if left == math.inf else left):
            task, _ = self._waiting.pop(descriptor)
            self._resume(task, True)
        ended, self._ended = self._ended, []
        return ended

    def _expire(self, now: float) -> None:
        late = [key for key, (_, until) in self._waiting.items() if until <= now]
        for key in late:
            task, _ = self._waiting.pop(key)
            self._resume(task, False)
        self._earliest = min((until for _, until in self._waiting.values()), default=math.inf)

    def _resume(self, task: Task[T], came: bool | None = None) -> None:
        try:
            wait = next(task) if came is None else task.send(came)
        except StopIteration as end:
            self._ended.append(end.value)
            return
        key = next(self._timers) if wait.descriptor is None else wait.descriptor
        if wait.descriptor is not None:
            self._register(wait.descriptor, wait.event | select.EPOLLONESHOT)
        self._waiting[key] = task, wait.until
        self._earliest = min(self._earliest, wait.until)

    def _register(self, descriptor: int, events: int) -> None:
        try:
            self._epoll.register(descriptor, events)
        except FileExistsError:
            self._epoll.modify(descriptor, events)
