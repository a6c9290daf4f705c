# SPDX-License-Identifier: Apache-2.0

"""One service: read what Octavia and Neutron hold of it, and check it."""

from dataclasses import replace
from datetime import datetime, timezone

from openstack.connection import Connection

from kuryrsctp import makers, naming
from kuryrsctp.cloud import neutron, octavia
from kuryrsctp.cloud.calls import Cloud
from kuryrsctp.cloud.deadline import SERVICE_TIMEOUT
from kuryrsctp.cloud.quotas import Quotas
from kuryrsctp.model import LoadBalancer, NetworkState
from kuryrsctp.verifier.checks import run
from kuryrsctp.verifier.report import Expectations, Finding, Status, VerifyReport
from kuryrsctp.verifier.snapshot import Snapshot, missing_members

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
    expected: Expectations = NO_EXPECTATIONS,
    timeout: float = SERVICE_TIMEOUT,
) -> VerifyReport:
    """Check what Octavia and Neutron hold for one service.

    `service` is NAME (in `namespace`), NAMESPACE/NAME, or a load balancer's ID; `expected` is
    what ought to be there; `timeout` bounds all API calls together, in seconds.

    A missing or ambiguous service is a finding. Raises UsageError for an invalid name, and
    CloudError where an API fails or does not answer in time.
    """
    ref = naming.parse_service(service, namespace) if isinstance(service, str) else service
    cloud = Cloud(connection, timeout)
    load_balancers, all_load_balancers = octavia.look_up(cloud, ref)
    names = {load_balancer.name for load_balancer in load_balancers}
    if str(makers.CLUSTER_API) in names:
        return VerifyReport(str(ref), (_CLUSTER_API_IS_NOT_JUDGED,))
    if len(load_balancers) == 1:
        parts = octavia.read_parts(cloud, load_balancers[0])
        load_balancers = (octavia.read_members(cloud, parts),)
    snapshot = Snapshot(
        service=ref,
        now=datetime.now(timezone.utc),
        load_balancers=load_balancers,
        all_load_balancers=all_load_balancers,
        expected=expected,
    )
    return check(cloud, snapshot, Quotas())


def check(
    cloud: Cloud, snapshot: Snapshot, quotas: Quotas, network: NetworkState | None = None
) -> VerifyReport:
    """Read what the snapshot of a service lacks, and check it.

    The load balancer, if there is just one, comes with all its parts. `network` is read unless
    it is given. Raises CloudError.
    """
    if len(snapshot.load_balancers) == 1:
        (load_balancer,) = snapshot.load_balancers
        snapshot = _with_context(cloud, snapshot, load_balancer, network)
        if _lacks_members(load_balancer, snapshot.expected):
            quota = quotas.of_members(cloud, load_balancer.project_id)
            snapshot = replace(snapshot, quota=quota)
    elif not snapshot.load_balancers and isinstance(snapshot.service, naming.ServiceName):
        quota = quotas.of_load_balancers(cloud, snapshot.all_load_balancers)
        snapshot = replace(snapshot, quota=quota)
    return VerifyReport(str(snapshot.service), run(snapshot))


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


def _lacks_members(load_balancer: LoadBalancer, expected: Expectations) -> bool:
    pools = (listener.pool for listener in makers.sctp_listeners(load_balancer))
    return any(missing_members(pool, expected) for pool in pools if pool)
