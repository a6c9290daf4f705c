# SPDX-License-Identifier: Apache-2.0

"""Forks `openstack` from a process that has imported it: start-up is most of what a command costs.

Each command is a process of its own, with its own arguments, environment, directory, streams and
session, and ends as Python ends. What start-up itself does is for the tests that start the program.
"""

import contextlib
import gc
import importlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

_MOST = 1 << 17  # bytes of a request
_STREAMS = 3
_OF_PYTHON = ("PYTHON", "LC_")  # Python reads these when it starts
# Reads the environment when it is imported: where clouds.yaml may be.
_READS_THE_ENVIRONMENT = "openstack.config.loader"
_PRELOADED = (
    "openstackclient.shell",
    "openstack.connection",
    "kuryrsctp.osc.list",
    "kuryrsctp.osc.probe",
    "kuryrsctp.osc.verify",
    "kuryrsctp.prober",
    "kuryrsctp.verifier.bulk",
)


class Server:
    """The process that has imported everything, as those who ask it see it."""

    def __init__(self, python: Path) -> None:
        self.socket, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [python, "-m", __name__],
                stdin=theirs.fileno(),
                cwd=Path(__file__).parents[2],
            )

    def wait_until_ready(self) -> None:
        """Return once it has imported everything, which it says once.

        :raises EOFError: it has ended.
        """
        if not self.socket.recv(_MOST):
            raise EOFError("the process that has imported openstack ended")

    def start(
        self, argv: Sequence[str], environment: Mapping[str, str], directory: str, *streams: int
    ) -> "Command":
        """Start `openstack` with these arguments and three streams.

        :raises EOFError: the server has ended.
        """
        assert not any(name.startswith(_OF_PYTHON) for name in environment)
        request = {"argv": list(argv), "env": dict(environment), "cwd": directory}
        told, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        with theirs:
            fds = [*streams, theirs.fileno()]
            socket.send_fds(self.socket, [json.dumps(request).encode()], fds)
        return Command(told)


class Command:
    """A command that was started; `told` can be read when it has ended."""

    def __init__(self, told: socket.socket) -> None:
        self.told = told
        self.pid = self._read()

    def status(self) -> int:
        """Return how it ended, as `subprocess` says it; wait if it has not.

        :raises TimeoutError: the time of the socket `told` is up.
        """
        with self.told:
            return self._read()

    def _read(self) -> int:
        read = self.told.recv(_MOST)
        if not read:
            raise EOFError("the process that has imported openstack ended")
        return int(read)


def _serve(requests: socket.socket) -> None:
    """Fork for each request, until nobody can ask any more."""
    for module in _PRELOADED:
        importlib.import_module(module)
    gc.freeze()  # or each child would copy all of it when it collects
    requests.send(b"ready")
    while True:
        request, fds, _, _ = socket.recv_fds(requests, _MOST, _STREAMS + 1)
        if not request:
            return
        if not os.fork():
            requests.close()
            _watch(json.loads(request), fds)
        for fd in fds:
            os.close(fd)
        _reap()


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _watch(request: Mapping[str, Any], fds: Sequence[int]) -> NoReturn:
    """Fork the command, and say how it ended."""
    *streams, told = fds
    if not (pid := os.fork()):
        os.close(told)
        _become(request, streams)
    for fd in streams:
        os.close(fd)  # who reads them waits for their end
    os.write(told, str(pid).encode())
    _, status = os.waitpid(pid, 0)
    with contextlib.suppress(BrokenPipeError):
        os.write(told, str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _become(request: Mapping[str, Any], streams: Sequence[int]) -> NoReturn:
    """Be `openstack`."""
    os.setsid()
    for number, fd in enumerate(streams):
        os.dup2(fd, number)
        os.close(fd)
    sys.stdin = os.fdopen(0, encoding="utf-8")
    sys.stdout = os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace")
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    importlib.reload(sys.modules[_READS_THE_ENVIRONMENT])
    sys.argv = request["argv"]
    sys.exit(importlib.import_module("openstackclient.shell").main())


if __name__ == "__main__":
    sys.argv = ["openstack"]  # the program's name is taken when it is imported
    with socket.socket(fileno=os.dup(0)) as listening, Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), 0)
        _serve(listening)
