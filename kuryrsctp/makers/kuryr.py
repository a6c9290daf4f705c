# SPDX-License-Identifier: Apache-2.0

"""Kuryr: how its objects are named, what it does, and what to do about faults.

Load balancer `<ns>/<svc>`, listener and pool `<ns>/<svc>:<PROTOCOL>:<port>`, member
`<target ns>/<target name>:<port>`; names are never shortened.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from kuryrsctp.makers.unknown import Unknown
from kuryrsctp.model import Listener, LoadBalancer
from kuryrsctp.naming import LABEL, ServiceName

_PORT = re.compile(r"[1-9][0-9]{0,4}")

# Seconds that Kuryr waits for a change of Octavia's before it gives up.
TIMEOUT = 300.0

# Made by Kuryr's installer, not by Kuryr: its parts follow other rules.
KUBERNETES_API = ServiceName("default", "kubernetes")


@dataclass(frozen=True, slots=True)
class ListenerName:
    """A listener's or pool's name, taken apart."""

    service: ServiceName
    protocol: str
    port: int

    def __str__(self) -> str:
        return f"{self.service}:{self.protocol}:{self.port}"


@dataclass(frozen=True, slots=True)
class MemberName:
    """A member's name, taken apart: the pod it stands for and the pod's port."""

    namespace: str
    target: str
    port: int

    def __str__(self) -> str:
        return f"{self.namespace}/{self.target}:{self.port}"


def read_service(text: str) -> ServiceName | None:
    """Read the name of a load balancer of Kuryr's; None for any other name."""
    namespace, slash, name = text.partition("/")
    if slash and LABEL.fullmatch(namespace) and LABEL.fullmatch(name):
        return ServiceName(namespace, name)
    return None


def read_listener(text: str) -> ListenerName | None:
    """Read the name of a listener or pool of Kuryr's; None for any other name."""
    parts = text.split(":")
    service = read_service(parts[0])
    if service is None or len(parts) != 3 or not parts[1] or not _PORT.fullmatch(parts[2]):
        return None
    return ListenerName(service, parts[1], int(parts[2]))


def is_sctp_name(text: str) -> bool:
    """Tell whether a listener's or pool's name is Kuryr's for an SCTP port."""
    name = read_listener(text)
    return name is not None and name.protocol == "SCTP"


def read_member(text: str) -> MemberName | None:
    """Read the name of a member of Kuryr's; None for any other name.

    Targets are named as Kubernetes names them: pods and nodes may have dots.
    """
    target, colon, port = text.rpartition(":")
    namespace, slash, name = target.partition("/")
    labels = name.split(".")
    if not (colon and slash and _PORT.fullmatch(port) and LABEL.fullmatch(namespace)):
        return None
    if not all(LABEL.fullmatch(label) for label in labels):
        return None
    return MemberName(namespace, name, int(port))


_CAUSES: Mapping[str, str] = MappingProxyType(
    {
        "listener-admin-state": "A NetworkPolicy admits no client: Kuryr then switches the listener"
        " off and leaves it without an allowed CIDR.",
        "listener-timeouts": "The annotations openstack.org/kuryr-timeout-client-data and"
        " -member-data of the Service.",
        "load-balancer-exists": "Kuryr made no load balancer: the Service is headless, not of type"
        " ClusterIP or LoadBalancer, or has no endpoints yet; or Kuryr is not running.",
        "load-balancer-quota": "Kuryr makes a load balancer for every Service, also for those"
        " without SCTP.",
        "load-balancer-unique": "Kuryr's names do not tell clusters apart: two clusters in one"
        " project collide. Or Kuryr lost track of a load balancer and made another.",
        "member-quota": "Kuryr makes a member for every ready endpoint of each port of every"
        " Service, also of those without SCTP.",
        "member-security-groups": "The pods' group has a rule for tcp only, as in Kuryr's manual.",
        "members-exist": "Only ready endpoints become members.",
        "octavia-version": "Kuryr leaves SCTP listeners out if Octavia is too old.",
        "pool-persistence": "Kuryr ignores the Service's session affinity.",
    }
)

_REMEDIES: Mapping[str, str] = MappingProxyType(
    {
        "listener-allowed-cidrs": "check that the clients' addresses are in the list (`kubectl get"
        " networkpolicy`)",
        "listener-exists": "check the Service's ports (`kubectl get service`), Octavia's version,"
        " and the log of kuryr-controller",
        "listener-name": "delete the listener, and Kuryr makes its own; or rename it",
        "listener-port": "compare with `kubectl get service`; delete the listener, and Kuryr makes"
        " its own",
        "listener-protocol": "delete the listener and recreate it with --protocol SCTP, or let"
        " Kuryr do so",
        "listener-status": "where a change failed: delete the listener, and Kuryr recreates it;"
        " otherwise see whether `openstack kuryr sctp probe` gets through, and ask the cloud's"
        " operator about the provider",
        "member-name": "delete the member, and Kuryr makes its own",
        "member-port": "compare with `kubectl get endpoints`; delete the member, and Kuryr makes"
        " its own",
        "member-status": "where a change failed: delete the member, and Kuryr recreates it;"
        " otherwise check the pod (`kubectl get pods -o wide`), and that its security group allows"
        " sctp, not only tcp",
        "pool-algorithm": "set Kuryr's [octavia_defaults] lb_algorithm to one that the provider"
        " supports",
        "pool-exists": "with provider OVN, set Kuryr's [octavia_defaults] lb_algorithm to"
        " SOURCE_IP_PORT; otherwise see the log of kuryr-controller",
        "pool-name": "delete the pool, and Kuryr makes its own; or rename it",
        "pool-protocol": "delete the pool and recreate it with --protocol SCTP, or let Kuryr do so",
        "pool-status": "where a change failed: delete the pool, and Kuryr recreates it; otherwise"
        " look at the members' rows and at the pods",
        "vip-port": "delete the load balancer, and Kuryr recreates it with a port of its own",
    }
)


class Kuryr(Unknown):
    """Kuryr-Kubernetes."""

    name = "Kuryr"
    controller = "kuryr-controller"
    causes = _CAUSES
    remedies = _REMEDIES

    def made(self, load_balancer: LoadBalancer) -> bool:
        """Tell by its name whether Kuryr made a load balancer."""
        return read_service(load_balancer.name) is not None

    def service_of(self, load_balancer: LoadBalancer) -> ServiceName | None:
        """Return the Service that the name tells."""
        return read_service(load_balancer.name)

    def part_name_fault(self, name: str, load_balancer: LoadBalancer, port: int) -> str | None:
        """Compare the name of a listener or pool with Kuryr's."""
        service = read_service(load_balancer.name)
        expected = "" if service is None else str(ListenerName(service, "SCTP", port))
        return "" if name == expected else f"'{name}', expected '{expected}'"

    def member_name_fault(self, name: str) -> str | None:
        """Check the form of a member's name: the pods are not known."""
        return "" if read_member(name) else f"'{name}' is not a name that Kuryr gives"

    def listener_port(self, name: str) -> int | None:
        """Return the port in a listener's name."""
        parsed = read_listener(name)
        return parsed.port if parsed else None

    def member_port(self, name: str) -> int | None:
        """Return the port in a member's name."""
        parsed = read_member(name)
        return parsed.port if parsed else None

    def denial(self, listener: Listener) -> str:
        """Kuryr switches a listener off, with no allowed CIDR, where nobody is admitted."""
        if listener.admin_state_up or listener.allowed_cidrs:
            return ""
        return "off, with no allowed CIDR: Kuryr does this where a NetworkPolicy admits nobody"

    def late(self, seconds: float) -> str:
        """Say that a change takes longer than Kuryr waits."""
        return "longer than Kuryr waits" if seconds > TIMEOUT else ""


KURYR = Kuryr()
