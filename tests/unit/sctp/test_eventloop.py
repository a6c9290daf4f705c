# SPDX-License-Identifier: Apache-2.0

"""Tasks that wait for real descriptors, run alone and many at once."""

import os
import select
import time
from collections.abc import Iterator

import pytest

from kuryrsctp.sctp.eventloop import EventLoop, Task, WaitFor, run, sleep_until

LONG = 10.0
SHORT = 0.05


class Pipe:
    """A pipe, and a task that waits for what is written into it."""

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe()
        self.closed = False

    def write(self) -> None:
        """Write one byte."""
        os.write(self.writer, b"x")

    def read(self, seconds: float = LONG, count: int = 1) -> Task[str]:
        """Read `count` bytes, and wait up to `seconds` for each."""
        try:
            for _ in range(count):
                deadline = time.monotonic() + seconds
                if not (yield WaitFor(self.reader, select.POLLIN, deadline)):
                    return "late"
                os.read(self.reader, 1)
        finally:
            self.closed = True
        return "came"


@pytest.fixture
def pipes() -> Iterator[list[Pipe]]:
    """Return some pipes."""
    some = [Pipe() for _ in range(4)]
    yield some
    for pipe in some:
        os.close(pipe.reader)
        os.close(pipe.writer)


def test_a_task_goes_on_when_its_event_comes(pipes: list[Pipe]) -> None:
    pipes[0].write()
    pipes[0].write()
    assert run(pipes[0].read(count=2)) == "came"


def test_a_task_is_told_when_its_deadline_has_come_and_not_before(pipes: list[Pipe]) -> None:
    began = time.monotonic()
    assert run(pipes[0].read(SHORT)) == "late"
    assert time.monotonic() - began >= SHORT


def test_a_task_sleeps_until_its_deadline() -> None:
    def sleep(deadline: float) -> Task[bool]:
        return (yield sleep_until(deadline))

    deadline = time.monotonic() + SHORT
    assert not run(sleep(deadline))
    assert time.monotonic() >= deadline


def test_a_deadline_that_has_passed_is_not_waited_for(pipes: list[Pipe]) -> None:
    began = time.monotonic()
    assert run(pipes[0].read(-LONG)) == "late"
    assert time.monotonic() - began < LONG / 2


def test_in_a_loop_each_task_goes_on_when_its_own_event_comes(pipes: list[Pipe]) -> None:
    with EventLoop[str]() as loop:
        for pipe in pipes:
            loop.spawn(pipe.read(count=2))
        assert len(loop) == len(pipes)
        pipes[2].write()
        assert loop.poll(SHORT) == []
        pipes[2].write()
        assert loop.poll(LONG) == ["came"]
        assert len(loop) == len(pipes) - 1


def test_in_a_loop_each_task_is_told_when_its_own_deadline_has_come_and_not_before(
    pipes: list[Pipe],
) -> None:
    began = time.monotonic()
    ends: list[float] = []
    with EventLoop[str]() as loop:
        for number, pipe in enumerate(pipes, start=1):
            loop.spawn(pipe.read(SHORT * number))
        while len(loop):
            ends.extend(time.monotonic() - began for _ in loop.poll(LONG))
    assert len(ends) == len(pipes)
    assert all(end >= SHORT * number for number, end in enumerate(ends, start=1))


def test_a_deadline_that_has_come_does_not_wait_for_those_of_other_tasks(pipes: list[Pipe]) -> None:
    with EventLoop[str]() as loop:
        for pipe in pipes[1:]:
            loop.spawn(pipe.read(LONG))
        loop.spawn(pipes[0].read(SHORT))
        while not (results := loop.poll(LONG)):
            pass
        assert results == ["late"]
        assert len(loop) == len(pipes) - 1


def test_poll_waits_no_longer_than_asked_for(pipes: list[Pipe]) -> None:
    with EventLoop[str]() as loop:
        loop.spawn(pipes[0].read())
        began = time.monotonic()
        assert loop.poll(SHORT) == []
        assert SHORT * 0.9 <= time.monotonic() - began < LONG / 2


def test_a_task_that_ends_without_a_wait_is_not_waited_for(pipes: list[Pipe]) -> None:
    def at_once() -> Task[str]:
        return "at once"
        yield

    with EventLoop[str]() as loop:
        loop.spawn(pipes[0].read())
        loop.spawn(at_once())
        assert loop.poll(LONG) == ["at once"]


def test_tasks_that_have_not_ended_are_closed(pipes: list[Pipe]) -> None:
    with EventLoop[str]() as loop:
        for pipe in pipes:
            loop.spawn(pipe.read())
    assert all(pipe.closed for pipe in pipes)


def test_an_interrupted_wait_closes_the_task_as_well(
    pipes: list[Pipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(select, "poll", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(pipes[0].read())
    assert pipes[0].closed
