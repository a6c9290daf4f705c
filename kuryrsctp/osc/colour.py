# SPDX-License-Identifier: Apache-2.0

"""Colours for what has to be seen at once: on a terminal that has them, and never in a pipe."""

import os
from typing import TextIO

_ESCAPES = {"FAIL": "\x1b[1;31m", "WARN": "\x1b[1;33m"}
_RESET = "\x1b[0m"


def has_colours(stream: TextIO) -> bool:
    """Tell whether a stream leads to a terminal with colours, and the user wants them.

    https://no-color.org
    """
    if os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb":
        return False
    return stream.isatty()


def coloured(status: str) -> str:
    """Return a status in its colour, if it has one."""
    escape = _ESCAPES.get(status)
    return f"{escape}{status}{_RESET}" if escape else status
