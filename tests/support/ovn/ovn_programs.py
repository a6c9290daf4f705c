# SPDX-License-Identifier: Apache-2.0

"""Open vSwitch's and OVN's programs, unpacked into the user's cache directory.

Installed as packages they would start their daemons on this machine, and replace its bridges.
"""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.support.kept import kept, step
from tests.support.ovn import debian

VARIABLE = "LAB_OVN_PROGRAMS"
"""Names the directory to those that cannot look for it: the guest, and the servers in it."""

_PACKAGES = ("openvswitch-common", "openvswitch-switch", "ovn-common", "ovn-central", "ovn-host")
_DIRECTORIES = ("usr/bin", "usr/sbin", "usr/lib/openvswitch-switch")
_SCHEMAS = {
    "vswitch": "usr/share/openvswitch/vswitch.ovsschema",
    "nb": "usr/share/ovn/ovn-nb.ovsschema",
    "sb": "usr/share/ovn/ovn-sb.ovsschema",
}


@dataclass(frozen=True)
class Programs:
    """Where the programs are."""

    root: Path

    def __getitem__(self, name: str) -> str:
        """Return the path of a program."""
        for directory in _DIRECTORIES:
            if (path := self.root / directory / name).exists():
                return str(path)
        raise debian.NotAvailable(f"{name} is not in {', '.join(_PACKAGES)}")

    def schema(self, database: str) -> str:
        """Return the path of a database's schema: vswitch, nb or sb."""
        return str(self.root / _SCHEMAS[database])

    def environment(self, directory: Path) -> dict[str, str]:
        """Return variables that let the programs keep their files in a directory."""
        places = {"RUNDIR": directory, "DBDIR": directory, "LOGDIR": directory}
        return {
            **{
                f"{kind}_{name}": str(path)
                for kind in ("OVS", "OVN")
                for name, path in places.items()
            },
            "OVS_SYSCONFDIR": str(directory),
            "OVN_SYSCONFDIR": str(directory),
            "OVS_PKGDATADIR": str(self.root / "usr/share/openvswitch"),
            "OVN_PKGDATADIR": str(self.root / "usr/share/ovn"),
        }


def find() -> Programs:
    """Return the programs that the environment names, or else fetch them where they are missing.

    :raises NotAvailable: they cannot be had.
    """
    named = os.environ.get(VARIABLE)
    return Programs(Path(named)) if named else ensure()


def ensure() -> Programs:
    """Return the programs, and fetch them where they are missing.

    :raises NotAvailable: they cannot be had.
    """
    release = Path("/etc/os-release").read_bytes()
    return Programs(kept("ovn", "programs", [release, *map(str.encode, _PACKAGES)], _unpack))


def _unpack(directory: Path) -> None:
    with (
        step("ovn: unpacking Open vSwitch and OVN"),
        tempfile.TemporaryDirectory(prefix="ovn-") as scratch,
    ):
        for package in debian.download(_PACKAGES, Path(scratch)):
            debian.unpack(package, directory)
