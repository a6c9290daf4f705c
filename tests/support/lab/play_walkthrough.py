# SPDX-License-Identifier: Apache-2.0

"""Plays the walkthrough: what an operator does by hand today, then the same with one command each.

python -m tests.support.lab.play_walkthrough
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

from tests.support.lab import BootError, Lab, topology

SERVICE = "default/sctp-demo"
LISTENER = f"{SERVICE}:SCTP:90"


@dataclass(frozen=True)
class Step:
    """A command of the walkthrough, and why an operator runs it."""

    why: str
    command: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join(self.command)


def _step(why: str, command: str) -> Step:
    return Step(why, tuple(command.split()))


BY_HAND = (
    _step("Which load balancers are there?", "openstack loadbalancer list"),
    _step("Is the Service's load balancer well?", f"openstack loadbalancer show {SERVICE}"),
    _step("Does it listen on SCTP?", f"openstack loadbalancer listener show {LISTENER}"),
    _step("Has the listener a pool?", "openstack loadbalancer pool list"),
    _step("Has the pool a member for each pod?", f"openstack loadbalancer member list {LISTENER}"),
)
WITH_THE_PLUGIN = (
    _step("All of the above, judged", f"openstack kuryr sctp verify {SERVICE}"),
    _step("Does traffic get through, and who answers?", f"openstack kuryr sctp probe {SERVICE}"),
    _step(
        "The same without a cloud, message by message",
        f"openstack kuryr sctp probe --address {topology.VIP} --port {topology.VIP_PORT}"
        " --count 4 --each",
    ),
)


def play(lab: Lab) -> Iterator[tuple[Step, int]]:
    """Run and show every step; yield it with its exit status."""
    for step in (*BY_HAND, *WITH_THE_PLUGIN):
        print(f"\n# {step.why}\n$ {step}", flush=True)
        done = lab.run(step.command, timeout=120)
        sys.stdout.write(done.stdout)
        sys.stdout.flush()
        sys.stderr.write(done.stderr)
        yield step, done.returncode


def main() -> int:
    """Start a lab, play everything in it, and return 0 if every step went well."""
    print(
        "Starting the lab: a small machine with Keystone, Neutron, Octavia, two pods and SCTP"
        " (about half a minute) ...",
        flush=True,
    )
    try:
        with Lab.start() as lab:
            failed = [str(step) for step, status in play(lab) if status]
    except BootError as error:
        print(f"walkthrough: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    for command in failed:
        print(f"walkthrough: failed: {command}", file=sys.stderr)
    if not failed:
        print("\nThe walkthrough works: both pods answer through the load balancer.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
