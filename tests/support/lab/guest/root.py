# SPDX-License-Identifier: Apache-2.0

"""The guest's root: the host's files, read-only, under a layer in memory that takes all writes."""

import os
from collections.abc import Iterable
from pathlib import Path

from tests.support.lab.guest import system

MODULES = Path("/usr/lib/uml/modules")
_ROOT = Path("/mnt/root")


def switch(run: Path, writable: Iterable[str], modules: str | None) -> None:
    """Make the layered root and move into it; only ``run`` and ``writable`` reach the host.

    What ``modules`` holds takes the place of the kernel's modules of the same path.
    """
    system.mount("proc", Path("/proc"), "proc")
    system.mount("sys", Path("/sys"), "sysfs")
    # The kernel looks for modules in one place only, which the host's files cannot offer yet.
    system.mount("tmpfs", Path("/mnt"), "tmpfs", "size=60%")
    release = os.uname().release
    tree = Path("/mnt/modules/lib/modules")
    tree.mkdir(parents=True)
    (tree / release).symlink_to(MODULES / release)
    system.call(["/sbin/modprobe", "-d", "/mnt/modules", "overlay"])

    for layer in ("upper", "work"):
        Path("/mnt", layer).mkdir()
    layers = "lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work"
    system.mount("overlay", _ROOT, "overlay", layers)
    system.bind(Path("/dev"), _ROOT / "dev")
    system.mount("proc", _ROOT / "proc", "proc")
    system.mount("sys", _ROOT / "sys", "sysfs")
    system.mount("run", _ROOT / "run", "tmpfs", "mode=755")
    system.mount("shm", _ROOT / "dev/shm", "tmpfs", "mode=1777")
    system.mount("devpts", _ROOT / "dev/pts", "devpts", "ptmxmode=666")
    _show_modules(modules)
    for name, target in (("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        (_ROOT / "dev" / name).symlink_to(f"/proc/self/{target}")
    for directory in (str(run), *writable):
        system.mount("none", _ROOT / directory.lstrip("/"), "hostfs", directory)
    os.chroot(_ROOT)
    os.chdir("/")


def _show_modules(replacing: str | None) -> None:
    target = _ROOT / "lib/modules"
    if replacing is None:
        system.bind(MODULES, target)
        return
    # A layer's path must not hold a colon or a comma, and a home directory's may.
    layer = Path("/mnt/replacing")
    system.bind(Path(replacing), layer)
    system.mount("overlay", target, "overlay", f"lowerdir={layer}:{MODULES}")
