# SPDX-License-Identifier: Apache-2.0

"""Breaks and mends the machine.

``python -m tests.support.lab.guest.verbs VERB TARGET [ICMP-TYPE]``
"""

import sys

from tests.support.lab import protocol
from tests.support.lab.guest import packet_path, plugging, pods, system
from tests.support.lab.guest_settings import Settings


def perform(verb: str, target: str, *options: str) -> None:
    """Do to a pod, or to the way to the load balancers, what the verb says.

    Raises GuestError when the target does not exist or cannot have it done.
    """
    settings = Settings.from_json(protocol.read_json(system.STATE / protocol.SETTINGS))
    path = packet_path.of(settings)
    servers = {pod.name: pod for pod in (*settings.pods, *plugging.plugged()) if pod.command}
    known = servers if verb in ("kill", "revive") else path.targets(verb)
    if target not in known:
        raise system.GuestError(f"cannot {verb} {target!r}; try one of: {', '.join(known)}")
    if verb == "kill":
        pods.kill(servers[target])
    elif verb == "revive":
        pods.revive(servers[target])
    elif verb == "drop":
        path.drop(target)
    elif verb == "reject":
        path.reject(target, *options)
    elif verb == "unplug":
        path.unplug(target)
    elif verb == "restore":
        path.restore(target)
    else:
        raise system.GuestError(f"there is no verb {verb!r}")


def main() -> int:
    """Perform what the arguments say; return an exit status."""
    return system.exit_status(lambda: perform(*sys.argv[1:]))


if __name__ == "__main__":
    sys.exit(main())
