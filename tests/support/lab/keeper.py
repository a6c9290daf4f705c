# SPDX-License-Identifier: Apache-2.0

"""The process that boots a guest, watches over it, and leaves nothing behind.

It is a process of its own so that it can still clean up when the one that asked for the lab is
killed: that one holds the other end of its standard input, which then closes. It prints one line
of JSON: ``{"run": directory}`` once the guest is ready, or ``{"error": reason}``.
"""

import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tty
from pathlib import Path
from typing import Any

from tests.support.lab import protocol, topology, uml
from tests.support.lab.errors import BootError
from tests.support.lab.guest_settings import Settings

_POLL_INTERVAL = 0.02
_GRACE = 5.0
"""Seconds that the guest gets to halt itself after its time is up."""


class Keeper:
    """One guest, its run directory and its processes."""

    def __init__(self, settings: Settings, lifeline: int | None) -> None:
        self._settings = settings
        self._lifeline = lifeline
        self._born = time.monotonic()
        self._terminals: list[tuple[int, int]] = []
        self._guest: subprocess.Popen[bytes] | None = None
        self.run = Path(tempfile.mkdtemp(prefix="kuryrsctp-lab.", dir="/tmp"))

    def boot(self) -> None:
        """Return when the guest is ready; raise BootError if it will not be."""
        self._lay_out()
        serial = [master for master, _ in self._terminals]
        if self._settings.link is not None:
            serial.append(self._settings.link)
        guest = self._guest = uml.start(self.run, self._settings.memory, serial)
        if self._settings.link is not None:
            os.close(self._settings.link)  # the guest alone holds it, so that it ends with it
        deadline = self._born + self._settings.boot_timeout
        while not (self.run / protocol.READY).exists():
            if guest.poll() is not None:
                raise BootError(self._reason())
            if self._abandoned(_POLL_INTERVAL):
                raise SystemExit(1)
            if time.monotonic() > deadline:
                seconds = self._settings.boot_timeout
                raise BootError(f"not ready within {seconds:g} s; {uml.last_words(self.run)}")
        if self._lifeline is None:
            protocol.RUNNING.unlink(missing_ok=True)
            protocol.RUNNING.symlink_to(self.run)

    def watch(self) -> None:
        """Return when the guest ended, its time is up, or nobody needs it any more."""
        assert self._guest is not None
        deadline = self._born + self._settings.timeout + _GRACE
        while self._guest.poll() is None and time.monotonic() < deadline:
            if self._abandoned(0.2):
                return

    def close(self) -> None:
        """End the guest and remove what it left."""
        if self._guest is not None:
            uml.end(self._guest, self.run)
        if protocol.RUNNING.resolve() == self.run:
            protocol.RUNNING.unlink()
        shutil.rmtree(self.run, ignore_errors=True)

    def _lay_out(self) -> None:
        for name in (protocol.REQUESTS, protocol.JOBS, protocol.LOGS, protocol.TERMINALS):
            (self.run / name).mkdir()
        (self.run / protocol.CODE).symlink_to(topology.REPOSITORY)
        protocol.write_json(self.run / protocol.SETTINGS, self._settings.to_json())
        self._lock = (self.run / protocol.LOCK).open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._lock.write(str(os.getpid()))
        self._lock.flush()
        for number in range(1, uml.TERMINALS + 1):
            master, slave = os.openpty()
            tty.setraw(slave)
            self._terminals.append((master, slave))
            (self.run / protocol.TERMINALS / str(number)).write_text(os.ttyname(slave))

    def _reason(self) -> str:
        failed = self.run / protocol.FAILED
        return failed.read_text() if failed.exists() else uml.explain(self.run)

    def _abandoned(self, wait: float) -> bool:
        """Return whether the process that wanted the guest is gone; wait so long for that."""
        if self._lifeline is None:
            time.sleep(wait)
            return False
        readable, _, _ = select.select([self._lifeline], [], [], wait)
        return bool(readable)


def main(arguments: list[str]) -> int:
    """Keep one guest; the argument is its settings, ``detached`` keeps it without a lifeline."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    content: dict[str, Any] = json.loads(arguments[0])
    detached = arguments[1:] == ["detached"]
    keeper = Keeper(Settings.from_json(content), None if detached else sys.stdin.fileno())
    try:
        keeper.boot()
        _say(run=str(keeper.run))
        keeper.watch()
    except BootError as error:
        _say(error=str(error))
        return 1
    finally:
        keeper.close()
    return 0


def _say(**line: str) -> None:
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
