# SPDX-License-Identifier: Apache-2.0

"""The names that Kuryr and cloud-provider-openstack give to Octavia's objects.

Kuryr: load balancer `<ns>/<svc>`, listener and pool `<ns>/<svc>:<PROTOCOL>:<port>`,
member `<target ns>/<target name>:<port>`; nothing is cut. cloud-provider-openstack
(OCCM): `kube_service_<cluster>_<ns>_<svc>`, cut at 255 characters.
"""

import re
from dataclasses import dataclass

from kuryrsctp.errors import UsageError

DEFAULT_NAMESPACE = "default"

# RFC 1123 labels: what Kubernetes allows for namespaces, and of late for Services too.
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_OCCM_PREFIX = "kube_service_"
_OCCM_PART = re.compile(r"(?:listener|pool)_[0-9]+_")
_OCCM_LONGEST = 255


@dataclass(frozen=True, slots=True)
class ServiceName:
    """A Kubernetes Service; as text it is the name of Kuryr's load balancer."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"

    def listener(self, protocol: str, port: int) -> str:
        """Return Kuryr's name for the listener, and for its pool."""
        return f"{self}:{protocol}:{port}"


@dataclass(frozen=True, slots=True)
class LoadBalancerId:
    """A load balancer picked by its ID rather than by its Service."""

    id: str

    def __str__(self) -> str:
        return self.id


ServiceRef = ServiceName | LoadBalancerId

# Made by Kuryr's installer, not by Kuryr: its parts follow other rules.
KUBERNETES_API = ServiceName("default", "kubernetes")


@dataclass(frozen=True, slots=True)
class ListenerName:
    """A listener's or pool's name, taken apart."""

    service: ServiceName
    protocol: str
    port: int

    def __str__(self) -> str:
        return self.service.listener(self.protocol, self.port)


@dataclass(frozen=True, slots=True)
class MemberName:
    """A member's name, taken apart: the pod it stands for and the pod's port."""

    namespace: str
    target: str
    port: int

    def __str__(self) -> str:
        return f"{self.namespace}/{self.target}:{self.port}"


def parse_service(text: str, namespace: str = DEFAULT_NAMESPACE) -> ServiceRef:
    """Read `NAME`, `NAMESPACE/NAME` or a load balancer's ID as typed by a user.

    What looks like an ID is one; a Service of such a name is reached as
    `NAMESPACE/NAME`. `namespace` is for a bare `NAME`.

    Raises UsageError, saying what is allowed.
    """
    if _UUID.fullmatch(text):
        return LoadBalancerId(text.lower())
    before, slash, after = text.rpartition("/")
    service = ServiceName(before if slash else namespace, after)
    for kind, part in (("namespace", service.namespace), ("Service name", service.name)):
        if not _LABEL.fullmatch(part):
            raise UsageError(
                f"'{part}' is no Kubernetes {kind}: give NAME, NAMESPACE/NAME (lower-case letters,"
                " digits and '-', at most 63 each) or a load balancer's ID"
            )
    return service


def read_service(text: str) -> ServiceName | None:
    """Read the name of a load balancer of Kuryr's; None if it is no such name."""
    namespace, slash, name = text.partition("/")
    if slash and _LABEL.fullmatch(namespace) and _LABEL.fullmatch(name):
        return ServiceName(namespace, name)
    return None


def read_listener(text: str) -> ListenerName | None:
    """Read the name of a listener or pool of Kuryr's; None if it is no such name."""
    parts = text.split(":")
    service = read_service(parts[0])
    if service is None or len(parts) != 3 or not parts[1] or not _PORT.fullmatch(parts[2]):
        return None
    return ListenerName(service, parts[1], int(parts[2]))


def says_sctp(text: str) -> bool:
    """Tell whether a listener's or pool's name is Kuryr's for an SCTP port."""
    said = read_listener(text)
    return said is not None and said.protocol == "SCTP"


def read_member(text: str) -> MemberName | None:
    """Read the name of a member of Kuryr's; None if it is no such name.

    Targets are named as Kubernetes names them: pods and nodes may have dots.
    """
    target, colon, port = text.rpartition(":")
    namespace, slash, name = target.partition("/")
    labels = name.split(".")
    if not (colon and slash and _PORT.fullmatch(port) and _LABEL.fullmatch(namespace)):
        return None
    if not all(_LABEL.fullmatch(label) for label in labels):
        return None
    return MemberName(namespace, name, int(port))


def read_occm(text: str) -> ServiceName | None:
    """Read the name of a load balancer of OCCM's; None if it is none, or was cut."""
    parts = text.removeprefix(_OCCM_PREFIX).rsplit("_", 2)
    if not is_occm(text) or len(text) >= _OCCM_LONGEST or len(parts) < 3:
        return None
    return read_service("/".join(parts[1:]))


def is_occm(text: str) -> bool:
    """Tell whether a load balancer's name is of OCCM's making."""
    return text.startswith(_OCCM_PREFIX)


def is_occm_of(text: str, service: ServiceName) -> bool:
    """Tell whether a load balancer's name is OCCM's for this Service, in any cluster.

    A name that was cut at 255 characters is not recognised.
    """
    return is_occm(text) and text.endswith(f"_{service.namespace}_{service.name}")


def is_occm_part(text: str) -> bool:
    """Tell whether a listener's or pool's name is of OCCM's making."""
    start = _OCCM_PART.match(text)
    return start is not None and is_occm(text[start.end() :])
