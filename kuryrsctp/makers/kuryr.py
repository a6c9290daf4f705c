# SPDX-License-Identifier: Apache-2.0

"""Kuryr: how its objects are named, what it does, and what to do about faults.

Load balancer `<ns>/<svc>`, listener and pool `<ns>/<svc>:<PROTOCOL>:<port>`, member
`<target ns>/<target name>:<port>`; names are never shortened.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kuryrsctp.makers.kuryr_advice import ANEW, CAUSES, REMEDIES
from kuryrsctp.makers.maker import Claim
from kuryrsctp.makers.unknown import Unknown
from kuryrsctp.model import Listener, LoadBalancer, Pool
from kuryrsctp.naming import LABEL, ServiceName

_PORT = re.compile(r"[1-9][0-9]{0,4}")
# RFC 1123 subdomains as Kubernetes has them for pods: no label has a limit of its own.
_POD = re.compile(r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")

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
    """A member's name, taken apart: the pod it stands for and the pod's port.

    Endpoints that somebody wrote by hand have no pod: all have the name of the Service.
    """

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


def read_member(text: str) -> MemberName | None:
    """Read the name of a member of Kuryr's; None for any other name.

    Targets are named as Kubernetes names pods and nodes: with dots, and up to 253 characters.
    """
    target, colon, port = text.rpartition(":")
    namespace, slash, name = target.partition("/")
    if not (colon and slash and _PORT.fullmatch(port) and LABEL.fullmatch(namespace)):
        return None
    if not _POD.fullmatch(name):
        return None
    return MemberName(namespace, name, int(port))


class Kuryr(Unknown):
    """Kuryr-Kubernetes."""

    name = "Kuryr"
    controller = "kuryr-controller"
    causes = CAUSES
    remedies = REMEDIES
    repair = (
        "Kuryr does not look for this by itself: it deletes the load balancer and makes it again"
        " when an endpoint of the Service comes or goes"
    )
    no_floating_ip = "only type LoadBalancer has one"
    anew = ANEW
    no_vip_group = (
        "Kuryr takes all groups away where its [octavia_defaults] enforce_sg_rules is False"
    )
    members_are_pods = True
    no_members = "right only while no pod is ready"

    def claims(self, load_balancer: LoadBalancer) -> tuple[Claim, ...]:
        """Return the claim of the Service that the name tells."""
        service = read_service(load_balancer.name)
        return (Claim(self, load_balancer.name, service),) if service else ()

    def filters(self, service: ServiceName) -> Sequence[Mapping[str, str]] | None:
        """Find the name, which names no cluster."""
        return ({"name": str(service)},) if service.cluster is None else ()

    def mark_of(self, part: Listener | Pool, load_balancer: LoadBalancer) -> str | None:
        """Return the name of the load balancer, if it is Kuryr's: it serves one Service alone."""
        return load_balancer.name if read_service(load_balancer.name) else None

    def part_name(self, load_balancer: LoadBalancer, port: int) -> str:
        """Return Kuryr's name for a listener or pool."""
        service = read_service(load_balancer.name)
        return "" if service is None else str(ListenerName(service, "SCTP", port))

    def part_name_fault(
        self, part: Listener | Pool, load_balancer: LoadBalancer, port: int
    ) -> str | None:
        """Compare the name of a listener or pool with Kuryr's."""
        expected = self.part_name(load_balancer, port)
        return "" if part.name == expected else f"'{part.name}', expected '{expected}'"

    def is_own(self, listener: Listener, load_balancer: LoadBalancer) -> bool:
        """Compare the name of a listener with Kuryr's for its port."""
        return not self.part_name_fault(listener, load_balancer, listener.protocol_port)

    def is_made_for(
        self, pool: Pool, listener: Listener, load_balancer: LoadBalancer
    ) -> bool | None:
        """Compare a name that Kuryr gives with the one for the listener's port."""
        if read_listener(pool.name) is None:
            return None
        return not self.part_name_fault(pool, load_balancer, listener.protocol_port)

    def member_name_fault(self, name: str) -> str | None:
        """Check the form of a member's name: the pods are not known."""
        return "" if read_member(name) else f"'{name}' is not a name that Kuryr gives"

    def member_host(self, name: str) -> str | None:
        """Return the pod in a member's name."""
        parsed = read_member(name)
        return parsed.target if parsed else None

    def is_sctp_name(self, name: str) -> bool:
        """Look for the protocol in the name."""
        parsed = read_listener(name)
        return parsed is not None and parsed.protocol == "SCTP"

    def listener_port(self, name: str) -> int | None:
        """Return the port in a listener's name."""
        parsed = read_listener(name)
        return parsed.port if parsed else None

    def member_port(self, name: str) -> int | None:
        """Return the port in a member's name."""
        parsed = read_member(name)
        return parsed.port if parsed else None

    def isolation(self, cidrs: frozenset[str], vip_networks: frozenset[str]) -> str:
        """Kuryr adds the service subnet to what a NetworkPolicy admits, if that is nothing."""
        if not cidrs or cidrs != vip_networks:
            return ""
        return (
            "the service subnet: no client outside of it is admitted, because of a NetworkPolicy or"
            " of a change by hand"
        )

    def late(self, seconds: float) -> str:
        """Say that a change takes longer than Kuryr waits."""
        return "longer than Kuryr waits" if seconds > TIMEOUT else ""


KURYR = Kuryr()
