# SPDX-License-Identifier: Apache-2.0

"""A command in the guest, seen from the host."""

import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from tests.support.lab import protocol
from tests.support.lab.errors import LabError

_POLL_INTERVAL = 0.005
_GRACE = 15.0
"""Seconds that the guest gets, beyond a command's own timeout, to say how it ended."""


class Process:
    """A command that was started in the guest, and may still run."""

    def __init__(
        self, run: Path, argv: Sequence[str], stdin: bytes, options: Mapping[str, Any]
    ) -> None:
        self.args = list(argv)
        self._run = run
        self._name = secrets.token_hex(8)
        self._timeout: float | None = options["timeout"]
        self._born = time.monotonic()
        self._result: dict[str, Any] | None = None
        self._directory = run / protocol.JOBS / self._name
        if not protocol.alive(run):
            raise LabError("the lab is not running any more")
        self._directory.mkdir()
        (self._directory / "stdin").write_bytes(stdin)
        for channel in ("stdout", "stderr"):
            (self._directory / channel).touch()
        request(run, {"kind": "run", "job": self._name, "argv": self.args, **options})

    def poll(self) -> int | None:
        """Return the exit status, negative for a signal, or None while the command runs.

        Raises subprocess.TimeoutExpired when the guest ended it because its time was up, and
        LabError when it could not be started where it should run, printed too much, or the
        whole guest is gone.
        """
        if self._result is None and (self._directory / "result").exists():
            self._result = protocol.read_json(self._directory / "result")
        if self._result is None:
            if not protocol.alive(self._run):
                raise LabError("the lab ended while a command was running")
            if self._timeout is not None and self.age > self._timeout + _GRACE:
                raise LabError("the guest does not answer")
            return None
        if "error" in self._result:
            raise LabError(self._result["error"])
        if self._result.get("timed_out"):
            assert self._timeout is not None
            raise subprocess.TimeoutExpired(self.args, self._timeout, *self.output_bytes())
        return int(self._result["status"])

    @property
    def age(self) -> float:
        """Seconds since the command was started."""
        return time.monotonic() - self._born

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status; raise subprocess.TimeoutExpired if it takes longer."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if timeout is not None and deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(self.args, timeout)
            time.sleep(_POLL_INTERVAL)
        return status

    def wait_for(self, text: str, timeout: float, number: int = 1) -> None:
        """Wait until the command has printed `text` so many times on stdout.

        :raises LabError: it ended before, or `timeout` seconds have passed.
        """
        deadline = time.monotonic() + timeout
        while self.output()[0].count(text) < number:
            if self.poll() is not None or time.monotonic() > deadline:
                raise LabError(f"'{text}' was not printed {number} times: {self.output()}")
            time.sleep(_POLL_INTERVAL)

    def terminate(self) -> None:
        """Ask the command, and what it started, to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the command, and what it started."""
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: int) -> None:
        """Send a signal to every process of the command's session."""
        request(self._run, {"kind": "signal", "job": self._name, "signal": int(number)})

    def output_bytes(self) -> tuple[bytes, bytes]:
        """Return what the command printed so far on stdout and on stderr."""
        stdout, stderr = ((self._directory / c).read_bytes() for c in ("stdout", "stderr"))
        return stdout, stderr

    def output(self) -> tuple[str, str]:
        """Return the same as text; bytes that are no UTF-8 become lone surrogates."""
        stdout, stderr = (data.decode(errors="surrogateescape") for data in self.output_bytes())
        return stdout, stderr

    def open(self, channel: str) -> BinaryIO:
        """Open the growing file of what it prints on ``stdout`` or ``stderr``."""
        return (self._directory / channel).open("rb")

    def close(self) -> None:
        """Forget the output."""
        shutil.rmtree(self._directory, ignore_errors=True)


def request(run: Path, content: Mapping[str, Any]) -> None:
    """Hand the guest's agent a request."""
    name = f"{time.time_ns()}-{secrets.token_hex(4)}"
    try:
        protocol.write_json(run / protocol.REQUESTS / name, content)
    except FileNotFoundError as error:
        raise LabError("the lab is not running any more") from error
