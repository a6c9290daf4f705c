# SPDX-License-Identifier: Apache-2.0

"""How the host and the guest talk: files in the run directory, which both can write.

A request is a JSON file in ``requests/``, written under another name and then renamed, so that the
agent in the guest never reads half of one. What a command prints grows in ``jobs/<id>/stdout`` and
``stderr``; ``jobs/<id>/result`` says how it ended. No file is ever written twice: the guest's
kernel does not notice when the host changes a file it has already read.
"""

import fcntl
import json
from pathlib import Path
from typing import Any

from tests.support.lab import topology

SETTINGS = "settings"
"""Written by the host before the boot; see `tests.support.lab.guest_settings.Settings`."""
READY = "ready"
"""Written by the guest when everything asked for is up."""
FAILED = "failed"
"""Written by the guest: one line that says why it did not come up."""
CONSOLE = "console.log"
LOCK = "lock"
"""Holds the keeper's process ID, and is locked by it for as long as the guest lives."""
CODE = "code"
"""Leads to the repository, under a path without spaces."""
REQUESTS = "requests"
JOBS = "jobs"
LOGS = "logs"
TERMINALS = "terminals"
"""A file for each serial line: the path of the host's end."""

RUNNING = topology.REPOSITORY / ".lab" / "running"
"""Leads to the run directory of the machine that was started detached."""

MAX_OUTPUT = 256 * 1024 * 1024
"""Bytes a command may write to either channel before it is killed."""


def write_json(path: Path, content: Any) -> None:
    """Write a file that is either there, whole, or not there."""
    unfinished = path.with_name(f".{path.name}")
    unfinished.write_text(json.dumps(content), encoding="utf-8")
    unfinished.rename(path)


def read_json(path: Path) -> Any:
    """Return the content of a file written by `write_json`."""
    return json.loads(path.read_text(encoding="utf-8"))


def alive(run: Path) -> bool:
    """Return whether a machine's keeper still holds the lock in the run directory."""
    try:
        with (run / LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
