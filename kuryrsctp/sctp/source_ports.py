# SPDX-License-Identifier: Apache-2.0


"""Source ports, each as long unused as can be.

IPVS remembers a closed association (10 s in Linux 6.1) and drops the first INIT of a new one from
the same port. The kernel picks ports at random: among a thousand a few would stall for no fault of
the service, and so would a run that happens to begin where another has just ended.
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

# What a run takes for itself at a time: few of the 441 blocks that there usually are.
_BLOCK = 64


def source_ports(low: int, high: int, first: int) -> Iterator[int]:
    """Yield the ports from `low` to `high`, both included, over and over from `first` on."""
    size = high - low + 1
    return (low + (first - low + turn) % size for turn in itertools.count())


def ephemeral_ports() -> Iterator[int]:
    """Yield this host's ephemeral ports in order, and none that a user's other runs just used.

    The runs take turns by a file in the user's cache directory. Where there can be none, each
    begins at a random port.
    """
    low, high = _range()
    size = high - low + 1
    begin = secrets.randbelow(size)
    while True:
        begin = _take_block(size, otherwise=begin)
        yield from itertools.islice(source_ports(low, high, low + begin), _BLOCK)
        begin = (begin + _BLOCK) % size


def _range() -> tuple[int, int]:
    try:
        low, high = map(int, _RANGE.read_text().split())
    except (OSError, ValueError):
        return _DEFAULT_RANGE
    return low, high


def _take_block(size: int, otherwise: int) -> int:
    """Return where the next block begins in a range of so many ports, and leave word of it."""
    try:
        with _turns() as descriptor:
            said = os.pread(descriptor, 16, 0).strip()
            begin = int(said) % size if said.isdigit() else otherwise
            os.pwrite(descriptor, b"%-15d\n" % ((begin + _BLOCK) % size), 0)
    except (OSError, RuntimeError):  # the latter where there is no home
        return otherwise
    return begin


@contextmanager
def _turns() -> Iterator[int]:
    """Open the user's file for one run at a time; raise OSError where another has it, too."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    if not cache.is_absolute():
        raise FileNotFoundError(errno.ENOENT, "not absolute", str(cache))
    directory = cache / "kuryrsctp"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    descriptor = os.open(directory / "source-port", flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield descriptor
    finally:
        os.close(descriptor)
