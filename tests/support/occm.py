# SPDX-License-Identifier: Apache-2.0

"""What cloud-provider-openstack makes in Octavia for Services, as its source has it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from openstack.connection import Connection

from tests.support import kuryr

NODES = {"worker-1": "10.0.0.101", "worker-2": "10.0.0.102", "worker-3": "10.0.0.103"}


def mark(name: str, cluster: str = "prod", namespace: str = "core") -> str:
    """Return the name and tag of a Service."""
    return f"kube_service_{cluster}_{namespace}_{name}"[:255]


def listener(
    service: str, port: int, node_port: int, *, number: int = 0, **changes: Any
) -> dict[str, Any]:
    """Describe a listener for a Service's mark, with its pool and a member for each node."""
    members = [kuryr.member(node, address, node_port) for node, address in NODES.items()]
    made = kuryr.listener(f"listener_{number}_{service}"[:255], port, *members) | {
        "tags": [service]
    }
    made["default_pool"]["name"] = f"pool_{number}_{service}"[:255]
    return made | changes


@contextmanager
def load_balancer(
    connection: Connection,
    name: str,
    listeners: Sequence[dict[str, Any]],
    tags: Sequence[str] | None = None,
    **more: Any,
) -> Iterator[Any]:
    """Make a load balancer that has its own mark as a tag, or others; delete it in the end."""
    own = [name] if tags is None else list(tags)
    with kuryr.load_balancer(connection, name, listeners, tags=own, **more) as made:
        kuryr.wait_until_online(connection, made.id)
        yield made
