# SPDX-License-Identifier: Apache-2.0

"""Kernel modules for the guest with connection tracking zones, built from the kernel's source.

OVN keeps each logical port's connections in a zone of its own, and Debian's user-mode-linux leaves
CONFIG_NF_CONNTRACK_ZONES off. The option makes struct nf_conn larger, so every module that looks
into it is built again. The kernel itself has nothing of it: its interface stays the same.
"""

import lzma
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.support.kept import kept, step
from tests.support.ovn import debian
from tests.support.ovn.debian import NotAvailable

INSTALLED = Path("/usr/lib/uml/modules")
_KERNEL = "linux.uml"
_OPTIONS = {
    "NF_CONNTRACK_ZONES": True,
    # Debugging information is half of the build.
    "DEBUG_INFO_NONE": True,
    "DEBUG_INFO": False,
    "DEBUG_INFO_DWARF_TOOLCHAIN_DEFAULT": False,
}
_MODULES = (
    "net/openvswitch/openvswitch",
    *(
        f"net/netfilter/nf_{name}"
        for name in ("conntrack", "nat", "conncount", "conntrack_netlink")
    ),
    *(f"net/netfilter/xt_{name}" for name in ("conntrack", "CT", "MASQUERADE")),
    *(f"net/netfilter/ipvs/ip_vs{name}" for name in ("", "_rr", "_wrr", "_lc", "_sh")),
    *(f"net/ipv4/netfilter/{name}" for name in ("nf_defrag_ipv4", "nf_reject_ipv4", "iptable_nat")),
    *(
        f"net/ipv6/netfilter/{name}"
        for name in ("nf_defrag_ipv6", "nf_reject_ipv6", "ip6table_nat")
    ),
)
# What make reads to build these: a seventh of the source.
_DIRECTORIES = ("arch/um", "arch/x86", "include", "net", "scripts", "security/selinux/include")
_FILES = ("kernel/bounds.c", "kernel/time/timeconst.bc")
_EVERYWHERE = ("Kconfig*", "Makefile*", "Kbuild*")
_UNPACK_TIMEOUT = 900.0  # seconds
_BUILD_TIMEOUT = 3600.0  # seconds: a minute and a half of a CPU, on a machine that has other work
_BUILDS_WITH = "apt-get install flex bison bc make gcc libc6-dev"


def ensure() -> Path:
    """Return a directory to lay over the guest's modules, and build it where it is missing.

    :raises NotAvailable: it cannot be built here.
    """
    inputs = [_ask("--version"), _ask("--showconfig"), repr((_OPTIONS, _MODULES)).encode()]
    return kept("ovn", "modules", inputs, _build)


def _ask(option: str) -> bytes:
    program = shutil.which(_KERNEL)
    if program is None:
        raise NotAvailable(f"{_KERNEL} is not installed: apt-get install user-mode-linux")
    return subprocess.run([program, option], capture_output=True, check=True, timeout=60).stdout


def _build(directory: Path) -> None:
    """Build the modules, and keep them under the paths of those that they replace."""
    release = _ask("--version").decode().strip()
    with tempfile.TemporaryDirectory(prefix="linux-") as scratch:
        source, built = Path(scratch, "source"), Path(scratch, "built")
        source.mkdir()
        built.mkdir()
        with step(f"ovn: fetching the source of Linux {release}"):
            _fetch(release, source)
        with step("ovn: building kernel modules (a minute or two)"):
            _configure(source, built)
            _make(source, built, "olddefconfig")
            if "\nCONFIG_NF_CONNTRACK_ZONES=y\n" not in (built / ".config").read_text():
                raise NotAvailable(
                    f"Linux {release} cannot be built with connection tracking zones"
                )
            _make(source, built, "modules_prepare")
            _make(source, built, *(f"{module}.ko" for module in _MODULES))
        made = (built / "include/config/kernel.release").read_text().strip()
        if made != release:
            raise NotAvailable(f"the source is of Linux {made}, and the guest is {release}")
        for module in _MODULES:
            _keep(built / f"{module}.ko", Path(release, "kernel", f"{module}.ko"), directory)


def _fetch(release: str, source: Path) -> None:
    """Fetch the source that the guest's kernel was built from, of the same version exactly."""
    series = ".".join(release.split(".")[:2])
    package = f"linux-source-{series}"
    offered = debian.versions(package)
    version = next((offer for offer in offered if offer.startswith(f"{release}-")), None)
    if version is None:
        raise NotAvailable(
            f"no package source offers {package} {release}, which is the guest's kernel "
            f"(offered: {', '.join(offered) or 'none'}): Debian's security repository "
            "(http://deb.debian.org/debian-security) may have it; or try apt-get update, and "
            "apt-get install user-mode-linux for a newer guest"
        )
    (archive,) = debian.download([f"{package}={version}"], source)
    top = f"linux-source-{series}"
    wanted = [f"{top}/{name}" for name in (*_DIRECTORIES, *_FILES)]
    wanted += [pattern for name in _EVERYWHERE for pattern in (f"{top}/{name}", f"*/{name}")]
    # In one pipe: neither the package nor the archive in it has to be unpacked in full.
    _pipe(
        ["dpkg-deb", "--fsys-tarfile", archive.name],
        ["tar", "--extract", "--to-stdout", f"./usr/src/{top}.tar.xz"],
        ["tar", "--extract", "--xz", "--strip-components=1", "--wildcards", *wanted],
        directory=source,
    )
    archive.unlink()


def _pipe(*commands: Sequence[str], directory: Path) -> None:
    deadline = time.monotonic() + _UNPACK_TIMEOUT
    running: list[subprocess.Popen[bytes]] = []
    try:
        for command in commands:
            before = running[-1].stdout if running else subprocess.DEVNULL
            last = command is commands[-1]
            output = None if last else subprocess.PIPE
            running.append(subprocess.Popen(command, cwd=directory, stdin=before, stdout=output))
            if running[1:]:
                assert running[-2].stdout
                running[-2].stdout.close()
        statuses = [process.wait(max(0.0, deadline - time.monotonic())) for process in running]
    except FileNotFoundError as error:
        raise NotAvailable(f"{error.filename} is missing, to unpack the kernel's source") from None
    except subprocess.TimeoutExpired:
        raise NotAvailable(
            f"unpacking the kernel's source took longer than {_UNPACK_TIMEOUT:.0f} s"
        ) from None
    finally:
        for process in running:
            process.kill()
            process.wait()
    if any(statuses):
        raise NotAvailable("the kernel's source cannot be unpacked: is there a gigabyte free?")


def _configure(source: Path, built: Path) -> None:
    config = built / ".config"
    config.write_bytes(_ask("--showconfig"))
    argv = [str(source / "scripts/config"), "--file", str(config)]
    for option, on in _OPTIONS.items():
        argv += ["--enable" if on else "--disable", option]
    debian.run(argv, source, 60.0, _BUILDS_WITH)


def _make(source: Path, built: Path, *targets: str) -> None:
    # Single modules have symbols of the kernel, which is not built: modpost only warns of them.
    options = ["ARCH=um", f"O={built}", "KBUILD_MODPOST_WARN=1"]
    argv = ["nice", "make", "-s", f"-j{len(os.sched_getaffinity(0))}", *options, *targets]
    debian.run(argv, source, _BUILD_TIMEOUT, _BUILDS_WITH)


def _keep(built: Path, place: Path, directory: Path) -> None:
    """Keep a module as the one that it replaces is kept: some releases compress them."""
    for replaced in _replaced(place):
        target = directory / replaced
        target.parent.mkdir(parents=True, exist_ok=True)
        content = built.read_bytes()
        if target.suffix == ".xz":
            content = lzma.compress(content, check=lzma.CHECK_CRC32)
        target.write_bytes(content)


def _replaced(place: Path) -> Iterator[Path]:
    found = sorted(INSTALLED.glob(f"{place}*"))
    if not found:
        raise NotAvailable(f"the guest's kernel has no module {place.stem}")
    for path in found:
        if path.suffix not in (".ko", ".xz"):
            raise NotAvailable(f"{path} is compressed in a way that is not known here")
        yield path.relative_to(INSTALLED)
