# SPDX-License-Identifier: Apache-2.0

"""Services of a test's own in the lab, made through the real APIs as Kuryr would.

    python -m tests.support.lab.services make <namespace>/<name> [<pod> ...]
    python -m tests.support.lab.services remove <namespace>/<name> <pod> ...

run inside the guest, where the APIs are. The first prints the load balancer's ID and VIP as JSON,
the second when it began and when it was done, in the guest's seconds since 1970.
"""

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from typing import Any

from tests.support.lab import Lab, topology

_TIMEOUT = 120.0


@contextlib.contextmanager
def service(lab: Lab, name: str, pods: tuple[topology.Pod, ...]) -> Iterator[dict[str, str]]:
    """Make a Service with SCTP port 90 and a member for each pod; delete it in the end."""
    found: dict[str, str] = _inside(lab, "make", name, pods)
    try:
        yield found
    finally:
        delete = ["openstack", "loadbalancer", "delete", "--cascade", "--wait", found["id"]]
        lab.run(delete, timeout=_TIMEOUT, check=True)


def remove_members(lab: Lab, name: str, pods: tuple[topology.Pod, ...]) -> tuple[float, float]:
    """Remove the pods' members; return when that began, and when it was done."""
    began, ended = _inside(lab, "remove", name, pods)
    return began, ended


def _inside(lab: Lab, verb: str, name: str, pods: tuple[topology.Pod, ...]) -> Any:
    argv = [str(topology.PLUGIN_PYTHON), "-m", "tests.support.lab.services", verb, name]
    done = lab.run([*argv, *(pod.name for pod in pods)], timeout=_TIMEOUT, check=True)
    return json.loads(done.stdout)


def make(name: str, pods: tuple[topology.Pod, ...]) -> dict[str, str]:
    """Make the load balancer and all its parts; return what tells it from others."""
    import openstack

    from tests.support import kuryr

    connection = openstack.connect()
    members = [kuryr.member(f"default/{pod.name}:{pod.port}", pod.ipv4, pod.port) for pod in pods]
    listener = kuryr.listener(f"{name}:SCTP:{topology.VIP_PORT}", topology.VIP_PORT, *members)
    made = kuryr.make(connection, name, [listener])
    kuryr.settle(connection, made.id)
    return {"id": made.id, "vip": made.vip_address}


def remove(name: str, pods: tuple[topology.Pod, ...]) -> tuple[float, float]:
    """Remove members; return when that began, and when the load balancer was done with it."""
    import openstack

    from tests.support import kuryr

    connection = openstack.connect()
    api = connection.load_balancer
    (load_balancer,) = api.load_balancers(name=name)
    (pool,) = api.pools(loadbalancer_id=load_balancer.id)
    gone = {pod.ipv4 for pod in pods}
    members = [member for member in api.members(pool) if member.address in gone]
    began = time.time()
    for member in members:
        api.delete_member(member, pool, ignore_missing=False)
        kuryr.settle(connection, load_balancer.id)
    return began, time.time()


VERBS = {"make": make, "remove": remove}

if __name__ == "__main__":
    _, verb, wanted, *names = sys.argv
    print(json.dumps(VERBS[verb](wanted, tuple(pod for pod in topology.PODS if pod.name in names))))
