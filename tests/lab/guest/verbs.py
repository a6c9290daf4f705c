# SPDX-License-Identifier: Apache-2.0

"""Breaks and mends the machine: ``python -m tests.lab.guest.verbs VERB TARGET [ICMP-TYPE]``."""

import sys

from tests.lab import protocol, topology
from tests.lab.guest import faults, pods, system
from tests.lab.settings import Settings


def perform(verb: str, target: str, *options: str) -> None:
    """Do to a pod, or to the way to the amphora, what the verb says.

    Raises GuestError when the target does not exist or cannot have it done.
    """
    settings = Settings.from_json(protocol.read_json(system.STATE / protocol.SETTINGS))
    hosts = (*topology.HOSTS, *topology.pod_hosts(settings.pods))
    found = {host.name: host for host in hosts if host.name != topology.CLIENT}
    servers = {pod.name: pod for pod in settings.pods if pod.command}
    known = servers if verb in ("kill", "revive") else found
    if target not in known:
        raise system.GuestError(f"cannot {verb} {target!r}; try one of: {', '.join(known)}")
    if verb == "kill":
        pods.kill(servers[target])
    elif verb == "revive":
        pods.revive(servers[target])
    elif verb == "drop":
        faults.drop(target)
    elif verb == "reject":
        faults.reject(target, *options)
    elif verb == "unplug":
        faults.unplug(found[target])
    elif verb == "restore":
        faults.restore(found[target])
    else:
        raise system.GuestError(f"there is no verb {verb!r}")


def main() -> int:
    """Perform what the arguments say; return an exit status."""
    try:
        perform(*sys.argv[1:])
    except system.GuestError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
