# SPDX-License-Identifier: Apache-2.0

"""Processes that are forked, log to a file, and never outlive the process that made them."""

import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.context import ForkProcess
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_LOG_TAIL = 4096  # bytes
_libc = ctypes.CDLL(None, use_errno=True)


class Failed(Exception):
    """A step of the cloud failed; the message names it and ends with what its log says."""


def die_with(parent: int, signal_number: int = signal.SIGKILL) -> None:
    """Get a signal when the parent ends, however it ends.

    :param parent: the parent's process ID, in case it ended before this call.
    """
    if _libc.prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:
        sys.exit("the parent is gone")


def fork(name: str, log: Path, target: Callable[[], None]) -> ForkProcess:
    """Run a function in a child whose output goes to a log file."""
    parent = os.getpid()

    def run() -> None:
        die_with(parent)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
        with log.open("ab", buffering=0) as output:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
                os.dup2(output.fileno(), stream.fileno())
        sys.argv = [name]  # OpenStack's servers would read the arguments of this program
        target()

    process = multiprocessing.get_context("fork").Process(target=run, name=name)
    process.start()
    return process


def run(
    argv: Sequence[str], environment: Mapping[str, str], log: Path
) -> "subprocess.Popen[bytes]":
    """Start a program whose output goes to a log file.

    :param environment: variables, beside those of this process.
    """
    parent = os.getpid()
    with log.open("ab") as output:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **environment},
            preexec_fn=lambda: die_with(parent),
            start_new_session=True,  # Ctrl-C is the parent's to handle
        )


def finish(process: ForkProcess, log: Path, timeout: float) -> None:
    """Wait for a child.

    :param timeout: seconds, after which it is killed.
    :raises Failed: it failed or took too long.
    """
    process.join(timeout)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise Failed(f"{process.name} took longer than {timeout:.0f} s\n{tail(log)}")
    if process.exitcode:
        raise Failed(f"{process.name} failed\n{tail(log)}")


def log_of(state: Path, name: str) -> Path:
    """Return the log file of a process of a cloud, in the cloud's state."""
    return state / f"{name}.log"


def tail(log: Path) -> str:
    """Return the last lines of a log file."""
    with log.open("rb") as opened:
        opened.seek(max(0, log.stat().st_size - _LOG_TAIL))
        text = opened.read().decode(errors="replace")
    return "\n".join(f"  {log.name}: {line}" for line in text.splitlines()[-15:])
