# SPDX-License-Identifier: Apache-2.0

"""The job behind `verify`: read what Octavia and Neutron hold, and judge it."""

from dataclasses import replace
from datetime import datetime, timezone

from openstack.connection import Connection

from kuryrsctp import makers, naming
from kuryrsctp.cloud import calls, neutron, octavia
from kuryrsctp.cloud.deadline import Deadline
from kuryrsctp.cloud.quotas import Quotas
from kuryrsctp.makers import kuryr
from kuryrsctp.model import LoadBalancer, NetworkState
from kuryrsctp.verifier.checks import run
from kuryrsctp.verifier.report import Expectations, Finding, Status, VerifyReport
from kuryrsctp.verifier.snapshot import Snapshot, missing_members

_NOTHING = Expectations()


def verify(
    connection: Connection,
    service: str,
    *,
    namespace: str = naming.DEFAULT_NAMESPACE,
    expected: Expectations = _NOTHING,
    timeout: float = calls.TIMEOUT,
) -> VerifyReport:
    """Judge what Octavia and Neutron hold for one service.

    `service` is NAME (in `namespace`), NAMESPACE/NAME, or a load balancer's ID;
    `expected` is what the user says ought to be there; `timeout` bounds all API calls
    together, in seconds.

    Raises UsageError for a name that cannot be one, and CloudError where the cloud
    does not let itself be asked. A missing or ambiguous service is a finding.
    """
    wanted, deadline = naming.parse_service(service, namespace), Deadline(timeout)
    found, others = octavia.look_up(connection, wanted, deadline)
    if any(one.name == str(kuryr.KUBERNETES_API) for one in found):
        return VerifyReport(str(wanted), (_NOT_KURYRS,))
    if len(found) == 1:
        found = (octavia.read_parts(connection, found[0], deadline),)
    return judge(connection, wanted, found, expected, deadline, others=others)


def judge(
    connection: Connection,
    service: naming.ServiceRef,
    found: tuple[LoadBalancer, ...],
    expected: Expectations,
    deadline: Deadline,
    *,
    others: tuple[LoadBalancer, ...] = (),
    network: NetworkState | None = None,
    quotas: Quotas | None = None,
) -> VerifyReport:
    """Judge the load balancers of a service; the only one comes with all its parts.

    `others` are all that can be seen, where none was found by name; `network` are
    read unless they are known; `quotas` may be shared with others. Raises CloudError.
    """
    snapshot = Snapshot(service, datetime.now(timezone.utc), found, others, expected)
    snapshot = _look(connection, snapshot, deadline, network)
    return VerifyReport(str(service), run(_weigh(snapshot, quotas or Quotas(connection), deadline)))


_NOT_KURYRS = Finding(
    check="load-balancer-exists",
    status=Status.SKIP,
    resource=str(kuryr.KUBERNETES_API),
    detail="made by the cluster's installer for its API, not by Kuryr: not judged",
)


def _look(
    connection: Connection, snapshot: Snapshot, deadline: Deadline, known: NetworkState | None
) -> Snapshot:
    """Read what surrounds the only load balancer."""
    if len(snapshot.load_balancers) != 1:
        return snapshot
    (load_balancer,) = snapshot.load_balancers
    heard = makers.sctp_listeners(load_balancer)
    return replace(
        snapshot,
        network=known or neutron.read(connection, [load_balancer], deadline),
        monitors=octavia.monitors(connection, load_balancer, deadline),
        api_version=None if heard else octavia.api_version(connection, deadline),
    )


def _weigh(snapshot: Snapshot, quotas: Quotas, deadline: Deadline) -> Snapshot:
    """Read the quota of what is missing: the load balancer, or members of its pools."""
    if not snapshot.load_balancers and isinstance(snapshot.service, naming.ServiceName):
        return replace(
            snapshot, quota=quotas.of_load_balancers(snapshot.all_load_balancers, deadline)
        )
    if len(snapshot.load_balancers) != 1:
        return snapshot
    (load_balancer,) = snapshot.load_balancers
    pools = (one.pool for one in makers.sctp_listeners(load_balancer) if one.pool)
    if not any(missing_members(one, snapshot.expected) for one in pools):
        return snapshot
    return replace(snapshot, quota=quotas.of_members(load_balancer.project_id, deadline))
