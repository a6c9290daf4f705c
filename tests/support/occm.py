# SPDX-License-Identifier: Apache-2.0

"""What cloud-provider-openstack makes in Octavia for Services, as it was recorded."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from openstack.connection import Connection

from tests.support import kuryr, recordings
from tests.support.recordings import asked

NODES = {"worker-1": "10.0.0.101", "worker-2": "10.0.0.102", "worker-3": "10.0.0.103"}
# The names of the Service that was recorded, in place of which a test has its own.
_CLUSTER, _NAMESPACE, _NAME = "prod", "one-port", "demo"
_MAX_LENGTH = 255  # of a name or tag


def mark(name: str, cluster: str = "prod", namespace: str = "core") -> str:
    """Return the name and tag of a Service."""
    return f"{_prefix()}{cluster}_{namespace}_{name}"[:_MAX_LENGTH]


def listener(
    service: str, port: int, node_port: int, *, number: int = 0, **changes: Any
) -> dict[str, Any]:
    """Describe a listener for a Service's mark, with its pool and a member for each node."""
    (recorded,) = _recorded()["listeners"]
    pool = recorded["default_pool"]
    member = asked("member", pool["members"][0])
    del member["subnet_id"]  # the nodes' own, which the tests' cloud has not
    made = asked("listener", recorded) | {
        "name": _renamed(recorded["name"], service, number),
        "protocol_port": port,
        "tags": [tag.replace(_recorded()["name"], service) for tag in recorded["tags"]],
        "default_pool": asked("pool", pool)
        | {
            "name": _renamed(pool["name"], service, number),
            "members": [
                {**member, "name": node, "address": address, "protocol_port": node_port}
                for node, address in NODES.items()
            ],
        },
    }
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
    values = {"description": description(name), **more}
    with kuryr.load_balancer(connection, name, listeners, tags=own, **values) as made:
        kuryr.wait_until_online(connection, made.id)
        yield made


def description(name: str) -> str:
    """Return the description of the load balancer of a mark; none for any other name.

    A mark that was cut can only be that of a load balancer that was made by hand: Octavia refuses
    so long a description.
    """
    if not name.startswith(_prefix()) or len(name) >= _MAX_LENGTH:
        return ""
    cluster, namespace, service = name.removeprefix(_prefix()).rsplit("_", 2)
    start, end = f"{_NAMESPACE}/{_NAME}", f"cluster {_CLUSTER}"
    text: str = _recorded()["description"]
    return text.replace(start, f"{namespace}/{service}").replace(end, f"cluster {cluster}")


def _prefix() -> str:
    return str(_recorded()["name"]).removesuffix(f"{_CLUSTER}_{_NAMESPACE}_{_NAME}")


def _recorded() -> dict[str, Any]:
    (balancer,) = recordings.state("occm", "one-port", 0)["load_balancers"]
    return dict(balancer)


def _renamed(recorded: str, service: str, number: int) -> str:
    own = recorded.replace(_recorded()["name"], service)
    return own.replace("_0_", f"_{number}_", 1)[:_MAX_LENGTH]
