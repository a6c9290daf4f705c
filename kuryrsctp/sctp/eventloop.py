# SPDX-License-Identifier: Apache-2.0


"""Work that waits for sockets, in steps: alone, or side by side on one thread.

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


class Wait(NamedTuple):
    """A wait from `now` to `until` for an event of poll(2), or an error, on a descriptor.

    Both are seconds on the monotonic clock. Without a descriptor it is the time itself that
    is waited for.
    """

    now: float
    until: float
    descriptor: int | None = None
    event: int = 0


Steps = Generator[Wait, bool, T]


def alone(steps: Steps[T]) -> T:
    """Do one piece of work, and return its result."""
    try:
        wait = next(steps)
        while True:
            wait = steps.send(_came(wait))
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        # Interrupted while it waited, it does not know yet.
        steps.close()


def _came(wait: Wait) -> bool:
    seconds = max(0.0, wait.until - wait.now)
    if wait.descriptor is None:
        time.sleep(seconds)
        return False
    poller = select.poll()
    poller.register(wait.descriptor, wait.event)
    return seconds > 0 and bool(poller.poll(seconds * 1000))


class Together(Generic[T]):
    """Pieces of work that go on as what they wait for comes.

    Use it as a context manager: what has not ended by then is closed.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._epoll = select.epoll()
        # By descriptor, or by a number below 0 where it is just time.
        self._waiting: dict[int, tuple[Steps[T], float]] = {}
        self._timers = itertools.count(-1, -1)
        self._ended: list[T] = []
        # Nothing gives up waiting before: a lower bound, which spares looking at each.
        self._earliest = math.inf

    def __enter__(self) -> "Together[T]":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for steps, _ in self._waiting.values():
            steps.close()
        self._epoll.close()

    def __len__(self) -> int:
        """Return how many have begun and not ended."""
        return len(self._waiting)

    def begin(self, steps: Steps[T]) -> None:
        """Do the first step of a piece of work. What it raises is raised here."""
        self._go_on(steps)

    def wait(self, seconds: float) -> list[T]:
        """Let go on what can, after at most `seconds`; return the results of what has ended.

        What a piece raises is raised here.
        """
        now = time.monotonic()
        if now >= self._earliest:
            self._give_up(now)
        left = 0.0 if self._ended else max(0.0, min(seconds, self._earliest - now))
        for descriptor, _ in self._epoll.poll(None if left == math.inf else left):
            steps, _ = self._waiting.pop(descriptor)
            self._go_on(steps, True)
        ended, self._ended = self._ended, []
        return ended

    def _give_up(self, now: float) -> None:
        late = [key for key, (_, until) in self._waiting.items() if until <= now]
        for key in late:
            steps, _ = self._waiting.pop(key)
            self._go_on(steps, False)
        self._earliest = min((until for _, until in self._waiting.values()), default=math.inf)

    def _go_on(self, steps: Steps[T], came: bool | None = None) -> None:
        try:
            wait = next(steps) if came is None else steps.send(came)
        except StopIteration as end:
            self._ended.append(end.value)
            return
        key = next(self._timers) if wait.descriptor is None else wait.descriptor
        if wait.descriptor is not None:
            self._watch(wait.descriptor, wait.event | select.EPOLLONESHOT)
        self._waiting[key] = steps, wait.until
        self._earliest = min(self._earliest, wait.until)

    def _watch(self, descriptor: int, events: int) -> None:
        try:
            self._epoll.register(descriptor, events)
        except FileExistsError:
            self._epoll.modify(descriptor, events)
