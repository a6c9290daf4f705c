# SPDX-License-Identifier: Apache-2.0

"""What this host has to hold before a machine boots."""

import subprocess
import sys
from typing import Any

from tests.support.cloud.providers import OVN
from tests.support.lab import topology
from tests.support.lab.errors import BootError
from tests.support.ovn import modules, ovn_programs
from tests.support.ovn.debian import NotAvailable

_PREPARE_TIMEOUT = 900.0


def provide(provider: str, cloud: bool) -> dict[str, Any]:
    """Make what is missing, which takes minutes the first time, and says so.

    Return the settings that tell the guest where it is. Raises BootError when it cannot be made.
    """
    found = {}
    if provider == OVN:
        if not cloud:
            raise BootError(
                "with OVN the lab needs a cloud: Neutron tells OVN which ports there are"
            )
        try:
            found["ovn_programs"] = str(ovn_programs.ensure().root)
            found["modules"] = str(modules.ensure())
        except NotAvailable as failure:
            raise BootError(str(failure)) from None
    if cloud:
        _prepare_cloud(provider)
    return found


def _prepare_cloud(provider: str) -> None:
    argv = [sys.executable, "-m", "tests.support.cloud", "prepare", "--provider", provider]
    done = subprocess.run(
        argv, cwd=topology.REPOSITORY, timeout=_PREPARE_TIMEOUT, stdout=sys.stderr
    )
    if done.returncode != 0:
        raise BootError("the cloud's databases could not be made")


def main() -> int:
    """Make all that a provider needs; the argument is its name."""
    try:
        provide(sys.argv[1], cloud=True)
    except BootError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
