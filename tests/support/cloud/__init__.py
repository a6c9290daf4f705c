# SPDX-License-Identifier: Apache-2.0

"""A cloud of real Keystone, Neutron and Octavia on one host, without root and without a broker.

This module takes the standard library only; the servers run in an environment of their own.
"""

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
PYTHON = ROOT / ".lab" / "venv" / "bin" / "python"
START_TIMEOUT = 400.0  # seconds: the first start makes the databases
STOP_TIMEOUT = 15.0  # seconds
_POLL = 0.05  # seconds


class CloudFailed(Exception):
    """The cloud did not start; the message says why."""


class Cloud:
    """A running cloud on an address of this host; use it in a ``with`` statement.

    ``state`` is its directory, ``urls`` maps ``keystone``, ``neutron`` and ``octavia`` to where
    they answer.
    """

    def __init__(
        self, process: "subprocess.Popen[bytes]", state: Path, urls: dict[str, str]
    ) -> None:
        self._process = process
        self.state = state
        self.urls = urls

    @classmethod
    def start(
        cls,
        address: str = "127.0.0.1",
        timeout: float = START_TIMEOUT,
        *,
        provider: str = "amphora",
        octavia_processes: int = 1,
        environ: Mapping[str, str] | None = None,
    ) -> "Cloud":
        """Start a cloud on free ports and return when its APIs answer.

        It ends with the thread that starts it, at the latest.

        :param timeout: seconds.
        :param provider: amphora, or ovn, whose APIs there are then, without a switch.
        :param environ: variables for the servers, beside those of this process.
        :raises CloudFailed: it did not come up.
        """
        state = Path(tempfile.mkdtemp(prefix="cloud-"))
        command = [str(PYTHON), "-m", "tests.support.cloud", "serve", "--state", str(state)]
        command += ["--provider", provider, "--octavia-processes", str(octavia_processes)]
        output = state / "serve.log"
        process = None
        try:
            with output.open("wb") as log:
                process = subprocess.Popen(
                    [*command, "--address", address, "--die-with", str(os.getpid())],
                    cwd=ROOT,
                    env={**os.environ, **(environ or {})},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,  # Ctrl-C is for stop() to handle
                )
            _wait_until_ready(process, state, time.monotonic() + timeout)
            return cls(process, state, json.loads((state / "ready").read_text()))
        except BaseException:
            if process:
                _end(process)
            shutil.rmtree(state, ignore_errors=True)
            raise

    def __enter__(self) -> "Cloud":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop the servers and remove their files."""
        _end(self._process)
        shutil.rmtree(self.state, ignore_errors=True)

    def environ(self, user: str = "kuryr") -> dict[str, str]:
        """Return the variables that make a client use this cloud.

        :param user: admin, kuryr, viewer, nobody or other.
        """
        return {"OS_CLIENT_CONFIG_FILE": str(self.state / "clouds.yaml"), "OS_CLOUD": user}

    def sql(
        self, server: str, statement: str, parameters: Sequence[Any] | Mapping[str, Any] = ()
    ) -> list[Any]:
        """Run a statement in a server's database, for states that its API refuses to make.

        :return: the rows, for a query.
        """
        with self._database(server) as database:
            return database.execute(statement, parameters).fetchall()

    def report(self, states: dict[str, str]) -> None:
        """Let the amphorae report other states than the default from now on.

        :param states: see :func:`tests.support.cloud.heartbeats.run`.
        """
        new = self.state / "states.json.new"
        new.write_text(json.dumps(states))
        new.rename(self.state / "states.json")

    @contextlib.contextmanager
    def _database(self, server: str) -> Iterator[sqlite3.Connection]:
        path = self.state / f"{server}.db"
        with contextlib.closing(sqlite3.connect(path, timeout=60)) as database, database:
            yield database


def _wait_until_ready(process: "subprocess.Popen[bytes]", state: Path, deadline: float) -> None:
    while not (state / "ready").exists():
        if process.poll() is not None:
            raise CloudFailed((state / "serve.log").read_text(errors="replace").strip())
        if time.monotonic() > deadline:
            raise CloudFailed(f"the cloud did not start in time; see {state}")
        time.sleep(_POLL)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
