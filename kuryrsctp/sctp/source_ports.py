# SPDX-License-Identifier: Apache-2.0

"""Chooses source ports: the one that this user's probes have not used for the longest time.

IPVS remembers a closed association (10 s in Linux 6.1) and drops the first INIT of a new one from
the same port. The kernel picks ports at random: of a thousand messages, a few would be delayed
although the service works. So would the messages of a run that starts at the ports where another
run has just ended.
"""

import errno
import fcntl
import itertools
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_DEFAULT_RANGE = (32768, 60999)

# Ports that a run reserves at a time. The usual range has 441 such blocks.
_BLOCK_SIZE = 64


def source_ports(low: int, high: int, first: int) -> Iterator[int]:
    """Yield the ports from `low` to `high`, both included, without end, starting with `first`."""
    size = high - low + 1
    return (low + (first - low + step) % size for step in itertools.count())


def ephemeral_ports() -> Iterator[int]:
    """Yield this host's ephemeral ports in order, without those that the user's last runs used.

    The runs of a user share a file in the user's cache directory, which says where the next
    block of ports begins. Where there cannot be such a file, each run begins at a random port.
    """
    low, high = _range()
    size = high - low + 1
    begin = secrets.randbelow(size)
    while True:
        begin = _take_block(size, default=begin)
        yield from itertools.islice(source_ports(low, high, low + begin), _BLOCK_SIZE)
        begin = (begin + _BLOCK_SIZE) % size


def _range() -> tuple[int, int]:
    try:
        low, high = map(int, _RANGE.read_text().split())
    except (OSError, ValueError):
        return _DEFAULT_RANGE
    return low, high


def _take_block(size: int, default: int) -> int:
    """Return where the next block begins in a range of `size` ports, and reserve it.

    Without a file the block begins at `default`, and nothing is reserved.
    """
    try:
        with _locked_file() as descriptor:
            content = os.pread(descriptor, 16, 0).strip()
            begin = int(content) % size if content.isdigit() else default
            os.pwrite(descriptor, b"%-15d\n" % ((begin + _BLOCK_SIZE) % size), 0)
    except (OSError, RuntimeError):
        return default
    return begin


def _directory() -> Path:
    """Return the directory of the shared file, and make it where it is missing.

    Raises OSError, RuntimeError where the user has no home.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    if not cache.is_absolute():
        raise FileNotFoundError(errno.ENOENT, "not an absolute path", str(cache))
    directory = cache / "kuryrsctp"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return directory


@contextmanager
def _locked_file() -> Iterator[int]:
    """Open and lock the shared file; raises OSError at once if another run has locked it."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    descriptor = os.open(_directory() / "source-port", flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield descriptor
    finally:
        os.close(descriptor)
