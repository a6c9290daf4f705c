# SPDX-License-Identifier: Apache-2.0

"""What the cloud holds at first: accounts, networks and the walkthrough's load balancers."""

from dataclasses import dataclass

REGION = "RegionOne"
PASSWORD = "lab-only"  # the servers listen on one private address, with data nobody needs
KURYR_PROJECT = "k8s"


@dataclass(frozen=True)
class User:
    """A user, the one project it works in, and its roles there."""

    name: str
    project: str
    roles: tuple[str, ...]


ADMIN = User("admin", "admin", ("admin",))
CLOUD_USERS = (
    ADMIN,
    User("kuryr", KURYR_PROJECT, ("member", "load-balancer_member")),
    User("viewer", KURYR_PROJECT, ("reader",)),
    User("nobody", KURYR_PROJECT, ("no-rights",)),
    User("other", "other", ("member", "load-balancer_member")),
)
SERVICE_USERS = (
    User("neutron", "service", ("admin", "service")),
    User("octavia", "service", ("admin", "service")),
)


@dataclass(frozen=True)
class Subnet:
    """An IPv4 or IPv6 subnet; no gateway means that no router belongs to it.

    `pool` are the first and the last address that Neutron chooses from, if not from all.
    """

    name: str
    cidr: str
    gateway: str | None = None
    pool: tuple[str, str] | None = None


@dataclass(frozen=True)
class Network:
    """A network with its subnets."""

    name: str
    subnets: tuple[Subnet, ...]


MANAGEMENT_NETWORK = Network("lb-mgmt-net", (Subnet("lb-mgmt-subnet", "192.0.2.0/24"),))
# Floating IPs that are asked for by address are above: nobody else gets them by chance.
_CHOSEN_FROM = ("203.0.113.2", "203.0.113.199")
PUBLIC_NETWORK = Network(
    "public", (Subnet("public-subnet", "203.0.113.0/24", "203.0.113.1", _CHOSEN_FROM),)
)
# 10.0.0.129, the first address of the service network, is the VIP of default/kubernetes.
SERVICE_SUBNET = Subnet("k8s-service-subnet", "10.0.0.128/26", "10.0.0.190")
POD_SUBNET = Subnet("k8s-pod-subnet", "10.0.0.64/26", "10.0.0.65")
SERVICE_NETWORK = Network(
    "k8s-service-net",
    (SERVICE_SUBNET, Subnet("k8s-service-subnet-v6", "fd00:158::/64", "fd00:158::1")),
)
POD_NETWORK = Network(
    "k8s-pod-net", (POD_SUBNET, Subnet("k8s-pod-subnet-v6", "fd00:75::/64", "fd00:75::1"))
)


@dataclass(frozen=True)
class Member:
    """A member of a pool."""

    name: str
    address: str
    port: int


@dataclass(frozen=True)
class Service:
    """A Kubernetes Service, as the load balancer, listener, pool and members Kuryr makes of it."""

    name: str
    vip: str
    listener: str
    protocol: str
    port: int
    members: tuple[Member, ...]


PODS = {"sctp-demo-65fcf85ddb-zg7nq": "10.0.0.75", "sctp-demo-65fcf85ddb-8vnrq": "10.0.0.88"}
PODS_V6 = {"sctp-demo-65fcf85ddb-zg7nq": "fd00:75::75", "sctp-demo-65fcf85ddb-8vnrq": "fd00:75::88"}
VIP_V6 = "fd00:158::158"

# Where a client has to be a port of the cloud, and not only behind its router.
CLIENT = ("10.0.0.10", "fd00:10::10")
CLIENT_NETWORK = Network(
    "k8s-node-net",
    (
        Subnet("k8s-node-subnet", "10.0.0.0/26", "10.0.0.1"),
        Subnet("k8s-node-subnet-v6", "fd00:10::/64", "fd00:10::1"),
    ),
)

KUBERNETES = Service(
    "default/kubernetes",
    "10.0.0.129",
    "default/kubernetes:443",
    "HTTPS",
    443,
    (Member("kuryr-devstack:6443", "10.0.0.70", 6443),),
)
SCTP_DEMO = Service(
    "default/sctp-demo",
    "10.0.0.158",
    "default/sctp-demo:SCTP:90",
    "SCTP",
    90,
    tuple(Member(f"default/{pod}:9090", address, 9090) for pod, address in PODS.items()),
)
SERVICES = (KUBERNETES, SCTP_DEMO)
