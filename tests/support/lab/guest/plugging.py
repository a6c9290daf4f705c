# SPDX-License-Identifier: Apache-2.0

"""Hosts that come and go while the machine runs: the pods of a Kubernetes, and its nodes.

``python -m tests.support.lab.guest.plugging plug NAME ADDRESS`` makes a pod with this name and
address, and returns once the demo's server listens in it; ``unplug NAME`` takes it away.
"""

import contextlib
import fcntl
import ipaddress
import os
import signal
import sys
from collections.abc import Callable

from tests.support.lab import topology
from tests.support.lab.guest import pods, system

_STATE = system.STATE / "plugged"
_COUNTER = system.STATE / "plugged-so-far"
_FIRST_INDEX = 1000
_END_TIMEOUT = 5.0


def plug(name: str, address: str) -> None:
    """Make a pod, in the place of an older one of that name, and wait until its server listens.

    Raises GuestError when the address belongs to no network, or no server comes up.
    """
    unplug(name)
    add_host(name, address)
    _STATE.mkdir(exist_ok=True)
    (_STATE / name).write_text(address)
    pod = topology.Pod(name, address, "")
    pods.start(pod)
    pods.wait(pod)


def unplug(name: str) -> None:
    """Take a pod away, with all that runs in it, if there is one."""
    (_STATE / name).unlink(missing_ok=True)
    if not (system.NAMESPACES / name).exists():
        return
    running = [int(pid) for pid in system.call(["ip", "netns", "pids", name]).split()]
    for pid in running:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    system.wait_until(
        lambda: not any(map(system.lives, running)), _END_TIMEOUT, f"what runs in {name} ends"
    )
    system.call(["ip", "netns", "del", name])


def plugged() -> list[topology.Pod]:
    """Return the pods that are there now."""
    found = sorted(_STATE.iterdir()) if _STATE.exists() else []
    return [topology.Pod(path.name, path.read_text(), "") for path in found]


def add_host(name: str, address: str) -> None:
    """Make a namespace, and plug it into the network that its address is of."""
    gateway, network = _network(address)
    prefix = gateway.network.prefixlen
    number = _next_number()
    system.ip(
        f"netns add {name}",
        # The kernel takes a second to see that a link is up when both ends have the same index.
        f"link add eth0 index {_FIRST_INDEX + number} netns {name} type veth "
        f"peer name plug{number} netns {topology.ROUTER}",
    )
    with system.inside(topology.ROUTER):
        # A network of Kubernetes' own shares a bridge with one that was there from the beginning.
        system.ip(
            f"addr replace {gateway} dev {network.name}",
            f"link set plug{number} master {network.name} up",
        )
    with system.inside(name):
        system.ip(
            "link set lo up",
            "link set eth0 up",
            f"addr add {address}/{prefix} dev eth0",
            f"route add default via {gateway.ip}",
        )


def _network(address: str) -> tuple[ipaddress.IPv4Interface, topology.Network]:
    for text, network in topology.GATEWAYS.items():
        gateway = ipaddress.IPv4Interface(text)
        if ipaddress.IPv4Address(address) in gateway.network:
            return gateway, network
    raise system.GuestError(f"the machine has no network for {address}")


def _next_number() -> int:
    with _COUNTER.open("a+") as counter:
        fcntl.flock(counter, fcntl.LOCK_EX)
        counter.write("+")
        counter.flush()
        return counter.tell()


_VERBS: dict[str, Callable[..., None]] = {"plug": plug, "unplug": unplug}


def main() -> int:
    """Do what the arguments say; return an exit status."""
    return system.exit_status(lambda: _VERBS[sys.argv[1]](*sys.argv[2:]))


if __name__ == "__main__":
    sys.exit(main())
