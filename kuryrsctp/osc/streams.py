# SPDX-License-Identifier: Apache-2.0

"""Where a command writes: a locale that lacks characters, a full disk, a reader that went away."""

import errno
import io
import os
import sys
from typing import Any, TextIO

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


def accept_any_text(app: Any) -> None:
    r"""Let the application's streams escape (`\xfc`) what their encoding lacks.

    A stream that the caller closed takes all and keeps nothing.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, io.StringIO())
        stream = getattr(app, name) or getattr(sys, name)
        setattr(app, name, stream)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def encodable(text: str, stream: TextIO) -> str:
    """Return the text as the stream will write it: a table must know how wide that is."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def no_room(error: OSError) -> bool:
    """Tell whether an error means that there is no room for the output."""
    return error.errno in _NO_ROOM


def let_go(*streams: TextIO) -> None:
    """Flush streams for the last time; drop what can be written nowhere.

    Python would try once more at its exit, complain, and change the exit status.
    """
    for stream in streams:
        try:
            stream.flush()
        except OSError:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)
