# SPDX-License-Identifier: Apache-2.0

"""Programs of the makers' lab as processes that log to a file and end with the lab."""

import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

STOP_TIMEOUT = 10.0  # seconds
_POLL = 0.05  # seconds
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)
# The kernel ends such a process with the *thread* that started it: this one stays.
_starter = ThreadPoolExecutor(1, thread_name_prefix="starter")


class LabFailed(Exception):
    """A part of the makers' lab did not come up, or ended; the message ends with its log."""


class Program:
    """A running program."""

    def __init__(self, name: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.name = name
        self.log = log
        self._process = process

    @classmethod
    def start(cls, argv: Sequence[object], log: Path, environ: Mapping[str, str]) -> "Program":
        """Start a program; it ends with the calling process, at the latest."""

        def prepare() -> None:
            _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

        def begin() -> "subprocess.Popen[bytes]":
            with log.open("ab") as output:
                return subprocess.Popen(
                    [str(word) for word in argv],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    env={"HOME": str(log.parent), **environ},
                    cwd=log.parent,
                    start_new_session=True,  # Ctrl-C is the lab's to handle
                    preexec_fn=prepare,
                )

        return cls(log.stem, _starter.submit(begin).result(), log)

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def is_running(self) -> bool:
        """Tell whether it runs."""
        return self._process.poll() is None

    def wait_until(self, ready: Callable[[], bool], timeout: float) -> None:
        """Wait until something is true that the program has to bring about.

        :param timeout: seconds.
        :raises LabFailed: the program ended, or took too long.
        """
        deadline = time.monotonic() + timeout
        while not ready():
            if self._process.poll() is not None:
                raise LabFailed(f"{self.name} ended: {tail(self.log)}")
            if time.monotonic() > deadline:
                raise LabFailed(f"{self.name} is not ready after {timeout:.0f} s: {tail(self.log)}")
            time.sleep(_POLL)

    def stop(self) -> None:
        """End it, by force where it does not end by itself."""
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def read_from(log: Path, offset: int) -> str:
    """Return what was written to a log behind an offset in bytes."""
    with log.open("rb") as opened:
        opened.seek(offset)
        return opened.read().decode(errors="replace")


def tail(log: Path, lines: int = 8) -> str:
    """Return the end of a log."""
    text = log.read_text(errors="replace").splitlines()[-lines:]
    return "\n  ".join(["", *text])


def plain_environ() -> dict[str, str]:
    """Return an environment without proxies, certificates or credentials of this host's user."""
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}


def free_port() -> int:
    """Return a TCP port of the loopback that nobody uses now."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])
