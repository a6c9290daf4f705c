# SPDX-License-Identifier: Apache-2.0

"""What the lab's machine is made of, as data: networks, hosts, pods, and their addresses.

    client 10.0.0.10/26 --- rtr --- service network 10.0.0.128/26 --- lb (the amphora)
       |                     |
    root (the APIs)          +----- pod network 10.0.0.64/26 --- a namespace for each pod

Every network is a bridge in the namespace ``rtr`` and has both families.
"""

import dataclasses
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
PLUGIN_PYTHON = REPOSITORY / ".venv" / "bin" / "python"
CLOUD_PYTHON = REPOSITORY / ".lab" / "venv" / "bin" / "python"

ROUTER = "rtr"
CLIENT = "client"
AMPHORA = "lb"
OUTSIDE = "outside"
"""A host on the public network; there is one with OVN."""
ROOT = "root"
"""The guest's own network namespace, where the APIs listen."""

OUTSIDE_ADDRESS = "203.0.113.1/24"
"""The gateway of the public network's subnet."""

API_ADDRESS = "198.51.100.1"
API_CLIENT_ADDRESS = "198.51.100.2"
API_PREFIX = 30

VIP = "10.0.0.158"
VIP_IPV6 = "fd00:158::158"
VIP_PORT = 90
SERVER_PORT = 9090

DEMO_COMMAND = (
    str(PLUGIN_PYTHON),
    "-m",
    "kuryrsctp.demo",
    "--port",
    str(SERVER_PORT),
)


@dataclasses.dataclass(frozen=True)
class Network:
    """A bridge in the router, with the router's address in each family."""

    name: str
    ipv4_gateway: str
    ipv4_prefix: int
    ipv6_gateway: str
    ipv6_prefix: int = 64


@dataclasses.dataclass(frozen=True)
class Host:
    """A network namespace of its own, plugged into one network."""

    name: str
    network: Network
    interface: str
    ipv4: str
    ipv6: str


@dataclasses.dataclass(frozen=True)
class Pod:
    """A host in the pod network, with a hostname and a server of its own.

    ``command`` may be empty: then nothing runs in the pod. Otherwise the pod is up once
    ``listeners`` SCTP endpoints listen on ``port``.
    """

    name: str
    ipv4: str
    ipv6: str
    command: tuple[str, ...] = DEMO_COMMAND
    port: int = SERVER_PORT
    listeners: int = 2


CLIENT_NETWORK = Network("net-client", "10.0.0.1", 26, "fd00:10::1")
SERVICE_NETWORK = Network("net-service", "10.0.0.190", 26, "fd00:158::1")
POD_NETWORK = Network("net-pod", "10.0.0.65", 26, "fd00:75::1")
NETWORKS = (CLIENT_NETWORK, SERVICE_NETWORK, POD_NETWORK)

GATEWAYS = {
    f"{POD_NETWORK.ipv4_gateway}/{POD_NETWORK.ipv4_prefix}": POD_NETWORK,
    "10.244.0.1/16": POD_NETWORK,
    "10.0.1.1/24": SERVICE_NETWORK,
}
"""The networks of hosts that come and go, and whose bridge each uses: Kuryr's pods; the pods of
nodes; the nodes, with the amphorae that cloud-provider-openstack makes beside them."""

HOSTS = (
    Host(CLIENT, CLIENT_NETWORK, "eth0", "10.0.0.10", "fd00:10::10"),
    Host(AMPHORA, SERVICE_NETWORK, "eth1", "10.0.0.150", "fd00:158::150"),
)

PODS = (
    Pod("sctp-demo-65fcf85ddb-zg7nq", "10.0.0.75", "fd00:75::75"),
    Pod("sctp-demo-65fcf85ddb-8vnrq", "10.0.0.88", "fd00:75::88"),
)


def pod_hosts(pods: tuple[Pod, ...]) -> tuple[Host, ...]:
    """Return the namespaces that the pods live in."""
    return tuple(Host(pod.name, POD_NETWORK, "eth0", pod.ipv4, pod.ipv6) for pod in pods)
