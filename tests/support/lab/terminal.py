# SPDX-License-Identifier: Apache-2.0

"""An interactive shell in the guest, on this process's own terminal."""

import contextlib
import fcntl
import os
import select
import shutil
import signal
import sys
import termios
import tty
from collections.abc import Iterator

from tests.support.lab import protocol, uml
from tests.support.lab.errors import LabError
from tests.support.lab.machine import Lab
from tests.support.lab.process import Process, request

_POLL_INTERVAL = 0.05
_CHUNK = 1 << 16


def attached() -> bool:
    """Return whether somebody sits in front of this process."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def shell(lab: Lab, namespace: str) -> int:
    """Run an interactive shell until it ends; return its exit status."""
    with _line(lab) as (number, line), _window(lab, number), _raw():
        size = shutil.get_terminal_size()
        start = f"stty sane rows {size.lines} columns {size.columns}; exec bash --norc"
        environment = {
            "TERM": os.environ.get("TERM", "dumb"),
            "PS1": rf"lab {namespace} \w\$ ",
        }
        process = lab.spawn(["sh", "-c", start], ns=namespace, env=environment, terminal=number)
        try:
            return _relay(process, line)
        finally:
            process.kill()
            process.close()


def _relay(process: Process, line: int) -> int:
    """Carry bytes both ways until the shell has ended and all it printed is here."""
    keyboard, screen = sys.stdin.fileno(), sys.stdout.fileno()
    sources = [keyboard, line]
    while True:
        status = process.poll()
        readable, _, _ = select.select(sources, [], [], _POLL_INTERVAL)
        if line in readable:
            _write(screen, os.read(line, _CHUNK))
        elif status is not None:
            return status if status >= 0 else 128 - status
        if keyboard in readable:
            typed = os.read(keyboard, _CHUNK)
            _write(line, typed)
            if not typed:
                sources.remove(keyboard)


def _write(target: int, data: bytes) -> None:
    while data:
        data = data[os.write(target, data) :]


@contextlib.contextmanager
def _line(lab: Lab) -> Iterator[tuple[int, int]]:
    """Claim a serial line that nobody uses; give its number and the host's end of it."""
    for number in range(1, uml.TERMINALS + 1):
        with (lab.directory / protocol.TERMINALS / str(number)).open() as claim:
            try:
                fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            end = os.open(claim.read(), os.O_RDWR | os.O_NOCTTY)
            try:
                termios.tcflush(end, termios.TCIOFLUSH)
                yield number, end
            finally:
                os.close(end)
            return
    raise LabError(f"{uml.TERMINALS} shells are open, and the lab has no more serial lines")


@contextlib.contextmanager
def _window(lab: Lab, number: int) -> Iterator[None]:
    """Tell the guest when the window's size changes."""

    def resize(*_: object) -> None:
        size = os.get_terminal_size(sys.stdout.fileno())
        content = {"terminal": number, "rows": size.lines, "columns": size.columns}
        request(lab.directory, {"kind": "resize", **content})

    before = signal.signal(signal.SIGWINCH, resize)
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)


@contextlib.contextmanager
def _raw() -> Iterator[None]:
    """Hand every key to the guest, Ctrl-C among them."""
    keyboard = sys.stdin.fileno()
    before = termios.tcgetattr(keyboard)
    tty.setraw(keyboard)
    try:
        yield
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)
