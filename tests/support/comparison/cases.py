# SPDX-License-Identifier: Apache-2.0

"""What a case is."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.support.comparison.service import Port, Setup

Seen = dict[str, str]
"""What was seen: `client` by who sends messages, `octavia` of its API, `verify` in that command."""
Play = Callable[[Port], Seen]


@dataclass(frozen=True)
class Case:
    """A row of the page.

    `play` is given a port in which all is well, and leaves it so. With a `setup` the port is the
    case's own, and need not be left so.
    """

    name: str
    title: str
    play: Play
    setup: Setup | None = None


def add_to(cases: list[Case], title: str, setup: Setup | None = None) -> Callable[[Play], Play]:
    """Make a case of a function."""

    def add(play: Play) -> Play:
        cases.append(Case(play.__name__.strip("_"), title, play, setup))
        return play

    return add


def all_of(port: Port, **options: float) -> Seen:
    """Return what is seen from each side; the options are those of `Port.exchanges`."""
    seen = {"client": port.client(**options), "verify": port.verdict()}
    return seen | ({"octavia": port.states()} if port.cloud.is_reported else {})
