# SPDX-License-Identifier: Apache-2.0

"""Debian packages that are unpacked, not installed: without root, and nothing is started."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

_DOWNLOAD_TIMEOUT = 1200.0  # seconds
_UNPACK_TIMEOUT = 600.0  # seconds


class NotAvailable(Exception):
    """Something that the lab needs for OVN cannot be had; the message says why."""


def download(packages: Sequence[str], directory: Path) -> list[Path]:
    """Fetch packages, each ``name`` or ``name=version``, from this machine's package sources.

    :raises NotAvailable: they cannot be had.
    """
    # As root, apt-get warns that it cannot give up its rights in a directory of root's.
    argv = ["apt-get", "download", "-q", "-o", "APT::Sandbox::User=root", *packages]
    run(argv, directory, _DOWNLOAD_TIMEOUT, "it needs a network and the lists of apt-get update")
    return sorted(directory.glob("*.deb"))


def unpack(package: Path, target: Path) -> None:
    """Unpack the files of a package."""
    argv = ["dpkg-deb", "--extract", str(package), str(target)]
    run(argv, target, _UNPACK_TIMEOUT, "the package is broken")


def versions(package: str) -> list[str]:
    """Return the versions of a package that the package sources offer, newest first."""
    try:
        argv = ["apt-cache", "madison", package]
        shown = subprocess.run(argv, capture_output=True, text=True, timeout=60).stdout
    except FileNotFoundError:
        raise NotAvailable("the lab with OVN needs Debian's packages, and apt is missing") from None
    return [line.split("|")[1].strip() for line in shown.splitlines()]


def run(argv: Sequence[str], directory: Path, timeout: float, needs: str) -> None:
    """Run a program of the installation.

    :param timeout: seconds.
    :param needs: what it needs, for the message when it fails.
    :raises NotAvailable: it is missing, failed, or took longer.
    """
    try:
        done = subprocess.run(
            argv,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
        )
    except FileNotFoundError:
        raise NotAvailable(f"{argv[0]} is missing: {needs}") from None
    except subprocess.TimeoutExpired:
        raise NotAvailable(f"{argv[0]} took longer than {timeout:.0f} s") from None
    if done.returncode != 0:
        last = "\n  ".join(done.stdout.strip().splitlines()[-5:])
        raise NotAvailable(f"{' '.join(argv[:3])} failed; {needs}. Its last lines:\n  {last}")
