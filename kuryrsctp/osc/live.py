# SPDX-License-Identifier: Apache-2.0

"""What a user who waits at a terminal sees of a probe meanwhile."""

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TextIO

from kuryrsctp.terminal_text import printable

if TYPE_CHECKING:
    from kuryrsctp.prober.statistics import Summary
    from kuryrsctp.sctp.messages import Exchange

# More lines than a screen holds tell nobody anything.
MAX_LINES = 50
_LINE = 60

Show = Callable[["Exchange"], None]


@contextlib.contextmanager
def shown(stream: TextIO, total: int | None, summary: "Summary") -> Iterator[Show]:
    """Show a line for each message, or one line of progress if they are many or without end."""
    if total is not None and total <= MAX_LINES:
        yield lambda exchange: print(_line(exchange), file=stream, flush=True)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(file=stream), transient=True) as progress:
        task = progress.add_task("", total=total)

        def show(_: "Exchange") -> None:
            outcomes = (f"{count} {one.value}" for one, count in summary.outcomes.most_common())
            progress.update(task, completed=summary.messages, description=", ".join(outcomes))

        yield show


@contextlib.contextmanager
def nothing() -> Iterator[Show]:
    """Show nothing."""
    yield lambda _: None


def _line(exchange: "Exchange") -> str:
    time = "" if exchange.rtt is None else f"{exchange.rtt * 1000:.2f} ms"
    said = printable(exchange.answer, _LINE) or exchange.detail
    return f"{exchange.seq:3}  {exchange.target}  {exchange.outcome.value:<15}  {time:>10}  {said}"
