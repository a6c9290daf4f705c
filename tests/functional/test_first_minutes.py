# SPDX-License-Identifier: Apache-2.0

"""A machine that lacks something is told so at once, in one sentence, and what works without it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.checkout import HANG, ROOT, run

# Settings of this machine's pip that would lead it to packages without an index.
NO_INDEX = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "http://127.0.0.1:1/simple"}
WORKS = (
    "What works here: make unit, make functional, make lint, make docs, and the plugin itself with"
    " any cloud."
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Copy what git would hand out, with nothing installed."""
    names = run("git", "-C", ROOT, "ls-files", "-z", "-co", "--exclude-standard").split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():  # git still lists one that is being removed
            target = tmp_path / "checkout" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target)
    return tmp_path / "checkout"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Make a directory of links to all that PATH leads to, to leave some out or replace them."""
    directory = tmp_path / "programs"
    directory.mkdir()
    for place in reversed(os.environ["PATH"].split(":")):
        for program in Path(place).glob("*"):
            (directory / program.name).unlink(missing_ok=True)
            (directory / program.name).symlink_to(program)
    return directory


def replace(programs: Path, name: str, script: str) -> None:
    (programs / name).unlink(missing_ok=True)
    (programs / name).write_text(f"#!/bin/sh\n{script}\n")
    (programs / name).chmod(0o755)


def complaint(checkout: Path, programs: Path, *command: str, **settings: str) -> str:
    """Run what must fail; return what it says on standard error, without make's own line."""
    environ = {"HOME": str(checkout.parent), "PATH": str(programs), "LANG": "C.UTF-8", **settings}
    done = subprocess.run(
        command, cwd=checkout, env=environ, capture_output=True, text=True, timeout=HANG
    )
    assert done.returncode != 0, done.stdout
    return "".join(
        line for line in done.stderr.splitlines(keepends=True) if not line.startswith("make:")
    )


@pytest.mark.parametrize("target", ["demo", "test"])
def test_where_there_is_no_user_mode_linux_nothing_is_installed_first(
    checkout: Path, programs: Path, target: str
) -> None:
    replace(programs, "uname", '[ "$1" = -sm ] && echo Linux aarch64')
    assert complaint(checkout, programs, "make", target) == (
        "The lab needs User-Mode Linux, which there is for Linux on x86_64 only, and this is"
        f" Linux aarch64. {WORKS} Elsewhere pip compiles pysctp, with gcc and the headers of"
        " libsctp.\n"
    )
    assert not (checkout / ".venv").exists()


def test_without_apt_get_nothing_is_installed_first(checkout: Path, programs: Path) -> None:
    for name in ("apt-get", "linux.uml"):
        (programs / name).unlink(missing_ok=True)
    assert complaint(checkout, programs, "make", "demo") == (
        "The lab needs User-Mode Linux from Debian's packages, and there is no apt-get here."
        f" {WORKS}\n"
    )
    assert not (checkout / ".venv").exists()


def test_a_python_that_is_too_old_is_said_to_be(checkout: Path, programs: Path) -> None:
    assert complaint(checkout, programs, "make", "unit", "PYTHON=false") == (
        "To work on this project, Python 3.11 or newer with venv is needed (apt-get install"
        " python3-venv, or make PYTHON=...); the plugin itself runs on 3.10, too.\n"
    )


def test_without_a_network_there_is_still_the_server(checkout: Path, programs: Path) -> None:
    assert complaint(checkout, programs, "make", "unit", **NO_INDEX) == (
        "No package index answers, and the first run installs from one: connect this machine, or"
        " set HTTPS_PROXY or PIP_INDEX_URL. What works without: python3 -m kuryrsctp.demo, the"
        " server, which needs no package.\n"
    )
    server = [programs / "python3", "-S", "-m", "kuryrsctp.demo", "--help"]
    done = subprocess.run(server, cwd=checkout, capture_output=True, text=True, timeout=HANG)
    assert (done.returncode, done.stderr) == (0, "")


def test_packages_that_cannot_be_fetched_leave_what_needs_none(
    checkout: Path, programs: Path
) -> None:
    replace(programs, "bindep", "echo user-mode-linux; exit 1")
    replace(programs, "apt-get", "exit 100")
    replace(programs, "sudo", 'exec "$@"')
    assert complaint(checkout, programs, "tests/system-packages", "bindep") == (
        "apt-get cannot install user-mode-linux: is there a network? What works without: make"
        " unit, make functional, make lint and make docs.\n"
    )
