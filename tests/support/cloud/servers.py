# SPDX-License-Identifier: Apache-2.0

"""Runs the three servers under gunicorn.

They are forked from one process that has imported what they share: imports are most of what their
start costs, above all where system calls are slow.
"""

import contextlib
import gc
import http.client
import importlib
import multiprocessing.connection
import os
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any

from tests.support.cloud import ROOT, processes, shortcuts
from tests.support.cloud.settings import SERVERS, Settings

ENTRY_POINT_CACHE = ROOT / ".lab" / "cloud" / "entry-points"
START_TIMEOUT = 180.0  # seconds; a slow guest may need half of it
STOP_TIMEOUT = 3.0  # seconds
_SHARED_MODULES = (
    "gunicorn.arbiter",
    "gunicorn.workers.gthread",
    "keystonemiddleware.auth_token",
    "openstack.connection",
    "oslo_concurrency.lockutils",
    "oslo_db.sqlalchemy.enginefacade",
    "oslo_log.log",
    "oslo_messaging",
    "oslo_middleware",
    "oslo_policy.policy",
    "pecan",
    "sqlalchemy.dialects.sqlite",
    "stevedore",
    "tests.support.cloud.applications",
)


def listen(address: str, port: int) -> socket.socket:
    """Open the socket of a server.

    :param port: 0 picks a free one.
    :raises Failed: the address or port cannot be had.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return socket.create_server((address, port), family=family, backlog=128)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise processes.Failed(f"cannot listen on {address} port {port}: {reason}") from None


def url(opened: socket.socket) -> str:
    """Return the URL that leads to a listening socket."""
    host, port = opened.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def import_shared() -> None:
    """Import what several servers need, once."""
    os.environ["XDG_CACHE_HOME"] = str(ENTRY_POINT_CACHE)  # stevedore's
    sys.path.append(str(Path(__file__).parent / "plugins"))
    warnings.simplefilter("ignore")
    gc.disable()  # nothing that is imported becomes garbage; see _gunicorn_options
    shortcuts.take()
    for module in _SHARED_MODULES:
        importlib.import_module(module)
    gc.freeze()


class Servers:
    """The running servers of one cloud."""

    def __init__(self, settings: Settings, sockets: Mapping[str, socket.socket]) -> None:
        self._settings = settings
        self._sockets = sockets
        self._running: dict[str, ForkProcess] = {}

    def start(self, names: Iterable[str] = SERVERS) -> None:
        """Start servers side by side and return when all of them answer.

        :raises Failed: one of them did not come up.
        """
        deadline = time.monotonic() + START_TIMEOUT
        starting = {}
        for name in names:
            self._settings.write(name)
            companions = self._settings.adaptation().companions(name, self._settings.state)
            for other, run in companions.items():
                self._running[other] = processes.fork(other, self.log(other), run)
            ready, told = multiprocessing.connection.Pipe(duplex=False)
            self._running[name] = self._fork(name, told)
            told.close()
            starting[name] = ready
        for name, ready in starting.items():
            self._wait(name, ready, deadline)

    def watch(self, beside: Mapping[str, "subprocess.Popen[bytes]"]) -> None:
        """Wait until a server ends, or a program beside them, which none should.

        :raises Failed: always.
        """
        watched = {process.sentinel: name for name, process in self._running.items()}
        watched |= {os.pidfd_open(process.pid): name for name, process in beside.items()}
        name = watched[multiprocessing.connection.wait(list(watched))[0]]
        raise self._failed(name, "ended")

    def stop(self) -> None:
        """Stop all servers."""
        for process in self._running.values():
            process.terminate()
        deadline = time.monotonic() + STOP_TIMEOUT
        for process in self._running.values():
            process.join(max(0.0, deadline - time.monotonic()))
            process.kill()
            process.join()
        self._running.clear()

    def log(self, name: str) -> Path:
        """The log file of a server."""
        return processes.log_of(self._settings.state, name)

    def _fork(self, name: str, ready: Any) -> ForkProcess:
        def serve() -> None:
            for other, opened in self._sockets.items():
                if other != name:
                    opened.close()
            _serve(name, self._settings, self._sockets[name], ready)

        return processes.fork(name, self.log(name), serve)

    def _wait(self, name: str, ready: Any, deadline: float) -> None:
        left = deadline - time.monotonic()
        # End of file comes where the message does not: the pipe closes with the server.
        if not ready.poll(max(0.0, left)):
            raise self._failed(name, f"did not start within {START_TIMEOUT:.0f} s")
        with contextlib.suppress(EOFError, OSError, http.client.HTTPException):
            ready.recv()
            host, port = self._sockets[name].getsockname()[:2]
            connection = http.client.HTTPConnection(host, port, timeout=max(1.0, left))
            connection.request("GET", "/")
            if connection.getresponse().status < http.client.INTERNAL_SERVER_ERROR:
                return
        raise self._failed(name, "did not start")

    def _failed(self, name: str, what: str) -> processes.Failed:
        return processes.Failed(f"{name} {what}\n{processes.tail(self.log(name))}")


@contextlib.contextmanager
def running(settings: Settings, sockets: Mapping[str, socket.socket]) -> Iterator[Servers]:
    """Stop what was started, whatever happens."""
    servers = Servers(settings, sockets)
    try:
        yield servers
    finally:
        servers.stop()


def _serve(name: str, settings: Settings, opened: socket.socket, ready: Any) -> None:
    from gunicorn.app.base import BaseApplication

    from tests.support.cloud import applications

    class Server(BaseApplication):
        def load_config(self) -> None:
            workers = settings.processes.get(name, 1)
            for option, value in _gunicorn_options(name, opened, ready, workers).items():
                self.cfg.set(option, value)

        def load(self) -> Any:
            return applications.load(name, settings)

    Server().run()


def _gunicorn_options(name: str, opened: socket.socket, ready: Any, workers: int) -> dict[str, Any]:
    def post_fork(arbiter: Any, worker: Any) -> None:
        processes.die_with(arbiter.pid)

    def post_worker_init(worker: Any) -> None:
        gc.freeze()
        gc.enable()
        with contextlib.suppress(BrokenPipeError):  # one that is ready is enough
            ready.send(None)
        ready.close()

    def worker_exit(arbiter: Any, worker: Any) -> None:
        if worker.booted:
            os._exit(0)  # Octavia's idle threads would hold it for seconds

    # Several processes are as behind a proxy: whichever is free takes a request. Threads take
    # connections, and all of a client's could be one process's.
    alone = workers == 1
    return {
        "bind": f"fd://{opened.fileno()}",
        "control_socket_disable": True,
        "graceful_timeout": 1,
        # Closing idle connections races with the next request that a client sends on one.
        "keepalive": 3600,
        "post_fork": post_fork,
        "post_worker_init": post_worker_init,
        "proc_name": name,
        "threads": 8 if alone else 1,
        "timeout": 0,
        "worker_class": "gthread" if alone else "sync",
        "worker_exit": worker_exit,
        "worker_tmp_dir": "/dev/shm",
        "workers": workers,
    }
