# SPDX-License-Identifier: Apache-2.0

"""Shows the progress of a command on a terminal.

`VerdictLister.progress_stream` decides whether there is a terminal to show it on.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO, TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from kuryrsctp.terminal_text import printable

if TYPE_CHECKING:
    from kuryrsctp.prober.statistics import Summary
    from kuryrsctp.sctp.messages import Exchange

T = TypeVar("T")

MAX_LINES = 50
"""Messages that have a line each: about what a screen holds."""

_MAX_ANSWER_LENGTH = 60


class Rate(ProgressColumn):
    """How many items are done in a second."""

    def render(self, task: Task) -> Text:
        """Return the rate, once there is one."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.0f}/s")


def track(items: Iterable[T], total: int, terminal: TextIO) -> Iterator[T]:
    """Yield the items; meanwhile show their number, their rate and the time left."""
    columns = (MofNCompleteColumn(), Rate(), TimeRemainingColumn(), TextColumn("left"))
    with _progress(terminal, *columns) as progress:
        yield from progress.track(items, total=total)


@contextmanager
def counter(terminal: TextIO) -> Iterator[Callable[[int], None]]:
    """Show the number and rate of items whose total is not known.

    Yields a function to call with the number of items that have been read since its last call.
    """
    with _progress(terminal, TextColumn("{task.completed:.0f} read"), Rate()) as progress:
        task = progress.add_task("", total=None)

        def advance(count: int) -> None:
            progress.advance(task, count)

        yield advance


@contextmanager
def exchanges(
    terminal: TextIO, total: int | None, summary: "Summary"
) -> Iterator["Callable[[Exchange], None]"]:
    """Show a line for each of a few messages; a bar for many, or if their total is not known.

    Yields a function to call with each exchange, when `summary` has counted it.
    """
    if total is not None and total <= MAX_LINES:
        yield lambda exchange: print(_line(exchange), file=terminal, flush=True)
        return
    columns = (MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with _progress(terminal, *columns) as progress:
        task = progress.add_task("", total=total)

        def update(_: "Exchange") -> None:
            counts = summary.outcomes.most_common()
            outcomes = ", ".join(f"{count} {outcome.value}" for outcome, count in counts)
            progress.update(task, completed=summary.messages, description=outcomes)

        yield update


def _line(exchange: "Exchange") -> str:
    time = "" if exchange.rtt is None else f"{exchange.rtt * 1000:.2f} ms"
    text = printable(exchange.answer, _MAX_ANSWER_LENGTH) or exchange.detail
    return f"{exchange.seq:3}  {exchange.target}  {exchange.outcome.value:<15}  {time:>10}  {text}"


def _progress(terminal: TextIO, *columns: ProgressColumn) -> Progress:
    return Progress(
        BarColumn(bar_width=20),
        *columns,
        console=Console(file=terminal),
        transient=True,
        # The rows on stdout are not part of the progress.
        redirect_stdout=False,
        redirect_stderr=False,
    )
