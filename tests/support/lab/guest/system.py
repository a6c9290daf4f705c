# SPDX-License-Identifier: Apache-2.0

"""System calls that Python's standard library does not offer, and waiting with a deadline."""

import contextlib
import ctypes
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from tests.support.lab import topology

MS_BIND = 0x1000
MS_REC = 0x4000
CLONE_NEWUTS = 0x04000000
CLONE_NEWNET = 0x40000000
POWER_OFF = 0x4321FEDC
NAMESPACES = Path("/run/netns")
STATE = Path("/run/lab")
"""What the lab keeps about its parts, in the guest's memory."""
LOGS = STATE / "logs"
"""What they say; the host can read along."""

_libc = ctypes.CDLL(None, use_errno=True)


class GuestError(Exception):
    """The guest cannot do what it was asked; the message is one line."""


def _check(result: int, what: str) -> None:
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


def mount(source: str, target: Path, kind: str, options: str = "", flags: int = 0) -> None:
    """Mount a file system on a directory, which is made when it is missing."""
    target.mkdir(parents=True, exist_ok=True)
    arguments = (source.encode(), bytes(target), kind.encode(), flags, options.encode())
    _check(_libc.mount(*arguments), f"mount {kind} on {target}")


def bind(source: Path, target: Path) -> None:
    """Show a directory, and what is mounted below it, in a second place."""
    mount(str(source), target, "none", flags=MS_BIND | MS_REC)


def power_off() -> None:
    """End the machine; only the first process may do that."""
    os.sync()
    _check(_libc.reboot(POWER_OFF), "reboot")


@contextlib.contextmanager
def inside(namespace: str) -> Iterator[None]:
    """Move the calling process into a network namespace, under its hostname, for a while.

    What is started meanwhile stays there.
    """
    if namespace == topology.ROOT:
        yield
        return
    with contextlib.ExitStack() as stack:
        before = [stack.enter_context(Path("/proc/self/ns", n).open("rb")) for n in ("net", "uts")]
        try:
            target = stack.enter_context((NAMESPACES / namespace).open("rb"))
        except FileNotFoundError as error:
            raise GuestError(f"there is no namespace {namespace}") from error
        _check(_libc.setns(target.fileno(), CLONE_NEWNET), f"enter {namespace}")
        try:
            _check(_libc.unshare(CLONE_NEWUTS), "unshare the hostname")
            socket.sethostname(namespace)
            yield
        finally:
            for file in before:
                _check(_libc.setns(file.fileno(), 0), f"leave {namespace}")


def call(argv: Sequence[str], text: str = "", environment: Mapping[str, str] | None = None) -> str:
    """Run a program with text on its standard input and return what it prints.

    ``environment`` is added to this process's own. Raises GuestError with what it had to say when
    it fails.
    """
    variables = {**os.environ, **environment} if environment else None
    result = subprocess.run(
        argv, input=text, capture_output=True, text=True, timeout=90, env=variables
    )
    if result.returncode != 0:
        said = " ".join((result.stderr or result.stdout).split())
        raise GuestError(f"{' '.join(argv)}: {said or f'exit status {result.returncode}'}")
    return result.stdout


def ip(*lines: str) -> None:
    """Run commands of ``ip`` at once; raise GuestError when one of them fails."""
    call(["ip", "-batch", "-"], "\n".join(lines) + "\n")


def lives(pid: int) -> bool:
    """Return whether a process runs; one that nobody has collected yet does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def exit_status(action: Callable[[], None]) -> int:
    """Do what a program of the guest is for; return its exit status, and say why it failed."""
    try:
        action()
    except GuestError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def wait_until(ready: Callable[[], bool], timeout: float, what: str) -> None:
    """Poll until something is so; raise GuestError after the timeout, in seconds."""
    deadline = time.monotonic() + timeout
    while not ready():
        if time.monotonic() > deadline:
            raise GuestError(f"{what}: not within {timeout:g} s")
        time.sleep(0.01)


def last_words(log: Path, number: int = 1) -> str:
    """Return the last lines of a log, which say most often why a program ended."""
    lines = log.read_text(errors="replace").strip().splitlines()
    return "\n".join(lines[-number:]) or "it said nothing"


def progress(what: str) -> None:
    """Say on the console how far the boot is, and when."""
    uptime = Path("/proc/uptime").read_text().split()[0]
    print(f"[{uptime}] {what}", flush=True)
