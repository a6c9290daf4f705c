# SPDX-License-Identifier: Apache-2.0

"""OVN's central part: the northbound and the southbound database in one server, and northd."""

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.support.cloud import ovn_chassis, processes
from tests.support.cloud.processes import Failed
from tests.support.ovn import ovn_programs
from tests.support.ovn.ovn_programs import Programs

FILES = ("ovn-nb.db", "ovn-sb.db")

_START_TIMEOUT = 60.0  # seconds
_STOP_TIMEOUT = 5.0  # seconds


def socket(state: Path) -> str:
    """Return where both databases are to be had."""
    return f"unix:{state / ovn_chassis.SOCKET}"


@contextlib.contextmanager
def running(state: Path) -> Iterator[dict[str, "subprocess.Popen[bytes]"]]:
    """Run the databases' server and northd; make the databases where there are none.

    Yield the processes by their names.

    :raises Failed: they do not start.
    """
    found = ovn_programs.find()
    files = [state / name for name in FILES]
    new = not all(file.exists() for file in files)
    if new:
        for file, database in zip(files, ("nb", "sb"), strict=True):
            _run(found, state, "ovsdb-tool", "create", str(file), found.schema(database))
    where = socket(state)
    with contextlib.ExitStack() as stack:
        common = ("--no-chdir", "-vconsole:warn", "-vfile:off", "-vsyslog:off")
        server = (f"--remote=p{where}", f"--unixctl={state}/ovsdb.ctl", *map(str, files))
        daemons = {"ovsdb-server": _start(stack, found, state, "ovsdb-server", *common, *server)}
        _wait(lambda: (state / ovn_chassis.SOCKET).exists(), "ovsdb-server", state)
        if new:
            _run(found, state, "ovn-nbctl", f"--db={where}", "init")
            _run(found, state, "ovn-sbctl", f"--db={where}", "init")
            _make_chassis(found, state)
        northd = (f"--ovnnb-db={where}", f"--ovnsb-db={where}", f"--unixctl={state}/northd.ctl")
        daemons["ovn-northd"] = _start(stack, found, state, "ovn-northd", *common, *northd)
        if new:
            # Neutron reads there how many networks there may be, before it makes the first one.
            ask = (f"--db={where}", "--if-exists", "get", "nb_global", ".", "options:max_tunid")
            _wait(lambda: bool(_run(found, state, "ovn-nbctl", *ask).strip()), "ovn-northd", state)
        yield daemons


def _make_chassis(found: Programs, state: Path) -> None:
    """Make the row of the host before it starts: Neutron puts routers' gateways on what is there.

    ovn-controller takes it over, since it has the same name and address.
    """
    name = ovn_chassis.NAME
    options = [f"other_config:{key}={value}" for key, value in ovn_chassis.OPTIONS.items()]
    argv = [f"--db={socket(state)}", "chassis-add", name, *ovn_chassis.ENCAPSULATION]
    _run(
        found, state, "ovn-sbctl", *argv, "--", "set", "chassis", name, f"hostname={name}", *options
    )


def _run(found: Programs, state: Path, name: str, *arguments: str) -> str:
    argv = [found[name], *arguments]
    environment = found.environment(state)
    done = subprocess.run(argv, capture_output=True, text=True, env=environment, timeout=60)
    if done.returncode != 0:
        raise Failed(f"{name} failed: {done.stderr.strip()}")
    return done.stdout


def _start(
    stack: contextlib.ExitStack, found: Programs, state: Path, name: str, *options: str
) -> "subprocess.Popen[bytes]":
    argv, log = [found[name], *options], processes.log_of(state, name)
    process = processes.run(argv, found.environment(state), log)
    stack.callback(_stop, process)
    return process


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait(ready: Callable[[], bool], name: str, state: Path) -> None:
    deadline = time.monotonic() + _START_TIMEOUT
    while not ready():
        if time.monotonic() > deadline:
            raise Failed(f"{name} did not start\n{processes.tail(processes.log_of(state, name))}")
        time.sleep(0.05)
