# SPDX-License-Identifier: Apache-2.0

"""All SCTP services that the user can see, read in bulk: three lists, however many there are."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from openstack.connection import Connection

from kuryrsctp import makers, naming
from kuryrsctp.cloud import octavia
from kuryrsctp.cloud.calls import Cloud
from kuryrsctp.cloud.deadline import LISTS_TIMEOUT
from kuryrsctp.cloud.paging import Collection, pages
from kuryrsctp.cloud.projects import project_id
from kuryrsctp.makers import Service
from kuryrsctp.model import Listener, LoadBalancer, Pool

Part = TypeVar("Part", LoadBalancer, Listener, Pool)
Child = TypeVar("Child", Listener, Pool)

OnProgress = Callable[[int], None]
"""Called with the number of objects that were read since the last call, by several threads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedService:
    """An SCTP service, whose members were only counted.

    - `ref`: the Service as [CLUSTER:]NAMESPACE/NAME, or the ID of its load balancer; it differs
      for each service, but not for two load balancers of one service in one project
    - `cluster`: the name that the maker has for its Kubernetes cluster, "" if it tells none
    - `maker`: what people call its maker, "" if it is not known
    - `load_balancer`: with the listeners of this service only
    """

    ref: naming.ServiceRef
    cluster: str
    maker: str
    load_balancer: LoadBalancer

    @property
    def name(self) -> str:
        """The Service, or else the ID of the load balancer: what every command takes."""
        return str(self.ref)

    @property
    def ports(self) -> tuple[int, ...]:
        """The SCTP ports, in order."""
        return tuple(
            listener.protocol_port for listener in makers.sctp_listeners(self.load_balancer)
        )

    @property
    def member_counts(self) -> tuple[int | None, ...]:
        """How many members each of the ports has, None for a port without a pool."""
        pools = (listener.pool for listener in makers.sctp_listeners(self.load_balancer))
        return tuple(pool.member_count if pool else None for pool in pools)


class Inventory:
    """All SCTP services that a user can see, as far as they were read."""

    def __init__(
        self, cloud: Cloud, *, project: str | None = None, namespace: str | None = None
    ) -> None:
        """Read nothing yet. `project` is a name or ID, `namespace` one of Kubernetes."""
        self._cloud, self._project, self._namespace = cloud, project, namespace
        self._load_balancers: dict[str, LoadBalancer] = {}
        self._listeners: dict[str, Listener] = {}
        self._pools: dict[str, Pool] = {}
        self._has_all_listeners = self._is_complete = False

    def read(self, on_progress: OnProgress = lambda count: None) -> None:
        """Read all load balancers and listeners, and the pools of those that are SCTP.

        Raises UsageError for an unknown project, and CloudError.
        """
        cloud = self._cloud
        query = {"project_id": project_id(cloud, self._project)} if self._project else {}
        api = cloud.octavia
        cloud.call_all(
            [
                partial(self._read_listeners, api, query, on_progress),
                partial(
                    _fill, self._load_balancers, api, octavia.LOAD_BALANCERS, query, on_progress
                ),
                partial(
                    _fill,
                    self._pools,
                    api,
                    octavia.POOLS,
                    query | {"protocol": "SCTP"},
                    on_progress,
                ),
            ]
        )
        # An SCTP listener may have a pool of another protocol, which is an error to be reported.
        listeners = filter(makers.is_sctp, self._listeners.values())
        ids = {listener.default_pool_id or "" for listener in listeners} - {"", *self._pools}
        pools = cloud.call_all([partial(octavia.read_pool, api, pool_id) for pool_id in ids])
        self._pools |= {pool.id: pool for pool in pools if pool}
        self._is_complete = True

    def services(self) -> list[Service]:
        """Return the services of which every part is known; all of them after `read`.

        A load balancer without an SCTP part is there if another one of the same Service has one:
        there ought to be just one. The cluster's own API is left out.
        """
        if not self._has_all_listeners:  # any load balancer may have another listener
            return []
        # The threads of a `read` that was interrupted may still add to these.
        load_balancers, pools = self._load_balancers.copy(), self._pools.copy()
        listeners = _by_owner(self._listeners.copy().values())
        orphans = _by_owner(pool for pool in pools.values() if not pool.listener_ids)
        services = [
            service
            for load_balancer in load_balancers.values()
            if self._is_known(listeners[load_balancer.id], pools)
            for service in makers.services(
                octavia.with_parts(
                    load_balancer,
                    listeners[load_balancer.id],
                    pools,
                    orphans[load_balancer.id],
                )
            )
        ]
        sctp = {service.identity for service in services if service.has_sctp}
        return [
            service
            for service in services
            if service.identity in sctp and self._is_wanted(service.claim.service)
        ]

    def _read_listeners(self, api: Any, query: Mapping[str, str], on_progress: OnProgress) -> None:
        # Of every protocol: a listener that its maker calls SCTP may have another.
        _fill(self._listeners, api, octavia.LISTENERS, query, on_progress)
        self._has_all_listeners = True

    def _is_known(self, listeners: Iterable[Listener], pools: Mapping[str, Pool]) -> bool:
        """Tell whether the pools of a load balancer's SCTP listeners were read."""
        if self._is_complete:
            return True
        ids = [listener.default_pool_id for listener in listeners if makers.is_sctp(listener)]
        return all(pool_id is None or pool_id in pools for pool_id in ids)

    def _is_wanted(self, name: naming.ServiceName | None) -> bool:
        if name == makers.CLUSTER_API:
            return False
        if self._namespace is None:
            return True
        return name is not None and name.namespace == self._namespace


def list_services(
    connection: Connection,
    *,
    project: str | None = None,
    namespace: str | None = None,
    on_progress: OnProgress = lambda count: None,
    timeout: float = LISTS_TIMEOUT,
) -> list[ListedService]:
    """Return all services with an SCTP part that the connection can see.

    They are sorted by name, and last come those that have only an ID. Where Services share a load
    balancer, each has a place in the list. `project` is a name or ID, `namespace` one of
    Kubernetes; `on_progress` is called with the number of objects that were read since its last
    call, by several threads; `timeout` bounds all API calls together, in seconds.

    Raises UsageError for an unknown project, and CloudError.
    """
    inventory = Inventory(Cloud(connection, timeout), project=project, namespace=namespace)
    inventory.read(on_progress)
    return listed(inventory.services())


def listed(services: Sequence[Service]) -> list[ListedService]:
    """Return services as they are listed: by name, and last those that have only an ID."""
    rows = [
        ListedService(
            ref=ref,
            cluster=(service.claim.service and service.claim.service.cluster) or "",
            maker=service.claim.maker.name,
            load_balancer=service.load_balancer,
        )
        for ref, service in zip(makers.refs(services), services, strict=True)
    ]
    return sorted(rows, key=_place)


def _place(row: ListedService) -> tuple[bool, str, str]:
    load_balancer = row.load_balancer
    if isinstance(row.ref, naming.LoadBalancerId):
        return True, load_balancer.name, load_balancer.id
    return False, row.name, load_balancer.id


def _by_owner(parts: Iterable[Child]) -> dict[str, list[Child]]:
    """Return the parts of each load balancer, by its ID."""
    by_owner: dict[str, list[Child]] = defaultdict(list)
    for part in parts:
        for load_balancer_id in part.load_balancer_ids:
            by_owner[load_balancer_id].append(part)
    return by_owner


def _fill(
    parts: dict[str, Part],
    api: Any,
    collection: Collection[Part],
    query: Mapping[str, str],
    on_progress: OnProgress,
) -> None:
    """Put a whole list into `parts` by ID: what moves between pages is there only once."""
    for page in pages(api, collection, **query):
        parts.update((part.id, part) for part in page)
        on_progress(len(page))
