# SPDX-License-Identifier: Apache-2.0

"""User-Mode Linux: its command line, the host's means that it needs, and how to end it."""

import contextlib
import ctypes
import os
import resource
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from tests.support.lab import protocol
from tests.support.lab.errors import BootError

TERMINALS = 3
"""Serial lines for interactive shells; the first is the guest's ttyS1."""
LINK = TERMINALS + 1
"""The serial line of the link to the host, where there is one."""

_PROGRAM = "linux.uml"
_PACKAGE = "user-mode-linux"
_UNITS = {"M": 1 << 20, "G": 1 << 30}
_PR_SET_PDEATHSIG = 1
_NAME = "guest"
_LABS_PER_CPU = 16


def memory_size(text: str) -> int:
    """Return the number of bytes that "512M" or "4G" stands for; raise BootError for nonsense."""
    number, unit = text[:-1], text[-1:]
    if not number.isdecimal() or unit not in _UNITS:
        raise BootError(f"{text!r} is no amount of memory; say for example 512M or 4G")
    return int(number) * _UNITS[unit]


def command(run: Path, memory: str, serial: Sequence[int], console: int) -> list[str]:
    """Return the command that boots the guest; the file descriptors must be inherited."""
    program = shutil.which(_PROGRAM)
    if program is None:
        raise BootError(f"{_PROGRAM} is not installed: apt-get install {_PACKAGE}")
    lines = [f"ssl{number}=fd:{fd}" for number, fd in enumerate(serial, start=1)]
    return [
        program,
        f"mem={memory}",
        *("root=/dev/root", "rootfstype=hostfs", "hostfs=/", "ro", "quiet", "noreboot"),
        *("con=null", f"con0=null,fd:{console}", "ssl=null", *lines),
        *(f"uml_dir={run}/", f"umid={_NAME}"),
        *("init=/usr/bin/python3", f"PYTHONPATH={run / protocol.CODE}", f"LAB_RUN={run}"),
        *("--", "-S", "-m", "tests.support.lab.guest"),
    ]


def start(run: Path, memory: str, serial: Sequence[int]) -> subprocess.Popen[bytes]:
    """Start the guest with a serial line for each descriptor; it ends with the calling process."""
    size = memory_size(memory)
    environment = {"PATH": os.defpath, "TMPDIR": _memory_directory(size)}
    cpu = _claim_cpu()

    def prepare() -> None:
        # The guest has one CPU: a system call in it costs ten times as much across two of the
        # host's. And SIGTERM lets it take its own child processes along.
        os.sched_setaffinity(0, {cpu})
        # It holds a file open on the host for each that was opened in it, and a login's limit is
        # 1024: the cloud alone has more.
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

    with (run / protocol.CONSOLE).open("ab") as console:
        argv = command(run, memory, serial, console.fileno())
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
            env=environment,
            pass_fds=(console.fileno(), *serial),
            preexec_fn=prepare,
        )


def end(process: subprocess.Popen[bytes], run: Path, timeout: float = 2.0) -> None:
    """End the guest and every process that it has on the host."""
    session = _session_id(run) or process.pid
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            # Its children run free once it is gone, so they go first, while it stands still.
            process.send_signal(signal.SIGSTOP)
    deadline = time.monotonic() + timeout
    while (members := _session(session, process.pid)) and time.monotonic() < deadline:
        for pid in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)
    process.kill()
    process.wait()


def explain(run: Path) -> str:
    """Return, from what the guest said on its console, why it ended before it was ready."""
    console = (run / protocol.CONSOLE).read_text(errors="replace")
    if "ptrace" in console and "not permitted" in console:
        return f"the host refuses ptrace, which {_PROGRAM} needs (a container's seccomp profile?)"
    if "mmap failed" in console or "No space left" in console or "Out of memory" in console:
        return f"the host has not enough memory for it; {last_words(run)}"
    return f"it ended before it was ready; {last_words(run)}"


def last_words(run: Path) -> str:
    """Return the end of what the guest said on its console."""
    console = (run / protocol.CONSOLE).read_text(errors="replace")
    lines = [line.strip() for line in console.splitlines() if line.strip()]
    return "\n  ".join(["its console's last lines:", *lines[-15:]])


def _memory_directory(size: int) -> str:
    """Return a place for the file that serves the guest as memory."""
    for directory in ("/dev/shm", "/tmp"):
        if not os.access(directory, os.W_OK):
            continue
        facts = os.statvfs(directory)
        if not facts.f_flag & os.ST_NOEXEC and facts.f_bavail * facts.f_frsize >= size:
            return directory
    raise BootError(
        f"neither /dev/shm nor /tmp has {size >> 20} MB free and allows programs to run, "
        "and the guest's memory is a file there"
    )


_claims: list[socket.socket] = []


def _claim_cpu() -> int:
    """Return the CPU that the fewest labs use.

    A name in the abstract socket namespace is the mark: it goes away with this process.
    """
    usable = sorted(os.sched_getaffinity(0), reverse=True)
    mark = socket.socket(socket.AF_UNIX)
    _claims.append(mark)
    for place in range(_LABS_PER_CPU):
        for cpu in usable:
            with contextlib.suppress(OSError):
                mark.bind(f"\0kuryrsctp-lab-{cpu}-{place}")
                return cpu
    raise BootError(f"{_LABS_PER_CPU * len(usable)} labs run on this host already")


def _session_id(run: Path) -> int | None:
    """Return the session that the guest made for itself, as it noted it down."""
    try:
        return int((run / _NAME / "pid").read_text())
    except (OSError, ValueError):
        return None


def _session(session: int, leader: int) -> list[int]:
    """Return the processes of a session other than the leader's."""
    members = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(path.parent.name)
        if int(fields[3]) == session and fields[0] != "Z" and pid != leader:
            members.append(pid)
    return members
