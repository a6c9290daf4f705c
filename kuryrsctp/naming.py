# SPDX-License-Identifier: Apache-2.0

"""How users name a Service: NAME, NAMESPACE/NAME, or the ID of its load balancer."""

import re
from dataclasses import dataclass

from kuryrsctp.errors import UsageError

DEFAULT_NAMESPACE = "default"

# RFC 1123 labels: what Kubernetes allows for namespaces, and of late for Services too.
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ServiceName:
    """A Kubernetes Service; as text it is NAMESPACE/NAME."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class LoadBalancerId:
    """A load balancer picked by its ID rather than by its Service."""

    id: str

    def __str__(self) -> str:
        return self.id


ServiceRef = ServiceName | LoadBalancerId


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
        if not LABEL.fullmatch(part):
            raise UsageError(
                f"'{part}' is no Kubernetes {kind}: give NAME, NAMESPACE/NAME (lower-case letters,"
                " digits and '-', at most 63 each) or a load balancer's ID"
            )
    return service
