# SPDX-License-Identifier: Apache-2.0

"""The progress bar of long looks."""

import os
import pty
import re
import time
from collections.abc import Callable
from typing import TextIO

from kuryrsctp.osc import progress


def seen(show: Callable[[TextIO], None]) -> str:
    """Return what a terminal is given."""
    reader, writer = pty.openpty()
    with os.fdopen(writer, "w") as terminal:
        show(terminal)
        data = os.read(reader, 1 << 16).decode()
    os.close(reader)
    return data


def test_count_rate_and_time_left_are_shown() -> None:
    def show(terminal: TextIO) -> None:
        for _ in progress.shown((time.sleep(0.01) for _ in range(80)), 80, terminal):
            pass

    assert re.search(r"[1-9]\d*/80\b.*\d+/s.*\d:\d\d:\d\d.*left", seen(show))


def test_of_what_has_no_known_end_count_and_rate_are_shown() -> None:
    def show(terminal: TextIO) -> None:
        with progress.counted(terminal) as more:
            for _ in range(30):
                time.sleep(0.01)
                more(1000)

    assert re.search(r"\d+000 read.*\d+/s", seen(show))
