# SPDX-License-Identifier: Apache-2.0

"""A stand-in for Neutron's router: a floating IP leads to the fixed address that it belongs to.

``python -m tests.support.lab.guest.stand_in_router WANTED``, where WANTED is JSON that maps each
floating IP to its fixed address. The clients' way leads through this router anyway.
"""

import ipaddress
import json
import sys
from collections.abc import Mapping

from tests.support.lab import topology
from tests.support.lab.guest import system


def follow(floating: Mapping[str, str]) -> None:
    """Translate the floating IPs given, and no others; raise GuestError for what is no address."""
    rules = [
        f"-A PREROUTING -d {_checked(f)} -j DNAT --to {_checked(fixed)}"
        for f, fixed in floating.items()
    ]
    with system.inside(topology.ROUTER):
        system.call(["iptables-legacy-restore"], "\n".join(["*nat", *rules, "COMMIT", ""]))


def _checked(address: str) -> str:
    try:
        return str(ipaddress.IPv4Address(address))
    except ValueError as error:
        raise system.GuestError(str(error)) from error


def main() -> int:
    """Follow what the argument wants; return an exit status."""
    return system.exit_status(lambda: follow(json.loads(sys.argv[1])))


if __name__ == "__main__":
    sys.exit(main())
