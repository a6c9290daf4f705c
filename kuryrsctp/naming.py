# SPDX-License-Identifier: Apache-2.0

"""How users name a Service: NAME, NAMESPACE/NAME, CLUSTER:NAMESPACE/NAME, or the ID of its load
balancer.
"""

import re
from dataclasses import dataclass

from kuryrsctp.errors import UsageError

DEFAULT_NAMESPACE = "default"

# RFC 1123 labels: what Kubernetes allows for namespaces and, in new releases, for Services.
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ServiceName:
    """A Kubernetes Service; as text it is NAMESPACE/NAME, or CLUSTER:NAMESPACE/NAME.

    `cluster` is None where the user or the maker does not tell it.
    """

    namespace: str
    name: str
    cluster: str | None = None

    def __str__(self) -> str:
        if self.cluster is None:
            return self.in_cluster
        return f"{self.cluster}:{self.in_cluster}"

    @property
    def in_cluster(self) -> str:
        """The name inside the cluster: NAMESPACE/NAME."""
        return f"{self.namespace}/{self.name}"

    def is_elsewhere(self, other: "ServiceName") -> bool:
        """Tell whether another Service has this name in another cluster."""
        return self.in_cluster == other.in_cluster and self.cluster != other.cluster

    def covers(self, other: "ServiceName") -> bool:
        """Tell whether another Service is meant by this name: without a cluster, in any."""
        if self.cluster not in (None, other.cluster):
            return False
        return (self.namespace, self.name) == (other.namespace, other.name)


@dataclass(frozen=True, slots=True)
class LoadBalancerId:
    """A load balancer picked by its ID rather than by its Service."""

    id: str

    def __str__(self) -> str:
        return self.id


ServiceRef = ServiceName | LoadBalancerId


def parse_service(text: str, namespace: str = DEFAULT_NAMESPACE) -> ServiceRef:
    """Read a Service's name or a load balancer's ID as typed by a user.

    What looks like an ID is one; a Service with such a name has to be given as
    `NAMESPACE/NAME`. `namespace` is for a name without one. A cluster, and a colon, may come
    before the name: the name that cloud-provider-openstack has for the cluster.

    Raises UsageError, which says what is allowed.
    """
    if _UUID.fullmatch(text):
        return LoadBalancerId(text.lower())
    cluster, colon, in_cluster = text.rpartition(":")
    before, slash, after = in_cluster.rpartition("/")
    namespace = parse_namespace(before if slash else namespace)
    if not LABEL.fullmatch(after) or (colon and not cluster):
        raise UsageError(
            f"invalid Kubernetes Service name '{text if colon else after}': give NAME or"
            " NAMESPACE/NAME (each up to 63 lower-case letters, digits and '-'), CLUSTER: before"
            " that where clusters have to be told apart, or a load balancer's ID"
        )
    return ServiceName(namespace, after, cluster or None)


def parse_namespace(text: str) -> str:
    """Return a Kubernetes namespace as typed by a user; raise UsageError if it cannot be one."""
    if not LABEL.fullmatch(text):
        raise UsageError(
            f"invalid Kubernetes namespace '{text}': give up to 63 lower-case letters, digits and"
            " '-'"
        )
    return text
