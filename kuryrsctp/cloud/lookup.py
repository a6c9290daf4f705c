# SPDX-License-Identifier: Apache-2.0

"""Finds the load balancers of a Service by the names and tags of their makers, or by ID."""

import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from kuryrsctp import makers
from kuryrsctp.cloud import octavia
from kuryrsctp.cloud.calls import Cloud
from kuryrsctp.cloud.projects import project_id
from kuryrsctp.errors import ServiceAmbiguous, ServiceNotFound
from kuryrsctp.makers import Service, ServiceGroup
from kuryrsctp.model import Listener, LoadBalancer
from kuryrsctp.naming import LoadBalancerId, ServiceName, ServiceRef


class Lookup(NamedTuple):
    """What a name or ID leads to.

    `visible` are the load balancers that were looked through, in `project` if it was given: all
    that can be seen, where the name leads to nothing.
    """

    groups: tuple[ServiceGroup, ...]
    visible: tuple[LoadBalancer, ...] = ()
    project: str | None = None


class Directory:
    """The load balancers that can be seen, which are listed at most once; threads may share it."""

    def __init__(self, project: str | None = None) -> None:
        """Ask nothing yet. `project`, a name or ID, is the only one whose are looked at."""
        self._project = project
        self._query: dict[str, str] = {}
        self._load_balancers: tuple[LoadBalancer, ...] | None = None
        self._listing = threading.Lock()

    def look_up(self, cloud: Cloud, ref: ServiceRef) -> Lookup:
        """Return what a Service or the ID of a load balancer leads to, without listeners.

        Raises UsageError for an unknown project, and CloudError.
        """
        if isinstance(ref, LoadBalancerId):
            load_balancer = octavia.read_load_balancer(cloud, ref.id)
            self.find_project(cloud)
            wanted = self._query.get("project_id")
            if load_balancer is None or wanted not in (None, load_balancer.project_id):
                return Lookup(())
            return Lookup((ServiceGroup(ref=ref, load_balancers=(load_balancer,)),))
        visible = self._find(cloud, ref)
        services = _services_of(ref, visible)
        if not services:
            visible = self._list(cloud)
            services = _services_of(ref, visible)
        if not services:
            # A Service's listener has its tag before the load balancer has, and if a later step
            # fails, the load balancer never gets it.
            services = _services_of(ref, _with_listeners(cloud, visible, self._query))
        groups = sorted(makers.groups(services, ref), key=lambda group: str(group.ref))
        return Lookup(tuple(groups), visible, self._query.get("project_id"))

    def find_project(self, cloud: Cloud) -> None:
        """Find the project's ID now; raise UsageError for an unknown one, and CloudError."""
        if self._project and not self._query:
            self._query = {"project_id": project_id(cloud, self._project)}

    def _list(self, cloud: Cloud) -> tuple[LoadBalancer, ...]:
        with self._listing:
            if self._load_balancers is None:
                self.find_project(cloud)
                self._load_balancers = octavia.read_load_balancers(cloud, self._query)
            return self._load_balancers

    def _find(self, cloud: Cloud, ref: ServiceName) -> tuple[LoadBalancer, ...]:
        """Return the load balancers with a claim of a Service, and perhaps others."""
        filters = makers.filters(ref)
        if filters is None or self._load_balancers is not None:
            return self._list(cloud)
        self.find_project(cloud)
        queries = [{**each, **self._query} for each in filters]
        return octavia.read_load_balancers(cloud, *queries)


def find_service(cloud: Cloud, ref: ServiceRef, project: str | None = None) -> LoadBalancer:
    """Return the one load balancer of a Service, with its own listeners, pools and members.

    Raises UsageError for an unknown project, ServiceNotFound, ServiceAmbiguous, or CloudError.
    """
    groups = Directory(project).look_up(cloud, ref).groups
    if not groups:
        raise ServiceNotFound(
            f"no load balancer of '{ref}' is visible to these credentials: check name, namespace"
            " and project (`openstack kuryr sctp list`)"
        )
    group = only(groups, ref)
    if len(group.load_balancers) > 1:
        raise _ambiguous(ref, groups)
    return octavia.read_members(cloud, read_service(cloud, group).load_balancer)


def only(groups: Sequence[ServiceGroup], ref: ServiceRef) -> ServiceGroup:
    """Return the only group there is; raise ServiceAmbiguous, which names them all."""
    if len(groups) > 1:
        raise _ambiguous(ref, groups)
    return groups[0]


def read_service(cloud: Cloud, group: ServiceGroup) -> Service:
    """Return the Service on its load balancer, with listeners and pools, but without members.

    Raises CloudError.
    """
    load_balancer = octavia.read_parts(cloud, group.load_balancers[0])
    if group.claim is None:
        return makers.whole(load_balancer)
    return makers.service_on(load_balancer, group.claim)


def _services_of(ref: ServiceName, load_balancers: Sequence[LoadBalancer]) -> list[Service]:
    """Return what the load balancers do for a Service as a user names it."""
    return [
        service
        for load_balancer in load_balancers
        for service in makers.services(load_balancer)
        if service.claim.is_of(ref)
    ]


def _with_listeners(
    cloud: Cloud, load_balancers: Sequence[LoadBalancer], query: Mapping[str, str]
) -> tuple[LoadBalancer, ...]:
    listeners: dict[str, list[Listener]] = defaultdict(list)
    for listener in octavia.read_listeners(cloud, **query):
        for load_balancer_id in listener.load_balancer_ids:
            listeners[load_balancer_id].append(listener)
    return tuple(
        replace(load_balancer, listeners=tuple(listeners[load_balancer.id]))
        for load_balancer in load_balancers
    )


def _ambiguous(ref: ServiceRef, groups: Sequence[ServiceGroup]) -> ServiceAmbiguous:
    """Say what a name may stand for, and how to tell it apart."""
    listed = "; ".join(
        f"{group.ref}: {load_balancer.identity}" if len(groups) > 1 else load_balancer.identity
        for group in groups
        for load_balancer in group.load_balancers
    )
    count = sum(len(group.load_balancers) for group in groups)
    return ServiceAmbiguous(
        f"'{ref}' has {count} load balancers: give CLUSTER:NAMESPACE/NAME, or the ID of the one"
        f" that you mean: {listed}"
    )
