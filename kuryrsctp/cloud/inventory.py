# SPDX-License-Identifier: Apache-2.0


"""All SCTP services that the user can see, read in bulk: three lists, however many there are."""

import dataclasses
import functools
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

import openstack.exceptions
from openstack.connection import Connection
from openstack.load_balancer.v2._proxy import Proxy

from kuryrsctp import makers, naming
from kuryrsctp.cloud import calls, octavia, paging
from kuryrsctp.cloud.deadline import Deadline
from kuryrsctp.errors import CloudError, UsageError
from kuryrsctp.model import Listener, LoadBalancer, Pool

T = TypeVar("T")

# Seconds for the lists; Octavia may need 15 for 10,000 load balancers.
TIMEOUT = 300.0

# A list that never ends is cut off, and said to be.
_MOST = 500_000

_SCTP = {"protocol": "SCTP"}
_ID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", re.IGNORECASE)


Seen = Callable[[int], None]


@dataclasses.dataclass(frozen=True, slots=True)
class Service:
    """A load balancer with its SCTP listeners and their pools, whose members were only counted.

    `members` are how many stand behind each SCTP listener, by port; None where it has no pool.
    """

    load_balancer: LoadBalancer
    members: tuple[int | None, ...]

    @property
    def ref(self) -> naming.ServiceRef:
        """The Kubernetes Service, or the load balancer's ID where its name tells of none."""
        return makers.service_of(self.load_balancer) or naming.LoadBalancerId(self.load_balancer.id)

    @property
    def name(self) -> str:
        """What people call it: the Kubernetes Service, or else the load balancer."""
        unknown = isinstance(self.ref, naming.LoadBalancerId)
        return (self.load_balancer.name if unknown else "") or str(self.ref)


class _Listener(NamedTuple):
    """A listener that does not have its pool yet, and the IDs of what it belongs to."""

    listener: Listener
    owners: tuple[str, ...]
    pool_id: str | None


class _Pool(NamedTuple):
    pool: Pool
    members: int


class Inventory:
    """All load balancers with an SCTP listener that a user can see, as far as they were read."""

    def __init__(
        self, connection: Connection, *, project: str | None = None, namespace: str | None = None
    ) -> None:
        """Read nothing yet. `project` is a name or ID, `namespace` one of Kubernetes."""
        self._connection, self._project, self._namespace = connection, project, namespace
        self._balancers: dict[str, LoadBalancer] = {}
        self._listeners: dict[str, _Listener] = {}
        self._pools: dict[str, _Pool] = {}
        self._all_listeners = self._all = False

    def read(self, seen: Seen = lambda count: None, timeout: float = TIMEOUT) -> None:
        """Read all there is.

        `seen` is told of every so many more objects, by several threads; `timeout` bounds all
        API calls together, in seconds.

        Raises UsageError for an unknown project, and CloudError.
        """
        connection, project, deadline = self._connection, self._project, Deadline(timeout)
        query = {"project_id": _project_id(connection, project, deadline)} if project else {}
        api = octavia.proxy(connection, deadline)
        calls.call_all(
            [
                lambda: self._read_listeners(api, query, seen),
                lambda: _fill(
                    self._balancers, octavia.load_balancer_from, seen, api, "loadbalancers", query
                ),
                lambda: _fill(self._pools, _pool, seen, api, "pools", query | _SCTP),
            ],
            deadline,
        )
        # Pools of another protocol, if any.
        wanted = {one.pool_id for one in self._listeners.values() if one.pool_id}
        missing = wanted - set(self._pools)
        found = calls.call_all(
            [functools.partial(_get_pool, api, one) for one in missing], deadline
        )
        self._pools |= {one.pool.id: one for one in found if one is not None}
        self._all = True

    def services(self) -> list[Service]:
        """Return the services that are known with all their parts, by name.

        Those are all of them once `read` is through; a part without its whole was just deleted.
        """
        if not self._all_listeners:  # any may have another port
            return []
        found = (one for one in self._join() if self._is_wanted(one))
        return sorted(found, key=lambda one: (one.name, one.load_balancer.id))

    def _read_listeners(self, api: Proxy, query: Mapping[str, str], seen: Seen) -> None:
        _fill(self._listeners, _listener, seen, api, "listeners", {**query, **_SCTP})
        self._all_listeners = True

    def _join(self) -> Iterator[Service]:
        # The threads of a `read` that was interrupted may still add to them.
        balancers, pools = self._balancers.copy(), self._pools.copy()
        parts: dict[str, list[_Listener]] = defaultdict(list)
        for one in self._listeners.values():
            for owner in one.owners if one.listener.protocol == "SCTP" else ():
                parts[owner].append(one)
        for key, held in parts.items():
            known = all(one.pool_id is None or one.pool_id in pools for one in held)
            if key in balancers and (known or self._all):
                yield _service(balancers[key], held, pools)

    def _is_wanted(self, service: Service) -> bool:
        if self._namespace is None:
            return True
        ref = service.ref
        return isinstance(ref, naming.ServiceName) and ref.namespace == self._namespace


def services(
    connection: Connection,
    *,
    project: str | None = None,
    namespace: str | None = None,
    seen: Seen = lambda count: None,
) -> list[Service]:
    """Return all that there is; see Inventory and its `read`."""
    inventory = Inventory(connection, project=project, namespace=namespace)
    inventory.read(seen)
    return inventory.services()


def with_members(
    connection: Connection, load_balancer: LoadBalancer, deadline: Deadline
) -> LoadBalancer:
    """Return a load balancer that was read in bulk with the members of its pools.

    Raises CloudError.
    """
    api = octavia.proxy(connection, deadline)
    pools = {one.pool.id: one.pool for one in load_balancer.listeners if one.pool}
    members = calls.call_all(
        [functools.partial(octavia.listing, api.members, pool=one) for one in pools], deadline
    )
    whole = {
        pool.id: dataclasses.replace(pool, members=tuple(map(octavia.member_from, found)))
        for pool, found in zip(pools.values(), members, strict=True)
    }
    listeners = (
        dataclasses.replace(one, pool=whole[one.pool.id]) if one.pool else one
        for one in load_balancer.listeners
    )
    return dataclasses.replace(load_balancer, listeners=tuple(listeners))


def _fill(
    found: dict[str, T],
    make: Callable[[paging.Row], T],
    seen: Seen,
    api: Proxy,
    kind: str,
    query: Mapping[str, str],
) -> None:
    """Put a whole list into `found` by ID: what moves between pages is there only once."""
    for page in paging.pages(api, kind, **query):
        if len(found) + len(page) > _MOST:
            raise CloudError(
                f"a list of Octavia's is longer than {_MOST}: narrow it with --project"
            )
        found.update((one.id, make(one)) for one in page)
        seen(len(page))


def _listener(row: paging.Row) -> _Listener:
    owners = tuple(one["id"] for one in row.load_balancers or ())
    return _Listener(octavia.listener_from(row, {}), owners, row.default_pool_id)


def _pool(resource: Any) -> _Pool:
    return _Pool(octavia.pool_from(resource, ()), len(resource.members or ()))


def _get_pool(api: Proxy, pool_id: str) -> _Pool | None:
    try:
        return _pool(api.get_pool(pool_id))
    except openstack.exceptions.NotFoundException:
        return None


def _service(
    balancer: LoadBalancer, held: Iterable[_Listener], pools: Mapping[str, _Pool]
) -> Service:
    """Put a load balancer and its parts together."""
    listeners, members = [], []
    for one in sorted(held, key=lambda one: one.listener.protocol_port):
        pool, count = pools.get(one.pool_id or "", (None, None))
        listeners.append(dataclasses.replace(one.listener, pool=pool))
        members.append(count)
    whole = dataclasses.replace(balancer, listeners=tuple(listeners))
    return Service(whole, tuple(members))


def _project_id(connection: Connection, project: str, deadline: Deadline) -> str:
    """Return a project's ID; a name that is not one's own needs the right to look."""
    if _ID.fullmatch(project):
        return project.lower().replace("-", "")
    own = calls.call(lambda: connection.current_project, deadline)
    if project == own.name:
        return str(own.id)
    found = calls.call(lambda: _project(connection.identity, project), deadline)
    if found is None:
        raise UsageError(
            f"no project called '{project}' is visible to these credentials: give its ID"
        )
    return str(found.id)


def _project(identity: Any, name: str) -> Any:
    try:
        return next(iter(identity.projects(name=name)), None)
    except openstack.exceptions.ForbiddenException:
        return None
