# SPDX-License-Identifier: Apache-2.0

"""Directories that cost much to make, kept in the user's cache directory for every checkout."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

_WHOLE = ".whole"


def kept(shelf: str, kind: str, inputs: Sequence[bytes], make: Callable[[Path], None]) -> Path:
    """Return the directory made from these inputs, and make it if there is none.

    An environment holds its own path, so it is made where it stays; a file says that it is whole.
    Whoever else wants the same one waits.
    """
    digest = hashlib.sha256(b"\0".join(inputs)).hexdigest()[:16]
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    cache = Path(base) / "kuryrsctp" / shelf
    wanted = cache / f"{kind}-{digest}"
    if (wanted / _WHOLE).exists():
        return wanted
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{kind}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (wanted / _WHOLE).exists():  # perhaps somebody else was making it
            shutil.rmtree(wanted, ignore_errors=True)
            wanted.mkdir()
            make(wanted)
            (wanted / _WHOLE).touch()
    return wanted


@contextlib.contextmanager
def step(text: str) -> Iterator[None]:
    """Say on stderr what is under way, and how long it took."""
    started = time.monotonic()
    print(f"{text} ...", file=sys.stderr, flush=True)
    yield
    print(f"{text}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
