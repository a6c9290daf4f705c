# SPDX-License-Identifier: Apache-2.0

"""The lab keeps its promises: exact results, clear failures, nothing left behind."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.lab import BootError, Lab, topology

DEADLINE = 60.0


def by_hand(*argv: str, **options: object) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "tests.lab", *argv]
    return subprocess.run(
        command, cwd=topology.REPOSITORY, capture_output=True, timeout=DEADLINE, **options
    )


def guest_of(pid: int) -> Path:
    """Return the run directory of the lab that a process started."""
    waiting = [pid]
    while waiting:
        process = Path("/proc", str(waiting.pop()))
        command = (process / "cmdline").read_text()
        if found := re.search(r"/tmp/kuryrsctp-lab\.\w+", command):
            return Path(found[0])
        for task in (process / "task").iterdir():
            waiting += map(int, (task / "children").read_text().split())
    raise AssertionError(f"process {pid} has no lab")


def processes_in(directory: Path) -> list[str]:
    """Return the command lines that mention a directory."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(directory) in line:
            found.append(line)
    return found


def test_a_commands_output_and_exit_status_are_passed_on_exactly() -> None:
    script = "head -c 300000 /dev/zero; printf 'a\\r\\nb' >&2; exit 7"
    done = by_hand("run", "--no-cloud", "--", "sh", "-c", script)
    assert done.returncode == 7
    assert done.stdout == bytes(300000)
    assert done.stderr == b"a\r\nb"


def test_a_shell_takes_its_commands_from_a_pipe() -> None:
    done = by_hand("shell", "--no-cloud", input=b"hostname; ip -br -4 addr show eth0; exit 3\n")
    assert done.returncode == 3
    assert done.stdout.split()[0] == b"client"
    assert b"10.0.0.10/26" in done.stdout


def test_an_interrupt_leaves_no_process_and_no_file() -> None:
    command = [sys.executable, "-m", "tests.lab", "run", "--no-cloud", "--", "sh", "-c"]
    process = subprocess.Popen(
        [*command, "echo up; sleep 600"], cwd=topology.REPOSITORY, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    mine = guest_of(process.pid)
    assert processes_in(mine)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=DEADLINE) == 128 + signal.SIGINT
    process.stdout.close()
    assert not mine.exists()
    assert processes_in(mine) == []


def test_a_killed_user_of_the_lab_takes_it_along() -> None:
    script = "from tests.support.lab import Lab; import time; Lab.start(cloud=False);"
    script += " print('up', flush=1);"
    process = subprocess.Popen(
        [sys.executable, "-c", f"{script} time.sleep(600)"],
        cwd=topology.REPOSITORY,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    mine = guest_of(process.pid)
    process.kill()
    process.wait()
    process.stdout.close()
    deadline = time.monotonic() + DEADLINE
    while mine.exists() or processes_in(mine):
        assert time.monotonic() < deadline, processes_in(mine)
        time.sleep(0.1)


def test_a_host_without_user_mode_linux_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BootError, match="user-mode-linux"):
        Lab.start(cloud=False)


def test_a_command_that_takes_too_long_is_ended(machine: Lab) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        machine.run(["sh", "-c", "sleep 501 & sleep 502"], timeout=1)
    left = machine.run(["pgrep", "-f", "sleep 50[12]"], ns="root")
    assert left.stdout == ""


def test_the_guest_cannot_write_to_the_host(machine: Lab) -> None:
    mark = f"/tmp/kuryrsctp-mark-{os.getpid()}"
    machine.run(["touch", mark], check=True)
    assert not Path(mark).exists()
