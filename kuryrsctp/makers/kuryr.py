# SPDX-License-Identifier: Apache-2.0

"""Kuryr's names for Octavia's objects.

Load balancer `<ns>/<svc>`, listener and pool `<ns>/<svc>:<PROTOCOL>:<port>`, member
`<target ns>/<target name>:<port>`; nothing is cut.
"""

import re
from dataclasses import dataclass

from kuryrsctp.naming import LABEL, ServiceName

_PORT = re.compile(r"[1-9][0-9]{0,4}")

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
    """Read the name of a load balancer of Kuryr's; None if it is no such name."""
    namespace, slash, name = text.partition("/")
    if slash and LABEL.fullmatch(namespace) and LABEL.fullmatch(name):
        return ServiceName(namespace, name)
    return None


def read_listener(text: str) -> ListenerName | None:
    """Read the name of a listener or pool of Kuryr's; None if it is no such name."""
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
    """Read the name of a member of Kuryr's; None if it is no such name.

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
