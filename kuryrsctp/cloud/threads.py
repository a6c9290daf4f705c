# SPDX-License-Identifier: Apache-2.0

"""Calls side by side on daemon threads.

Neither a deadline nor Ctrl-C waits for them; concurrent.futures joins its threads at exit.
"""

import atexit
import queue
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import TypeVar

T = TypeVar("T")

DEFAULT_JOBS = 8
"""How many calls run at a time unless told otherwise."""

_LAST_CALLS_TIMEOUT = 1.0

_threads: "weakref.WeakSet[threading.Thread]" = weakref.WeakSet()


@contextmanager
def running(
    functions: Sequence[Callable[[], T]], jobs: int = DEFAULT_JOBS
) -> Iterator[list["Future[T]"]]:
    """Call the functions, `jobs` at a time, for as long as the context lasts.

    The futures are in the order of the functions. Calls that have not begun when the context ends
    are dropped.
    """
    futures: list[Future[T]] = [Future() for _ in functions]
    tasks: queue.SimpleQueue[tuple[Future[T], Callable[[], T]]] = queue.SimpleQueue()
    for task in zip(futures, functions, strict=True):
        tasks.put(task)
    for _ in range(min(jobs, len(functions))):
        thread = threading.Thread(target=_work, args=(tasks,), daemon=True)
        thread.start()
        _threads.add(thread)
    try:
        yield futures
    finally:
        for future in futures:
            future.cancel()


def _work(tasks: "queue.SimpleQueue[tuple[Future[T], Callable[[], T]]]") -> None:
    while True:
        try:
            future, function = tasks.get_nowait()
        except queue.Empty:
            return
        if not future.set_running_or_notify_cancel():
            continue
        try:
            future.set_result(function())
        except BaseException as error:  # handed over to the thread that waits
            future.set_exception(error)


@atexit.register
def _await_last_calls() -> None:
    """Let calls that are about to end do so before the interpreter does.

    A thread that comes back to an interpreter that is being taken down can crash it (seen once,
    with Python 3.11.2 after Ctrl-C). One that waits for a silent API does not come back.
    """
    end = time.monotonic() + _LAST_CALLS_TIMEOUT
    with suppress(KeyboardInterrupt):
        for thread in list(_threads):
            thread.join(max(0.0, end - time.monotonic()))
