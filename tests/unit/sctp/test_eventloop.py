# SPDX-License-Identifier: Apache-2.0


"""Work in steps, with real descriptors."""

import os
import select
import time
from collections.abc import Iterator

import pytest

from kuryrsctp.sctp.eventloop import EventLoop, Task, WaitFor, run

PATIENCE = 10.0
SOON = 0.05


class Pipe:
    """A pipe, and work that waits for what comes through it."""

    def __init__(self) -> None:
        self.out, self.into = os.pipe()
        self.closed = False

    def write(self) -> None:
        """Let come what is waited for."""
        os.write(self.into, b"x")

    def read(self, seconds: float = PATIENCE, times: int = 1) -> Task[str]:
        """Wait for so many bytes."""
        try:
            for _ in range(times):
                now = time.monotonic()
                if not (yield WaitFor(now, now + seconds, self.out, select.POLLIN)):
                    return "late"
                os.read(self.out, 1)
        finally:
            self.closed = True
        return "came"


@pytest.fixture
def pipes() -> Iterator[list[Pipe]]:
    """Return some pipes."""
    some = [Pipe() for _ in range(4)]
    yield some
    for one in some:
        os.close(one.out)
        os.close(one.into)


def test_a_task_that_runs_alone_goes_on_when_the_event_comes(pipes: list[Pipe]) -> None:
    pipes[0].write()
    pipes[0].write()
    assert run(pipes[0].read(times=2)) == "came"


def test_a_task_that_runs_alone_is_told_when_its_time_is_up_and_not_before(
    pipes: list[Pipe],
) -> None:
    begun = time.monotonic()
    assert run(pipes[0].read(SOON)) == "late"
    assert time.monotonic() - begun >= SOON


def test_together_each_goes_on_as_its_own_event_comes(pipes: list[Pipe]) -> None:
    with EventLoop[str]() as loop:
        for pipe in pipes:
            loop.spawn(pipe.read(times=2))
        assert len(loop) == len(pipes)
        pipes[2].write()
        assert loop.poll(SOON) == []
        pipes[2].write()
        assert loop.poll(PATIENCE) == ["came"]
        assert len(loop) == len(pipes) - 1


def test_together_each_is_told_when_its_own_time_is_up_and_not_before(pipes: list[Pipe]) -> None:
    begun = time.monotonic()
    ends: list[float] = []
    with EventLoop[str]() as loop:
        for turn, pipe in enumerate(pipes):
            loop.spawn(pipe.read(SOON * (1 + turn)))
        while len(loop):
            ends.extend(time.monotonic() - begun for _ in loop.poll(PATIENCE))
    assert len(ends) == len(pipes)
    assert all(end >= SOON * (1 + turn) for turn, end in enumerate(ends))
    assert ends[0] < SOON * len(pipes)


def test_a_wait_for_others_is_no_longer_than_asked_for(pipes: list[Pipe]) -> None:
    with EventLoop[str]() as loop:
        loop.spawn(pipes[0].read())
        begun = time.monotonic()
        assert loop.poll(SOON) == []
        assert SOON * 0.9 <= time.monotonic() - begun < PATIENCE / 2


def test_what_has_ended_at_its_first_step_is_waited_for_no_longer(pipes: list[Pipe]) -> None:
    def at_once() -> Task[str]:
        return "at once"
        yield

    with EventLoop[str]() as loop:
        loop.spawn(pipes[0].read())
        loop.spawn(at_once())
        assert loop.poll(PATIENCE) == ["at once"]


def test_what_has_not_ended_is_closed(pipes: list[Pipe]) -> None:
    with EventLoop[str]() as loop:
        for pipe in pipes:
            loop.spawn(pipe.read())
    assert all(pipe.closed for pipe in pipes)


def test_an_interrupted_wait_closes_the_work_as_well(
    pipes: list[Pipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(select, "poll", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(pipes[0].read())
    assert pipes[0].closed
