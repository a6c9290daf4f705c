# SPDX-License-Identifier: Apache-2.0

"""One service: read what Octavia and Neutron hold of it, and check it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from openstack.connection import Connection

from kuryrsctp import makers, naming
from kuryrsctp.cloud import lookup, neutron, octavia
from kuryrsctp.cloud.calls import Cloud
from kuryrsctp.cloud.deadline import SERVICE_TIMEOUT
from kuryrsctp.cloud.lookup import Directory, Lookup
from kuryrsctp.cloud.quotas import Quotas
from kuryrsctp.makers import ServiceGroup
from kuryrsctp.model import LoadBalancer, NetworkState
from kuryrsctp.verifier.checks import run
from kuryrsctp.verifier.report import Expectations, Finding, Status, VerifyReport
from kuryrsctp.verifier.snapshot import Snapshot, needed

NO_EXPECTATIONS = Expectations()

_CLUSTER_API_IS_NOT_JUDGED = Finding(
    check="load-balancer-exists",
    status=Status.SKIP,
    resource=str(makers.CLUSTER_API),
    detail="made by the cluster's installer for its API: not judged",
)


def verify(
    connection: Connection,
    service: str | naming.ServiceRef,
    *,
    namespace: str = naming.DEFAULT_NAMESPACE,
    project: str | None = None,
    expected: Expectations = NO_EXPECTATIONS,
    timeout: float = SERVICE_TIMEOUT,
) -> VerifyReport:
    """Check what Octavia and Neutron hold for one service.

    `service` is NAME (in `namespace`), NAMESPACE/NAME, CLUSTER:NAMESPACE/NAME, or a load
    balancer's ID; `project`, a name or ID, is the only one whose load balancers are looked at;
    `expected` is what ought to be there; `timeout` bounds all API calls together, in seconds.

    A missing service is a finding, and so is one with two load balancers in one project. Raises
    UsageError for an invalid name or an unknown project; ServiceAmbiguous where several clusters
    or projects have a service of this name (`verify_many` checks them all); and CloudError where
    an API fails or does not answer in time.
    """
    ref = naming.parse_service(service, namespace) if isinstance(service, str) else service
    cloud = Cloud(connection, timeout)
    found = Directory(project).look_up(cloud, ref)
    if not found.groups:
        return check_missing(cloud, ref, found, expected, Quotas())
    return check_group(cloud, lookup.only(found.groups, ref), expected, Quotas())


def check_missing(
    cloud: Cloud,
    ref: naming.ServiceRef,
    found: Lookup,
    expected: Expectations,
    quotas: Quotas,
) -> VerifyReport:
    """Report that there is no load balancer for a service; raise CloudError."""
    snapshot = Snapshot(
        service=ref,
        now=cloud.now(),
        all_load_balancers=found.visible,
        expected=expected,
    )
    if isinstance(ref, naming.ServiceName):
        project = found.project or quotas.own_project(cloud)
        snapshot = _with_quotas(cloud, snapshot, quotas, project)
    return VerifyReport(str(ref), run(snapshot), checked_at=snapshot.now)


def check_group(
    cloud: Cloud, group: ServiceGroup, expected: Expectations, quotas: Quotas
) -> VerifyReport:
    """Read the parts of a service's load balancer, and check it; raise CloudError."""
    names = {load_balancer.name for load_balancer in group.load_balancers}
    if str(makers.CLUSTER_API) in names:
        return VerifyReport(str(group.ref), (_CLUSTER_API_IS_NOT_JUDGED,))
    if len(group.load_balancers) == 1:
        service = lookup.read_service(cloud, group)
        load_balancer = octavia.read_members(cloud, service.load_balancer)
        group = replace(group, claim=service.claim, load_balancers=(load_balancer,))
    return check(cloud, group, expected, quotas)


def check(
    cloud: Cloud,
    group: ServiceGroup,
    expected: Expectations,
    quotas: Quotas,
    network: NetworkState | None = None,
    read_at: datetime | None = None,
) -> VerifyReport:
    """Check a service; read what its load balancer does not tell.

    The load balancer, if there is just one, comes with all its parts. `network` is read unless
    it is given; `read_at` is when the load balancer was read, if that is not now. Raises
    CloudError.
    """
    snapshot = Snapshot(
        service=group.ref,
        now=read_at or cloud.now(),
        load_balancers=group.load_balancers,
        leaving=group.leaving,
        maker=group.claim.maker if group.claim else None,
        expected=expected,
    )
    if len(snapshot.load_balancers) == 1:
        (load_balancer,) = snapshot.load_balancers
        snapshot = _with_context(cloud, snapshot, load_balancer, network)
        snapshot = _with_quotas(cloud, snapshot, quotas, load_balancer.project_id)
    changed_at = max(_times(snapshot.load_balancers), default=None)
    return VerifyReport(str(group.ref), run(snapshot), changed_at, snapshot.now)


def _times(load_balancers: Iterable[LoadBalancer]) -> Iterator[datetime]:
    """Yield the times at which the load balancers, and their parts for SCTP, were changed."""
    for load_balancer in load_balancers:
        listeners = makers.sctp_listeners(load_balancer)
        pools = [listener.pool for listener in listeners if listener.pool]
        members = [member for pool in pools for member in pool.members]
        times = [
            load_balancer.changed_at,
            *(listener.changed_at for listener in listeners),
            *(pool.changed_at for pool in pools),
            *(member.changed_at for member in members),
        ]
        yield from filter(None, times)


def _with_context(
    cloud: Cloud, snapshot: Snapshot, load_balancer: LoadBalancer, network: NetworkState | None
) -> Snapshot:
    listens = bool(makers.sctp_listeners(load_balancer))
    return replace(
        snapshot,
        network=network or neutron.read_network_state(cloud, [load_balancer]),
        monitors=octavia.health_monitors(cloud, load_balancer),
        api_version=None if listens else octavia.api_version(cloud),
    )


def _with_quotas(
    cloud: Cloud,
    snapshot: Snapshot,
    quotas: Quotas,
    project: str | None,
) -> Snapshot:
    if project is None:
        return snapshot
    read = {kind: quotas.read(cloud, kind, project) for kind in +needed(snapshot)}
    return replace(snapshot, quotas=read, quota_project=project)
