# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Services of a test's own in the lab, made through the real APIs as Kuryr would.

    python -m tests.lab.services make <namespace>/<name> [<pod> ...]

runs inside the guest, where the APIs are, and prints the load balancer's ID and VIP as JSON.
"""

import contextlib
import json
import sys
from collections.abc import Iterator

from tests.lab import Lab, topology

_TIMEOUT = 120.0


@contextlib.contextmanager
def service(lab: Lab, name: str, pods: tuple[topology.Pod, ...]) -> Iterator[dict[str, str]]:
    """Make a Service with SCTP port 90 and a member for each pod; delete it in the end."""
    argv = [str(topology.PLUGIN_PYTHON), "-m", "tests.lab.services", "make", name]
    made = lab.run([*argv, *(pod.name for pod in pods)], timeout=_TIMEOUT, check=True)
    found: dict[str, str] = json.loads(made.stdout)
    try:
        yield found
    finally:
        delete = ["openstack", "loadbalancer", "delete", "--cascade", "--wait", found["id"]]
        lab.run(delete, timeout=_TIMEOUT, check=True)


def make(name: str, pods: tuple[topology.Pod, ...]) -> dict[str, str]:
    """Make the load balancer and all its parts; return what tells it from others."""
    import openstack

    from tests.functional import kuryr

    connection = openstack.connect()
    members = [kuryr.member(f"default/{pod.name}:{pod.port}", pod.ipv4, pod.port) for pod in pods]
    listener = kuryr.listener(f"{name}:SCTP:{topology.VIP_PORT}", topology.VIP_PORT, *members)
    made = kuryr.make(connection, name, [listener])
    kuryr.settle(connection, made.id)
    return {"id": made.id, "vip": made.vip_address}


if __name__ == "__main__":
    _, _, wanted, *names = sys.argv
    print(json.dumps(make(wanted, tuple(pod for pod in topology.PODS if pod.name in names))))
