# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""All SCTP services that the user can see, read in bulk: three lists, however many there are."""

import dataclasses
import functools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import openstack.exceptions
from openstack.connection import Connection
from openstack.load_balancer.v2._proxy import Proxy

from kuryrsctp import cloud, naming, octavia, pages
from kuryrsctp.deadline import Deadline
from kuryrsctp.errors import CloudError, UsageError
from kuryrsctp.model import Listener, LoadBalancer, Pool

# Seconds for the lists; Octavia may need 15 for 10,000 load balancers.
TIMEOUT = 300.0

# A list that never ends is cut off, and said to be.
_MOST = 500_000

_ID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", re.IGNORECASE)


@dataclasses.dataclass(frozen=True, slots=True)
class Service:
    """A load balancer with its SCTP listeners and their pools, whose members were only counted.

    `member_counts` are by the pool's ID.
    """

    load_balancer: LoadBalancer
    member_counts: Mapping[str, int]

    @property
    def ref(self) -> naming.ServiceRef:
        """The Kubernetes Service, or the load balancer's ID where its name tells of none."""
        name = self.load_balancer.name
        service = naming.read_service(name) or naming.read_occm(name)
        return service or naming.LoadBalancerId(self.load_balancer.id)

    @property
    def name(self) -> str:
        """What people call it: the Kubernetes Service, or else the load balancer."""
        unknown = isinstance(self.ref, naming.LoadBalancerId)
        return (self.load_balancer.name if unknown else "") or str(self.ref)

    @property
    def members(self) -> list[int | None]:
        """How many members stand behind each SCTP listener, None where it has no pool."""
        return [
            self.member_counts.get(one.pool.id, 0) if one.pool else None
            for one in self.load_balancer.sctp_listeners
        ]


def services(
    connection: Connection,
    *,
    project: str | None = None,
    namespace: str | None = None,
    timeout: float = TIMEOUT,
) -> list[Service]:
    """Return every load balancer with an SCTP listener that the user can see, by name.

    `project` is a project's name or ID, `namespace` one of Kubernetes; `timeout` bounds
    all API calls together, in seconds.

    Raises UsageError for an unknown project, and CloudError.
    """
    deadline = Deadline(timeout)
    query = {"project_id": _project_id(connection, project, deadline)} if project else {}
    api = octavia.proxy(connection, deadline)
    balancers, listeners, pools = cloud.call_all(
        [
            lambda: _list(api, "loadbalancers", **query),
            lambda: _list(api, "listeners", protocol="SCTP", **query),
            lambda: _list(api, "pools", protocol="SCTP", **query),
        ],
        deadline,
    )
    pools |= _missing(api, listeners.values(), pools, deadline)
    found = _join(balancers, listeners.values(), pools)
    return sorted(
        (one for one in found if namespace is None or _is_in(one, namespace)),
        key=lambda one: (one.name, one.load_balancer.id),
    )


def with_members(
    connection: Connection, load_balancer: LoadBalancer, deadline: Deadline
) -> LoadBalancer:
    """Return a load balancer that was read in bulk with the members of its pools.

    Raises CloudError.
    """
    api = octavia.proxy(connection, deadline)
    pools = {one.pool.id: one.pool for one in load_balancer.listeners if one.pool}
    members = cloud.call_all(
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


def _is_in(service: Service, namespace: str) -> bool:
    return isinstance(service.ref, naming.ServiceName) and service.ref.namespace == namespace


def _list(api: Proxy, kind: str, **query: str) -> dict[str, Any]:
    """Return a whole list by ID, so that what moves between its pages is there only once."""
    found = {}
    for count, one in enumerate(pages.rows(api, kind, **query)):
        if count == _MOST:
            raise CloudError(
                f"a list of Octavia's is longer than {_MOST}: narrow it with --project"
            )
        found[one.id] = one
    return found


def _missing(
    api: Any, listeners: Iterable[Any], pools: Mapping[str, Any], deadline: Deadline
) -> dict[str, Any]:
    """Return the listeners' pools that the list has not: those of another protocol, if any."""
    wanted = {one.default_pool_id for one in listeners} - {None} - set(pools)
    found = cloud.call_all([functools.partial(_pool, api, one) for one in wanted], deadline)
    return {one.id: one for one in found if one is not None}


def _pool(api: Any, pool_id: str) -> Any:
    try:
        return api.get_pool(pool_id)
    except openstack.exceptions.NotFoundException:
        return None


def _join(
    balancers: Mapping[str, Any], listeners: Iterable[Any], pools: Mapping[str, Any]
) -> Iterator[Service]:
    """Yield the load balancers that have listeners; a part without its whole was just deleted."""
    counts = {key: len(one.members or ()) for key, one in pools.items()}
    made: dict[str, Pool] = {key: octavia.pool_from(one, ()) for key, one in pools.items()}
    parts: dict[str, list[Listener]] = defaultdict(list)
    for listener in listeners:
        for owner in listener.load_balancers or ():
            parts[owner["id"]].append(octavia.listener_from(listener, made))
    for key, found in parts.items():
        if key in balancers:
            whole = octavia.load_balancer_from(balancers[key])
            yield Service(dataclasses.replace(whole, listeners=tuple(found)), counts)


def _project_id(connection: Connection, project: str, deadline: Deadline) -> str:
    """Return a project's ID; a name that is not one's own needs the right to look."""
    if _ID.fullmatch(project):
        return project.lower().replace("-", "")
    own = cloud.call(lambda: connection.current_project, deadline)
    if project == own.name:
        return str(own.id)
    found = cloud.call(lambda: _project(connection.identity, project), deadline)
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
