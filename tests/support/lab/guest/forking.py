# SPDX-License-Identifier: Apache-2.0

"""`openstack` on the client, forked from one that has started, for commands that may be."""

import contextlib
import os
import selectors
import subprocess
from pathlib import Path
from typing import IO, Any

from tests.support.lab import topology
from tests.support.lab.guest import system
from tests.support.preloaded import Command, Server


class Forked:
    """A command that was forked, with what the agent asks of one that it started."""

    def __init__(self, command: Command, stdout: IO[bytes], stderr: IO[bytes]) -> None:
        self.command = command
        self.pid = command.pid
        self.returncode: int | None = None
        self.stdout, self.stderr = stdout, stderr


Started = subprocess.Popen[bytes] | Forked


class Forking:
    """Starts a process that imports `openstack`, and has commands forked from it once it has."""

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self._selector = selector
        self._server: Server | None = None
        self._is_ready = False

    def is_for(self, request: dict[str, Any]) -> bool:
        """Tell whether a command is to be forked, and can be."""
        if not request["forked"]:
            return False
        if self._server is None:
            with system.inside(topology.CLIENT):
                self._server = Server(topology.PLUGIN_PYTHON)
            read = selectors.EVENT_READ
            self._selector.register(self._server.socket, read, self._note_ready)
        return self._is_ready

    def start(self, request: dict[str, Any], directory: Path) -> Forked:
        """Start a command."""
        assert self._server
        with contextlib.ExitStack() as stack:
            source = stack.enter_context((directory / "stdin").open("rb"))
            pipes = [os.pipe() for _ in ("stdout", "stderr")]
            for _, end in pipes:
                stack.callback(os.close, end)
            streams = source.fileno(), *(end for _, end in pipes)
            argv, environment, where = request["argv"], request["env"], request["cwd"]
            command = self._server.start(argv, environment, where, *streams)
        return Forked(command, *(os.fdopen(end, "rb") for end, _ in pipes))

    def _note_ready(self) -> None:
        assert self._server
        self._selector.unregister(self._server.socket)
        self._server.wait_until_ready()
        self._is_ready = True
