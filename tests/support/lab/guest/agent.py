# SPDX-License-Identifier: Apache-2.0

"""Runs the host's requests in the guest: the loop that the first process ends up in."""

import contextlib
import fcntl
import os
import selectors
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, Any, BinaryIO

from tests.support.lab import protocol, topology
from tests.support.lab.guest import system
from tests.support.lab.guest.forking import Forked, Forking, Started

Start = Callable[[dict[str, Any], Path], Started]

# It polls for requests: that is most of what an idle guest costs.
_POLL_INTERVAL, _IDLE_INTERVAL = 0.01, 0.05
_IDLE_AFTER = 0.5
_CHUNK = 1 << 16
_NOT_FOUND, _NOT_EXECUTABLE = 127, 126


class Job:
    """A command that runs, and where its output goes; `start` starts it."""

    def __init__(self, request: dict[str, Any], directory: Path, start: Start) -> None:
        self.directory = directory
        self.timed_out = False
        self.too_long = False
        timeout = request["timeout"]
        self.deadline = None if timeout is None else time.monotonic() + timeout
        self.process = start(request, directory)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal to every process of the command's session."""
        for pid in _session(self.process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def finish(self, status: int) -> None:
        """Leave the command's end for the host to read."""
        result: dict[str, Any] = {"status": status, "timed_out": self.timed_out}
        if self.too_long:
            result["error"] = f"the command printed more than {protocol.MAX_OUTPUT} bytes"
        _answer(self.directory, result)


class Agent:
    """Takes requests from the run directory until the machine's time is up."""

    def __init__(self, run: Path, lifetime: float) -> None:
        self._run = run
        self._deadline = time.monotonic() + lifetime
        self._jobs: dict[str, Job] = {}
        self._selector = selectors.DefaultSelector()
        self._forking = Forking(self._selector)
        reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(writer)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector.register(reader, selectors.EVENT_READ, partial(self._drain, reader))

    def serve(self) -> None:
        """Run until the deadline; return only then."""
        asked = time.monotonic()
        while (now := time.monotonic()) < self._deadline:
            interval = _POLL_INTERVAL if now < asked + _IDLE_AFTER else _IDLE_INTERVAL
            for key, _ in self._selector.select(interval):
                key.data()
            self._reap()
            self._expire()
            for path in sorted((self._run / protocol.REQUESTS).glob("[!.]*")):
                request = protocol.read_json(path)
                path.unlink()
                self._take(request)
                asked = time.monotonic()

    def _take(self, request: dict[str, Any]) -> None:
        if request["kind"] == "run":
            self._launch(request)
        elif request["kind"] == "signal":
            job = self._jobs.get(request["job"])
            if job is not None:
                job.kill(request["signal"])
        else:
            _resize(request)

    def _launch(self, request: dict[str, Any]) -> None:
        directory = self._run / protocol.JOBS / request["job"]
        try:
            job = Job(
                request,
                directory,
                self._forking.start if self._forking.is_for(request) else _start,
            )
        except system.GuestError as error:
            _answer(directory, {"error": str(error)})
            return
        except OSError as error:
            missing = isinstance(error, FileNotFoundError)
            status = _NOT_FOUND if missing else _NOT_EXECUTABLE
            complaint = f"lab: {error.filename}: {error.strerror}\n"
            _answer(directory, {"status": status}, complaint)
            return
        self._jobs[request["job"]] = job
        if isinstance(job.process, Forked):
            told, ended = job.process.command.told, partial(self._end, request["job"])
            self._selector.register(told, selectors.EVENT_READ, ended)
        for name in ("stdout", "stderr"):
            source: IO[bytes] | None = getattr(job.process, name)
            if source is not None:
                os.set_blocking(source.fileno(), False)
                target = (directory / name).open("wb", buffering=0)
                copy = partial(self._copy, job, source, target)
                self._selector.register(source, selectors.EVENT_READ, copy)

    def _copy(self, job: Job, source: IO[bytes], target: IO[bytes]) -> bool:
        """Move what is there to the file; return whether there may be more."""
        try:
            data = os.read(source.fileno(), _CHUNK)
        except BlockingIOError:
            return False
        if data and target.tell() + len(data) <= protocol.MAX_OUTPUT:
            target.write(data)
            return True
        if data:
            job.too_long = True
            job.kill()
        self._selector.unregister(source)
        source.close()
        target.close()
        return False

    def _reap(self) -> None:
        """Collect every process that ended, the orphans of the whole machine among them."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for name, job in list(self._jobs.items()):
                if job.process.pid == pid:
                    self._finish(name, os.waitstatus_to_exitcode(status))

    def _end(self, name: str) -> None:
        """Finish a command that was forked."""
        process = self._jobs[name].process
        assert isinstance(process, Forked)
        self._selector.unregister(process.command.told)
        self._finish(name, process.command.status())

    def _finish(self, name: str, status: int) -> None:
        job = self._jobs.pop(name)
        job.process.returncode = status
        self._flush(job)
        job.finish(status)

    def _flush(self, job: Job) -> None:
        for source in (job.process.stdout, job.process.stderr):
            if source is not None and not source.closed:
                copy = self._selector.get_key(source).data
                while copy():
                    pass

    def _expire(self) -> None:
        now = time.monotonic()
        for job in self._jobs.values():
            if job.deadline is not None and now > job.deadline:
                job.timed_out = True
                job.kill()

    @staticmethod
    def _drain(reader: int) -> None:
        os.read(reader, _CHUNK)


def _answer(directory: Path, result: dict[str, Any], complaint: str = "") -> None:
    """Leave a result for the host to read, which may have taken the directory away."""
    with contextlib.suppress(FileNotFoundError):
        if complaint:
            (directory / "stderr").write_text(complaint)
        protocol.write_json(directory / "result", result)


def _start(request: dict[str, Any], directory: Path) -> subprocess.Popen[bytes]:
    """Start a command in its namespace and session, on pipes or on a serial line."""
    options: dict[str, Any] = {"env": request["env"], "cwd": request["cwd"]}
    with contextlib.ExitStack() as stack:
        stack.enter_context(system.inside(request["namespace"]))
        if request["terminal"] is None:
            source = (directory / "stdin").open("rb")
            options |= {"stdin": stack.enter_context(source)}
            options |= {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        else:
            line = stack.enter_context(_line(request["terminal"]))
            options |= {"stdin": line, "stdout": line, "stderr": line}
            # Only the child can make the line its controlling terminal.
            options |= {"preexec_fn": lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)}
        return subprocess.Popen(request["argv"], start_new_session=True, **options)


def _line(number: int) -> BinaryIO:
    """Open a serial line without letting it become this process's terminal."""
    fd = os.open(f"/dev/ttyS{number}", os.O_RDWR | os.O_NOCTTY)
    return os.fdopen(fd, "r+b", buffering=0)


def _resize(request: dict[str, Any]) -> None:
    """Tell a serial line how large the window at the host's end is."""
    size = struct.pack("HHHH", request["rows"], request["columns"], 0, 0)
    with _line(request["terminal"]) as terminal:
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, size)


def _session(leader: int) -> list[int]:
    """Return the processes of a session."""
    members = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == leader:
            members.append(int(path.parent.name))
    return members


def environment() -> dict[str, str]:
    """Return what every command finds in its environment, whatever the host's looks like."""
    programs = (topology.PLUGIN_PYTHON.parent, "/usr/local/sbin", "/usr/local/bin", "/usr/sbin")
    return {
        "PATH": ":".join(map(str, (*programs, "/usr/bin", "/sbin", "/bin"))),
        "HOME": "/run/home",
        "LANG": "C.UTF-8",
        "TMPDIR": "/tmp",
    }
