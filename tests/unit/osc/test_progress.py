# SPDX-License-Identifier: Apache-2.0

"""What is shown of the progress of a command on a terminal."""

import os
import pty
import re
import time
from collections.abc import Callable
from typing import TextIO

from kuryrsctp.addresses import Endpoint
from kuryrsctp.model import Outcome
from kuryrsctp.osc import progress
from kuryrsctp.prober.statistics import Summary
from kuryrsctp.prober.targets import Target
from kuryrsctp.sctp.messages import Exchange

VIP = Endpoint("10.0.0.158", 90)


def shown(show: Callable[[TextIO], None]) -> str:
    """Return what a terminal is given."""
    reader, writer = pty.openpty()
    with os.fdopen(writer, "w") as terminal:
        show(terminal)
        data = os.read(reader, 1 << 16).decode()
    os.close(reader)
    return data


def test_count_rate_and_time_left_are_shown() -> None:
    def show(terminal: TextIO) -> None:
        for _ in progress.track((time.sleep(0.01) for _ in range(80)), 80, terminal):
            pass

    assert re.search(r"[1-9]\d*/80\b.*\d+/s.*\d:\d\d:\d\d.*left", shown(show))


def test_without_a_known_total_count_and_rate_are_shown() -> None:
    def show(terminal: TextIO) -> None:
        with progress.counter(terminal) as advance:
            for _ in range(30):
                time.sleep(0.01)
                advance(1000)

    assert re.search(r"\d+000 read.*\d+/s", shown(show))


def exchanges_shown(total: int | None, number: int) -> str:
    """Return what a terminal is given for a number of exchanges of the total."""
    summary = Summary(None, (Target(VIP),))

    def show(terminal: TextIO) -> None:
        with progress.exchanges(terminal, total, summary) as update:
            for seq in range(1, number + 1):
                answer = b"\x1b[31mred"
                exchange = Exchange(seq, VIP, Outcome.ANSWERED, rtt=0.00123, answer=answer)
                summary.add(exchange)
                update(exchange)
            time.sleep(0.2)

    return shown(show)


def test_a_few_messages_have_a_line_each() -> None:
    lines = exchanges_shown(3, 3).splitlines()
    assert [line.split()[:5] for line in lines] == [
        [str(seq), "10.0.0.158:90", "ANSWERED", "1.23", "ms"] for seq in (1, 2, 3)
    ]
    assert all(line.endswith(r"\x1b[31mred") for line in lines)


def test_many_messages_have_a_bar_with_their_outcomes() -> None:
    text = exchanges_shown(progress.MAX_LINES + 1, 7)
    assert "7/51" in text
    assert "7 ANSWERED" in text
    assert str(VIP) not in text


def test_messages_without_a_known_total_have_a_bar_as_well() -> None:
    assert "7 ANSWERED" in exchanges_shown(None, 7)
