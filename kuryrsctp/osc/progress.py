# SPDX-License-Identifier: Apache-2.0

"""How far a long look at many services has come, for whoever waits at a terminal."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TextIO, TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

T = TypeVar("T")


class Rate(ProgressColumn):
    """How many are done in a second."""

    def render(self, task: Task) -> Text:
        """Return the rate, once there is one."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.0f}/s")


def shown(things: Iterable[T], total: int, terminal: TextIO) -> Iterator[T]:
    """Yield the things; show count, rate and time left meanwhile."""
    columns = (MofNCompleteColumn(), Rate(), TimeRemainingColumn(), TextColumn("left"))
    with _progress(terminal, *columns) as progress:
        yield from progress.track(things, total=total)


@contextmanager
def counted(terminal: TextIO) -> Iterator[Callable[[int], None]]:
    """Show count and rate of what comes in unknown numbers; yield what is to be told of each."""
    with _progress(terminal, TextColumn("{task.completed:.0f} read"), Rate()) as progress:
        task = progress.add_task("", total=None)

        def more(count: int) -> None:
            progress.advance(task, count)

        yield more


def _progress(terminal: TextIO, *columns: ProgressColumn) -> Progress:
    return Progress(
        BarColumn(bar_width=20),
        *columns,
        console=Console(file=terminal),
        transient=True,
        # The result goes its own way.
        redirect_stdout=False,
        redirect_stderr=False,
    )
