# SPDX-License-Identifier: Apache-2.0

"""How users name a Service: NAME, NAMESPACE/NAME, or the ID of its load balancer."""

import re
from dataclasses import dataclass

from kuryrsctp.errors import UsageError

DEFAULT_NAMESPACE = "default"

# RFC 1123 labels: what Kubernetes allows for namespaces and, in new releases, for Services.
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

    What looks like an ID is one; a Service with such a name has to be given as
    `NAMESPACE/NAME`. `namespace` is for a `NAME` alone.

    Raises UsageError, which says what is allowed.
    """
    if _UUID.fullmatch(text):
        return LoadBalancerId(text.lower())
    before, slash, after = text.rpartition("/")
    namespace = parse_namespace(before if slash else namespace)
    if not LABEL.fullmatch(after):
        raise UsageError(
            f"invalid Kubernetes Service name '{after}': give NAME or NAMESPACE/NAME (each up to 63"
            " lower-case letters, digits and '-'), or a load balancer's ID"
        )
    return ServiceName(namespace, after)


def parse_namespace(text: str) -> str:
    """Return a Kubernetes namespace as typed by a user; raise UsageError if it cannot be one."""
    if not LABEL.fullmatch(text):
        raise UsageError(
            f"invalid Kubernetes namespace '{text}': give up to 63 lower-case letters, digits and"
            " '-'"
        )
    return text
