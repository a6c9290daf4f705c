# SPDX-License-Identifier: Apache-2.0

"""Many services at once: those that are named, or all that can be seen."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from openstack.connection import Connection

from kuryrsctp import makers, naming
from kuryrsctp.cloud import neutron, octavia, threads
from kuryrsctp.cloud.calls import Cloud
from kuryrsctp.cloud.deadline import LISTS_TIMEOUT
from kuryrsctp.cloud.inventory import Inventory, OnProgress
from kuryrsctp.cloud.lookup import Directory
from kuryrsctp.cloud.quotas import Quotas
from kuryrsctp.errors import Inconclusive
from kuryrsctp.makers import ServiceGroup
from kuryrsctp.model import NetworkState, Unreadable
from kuryrsctp.verifier import single
from kuryrsctp.verifier.report import Expectations, VerifyReport
from kuryrsctp.verifier.single import NO_EXPECTATIONS

SILENCE_LIMIT = 180.0
"""Seconds without an answer from an API, after which it is not asked about other services."""

_BATCH_SIZE = 25  # services whose network state is read together

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceResult:
    """What came of one service: a report or an error.

    - `ref`: the Service, or the ID of its load balancer: what tells it from the other services
    - `report`: the findings, None if the service could not be judged
    - `error`: why it could not be judged, None if it could
    """

    ref: naming.ServiceRef
    report: VerifyReport | None = None
    error: Inconclusive | None = None

    @property
    def name(self) -> str:
        """The service as [CLUSTER:]NAMESPACE/NAME, or the ID of its load balancer."""
        return str(self.ref)


class ServiceResults:
    """The results of many services, in the order of the services, as they come.

    `len()` is how many were asked for: a name that stands for several services has a result for
    each. They can be iterated over once.
    """

    def __init__(self, count: int, results: Iterator[ServiceResult]) -> None:
        self._count, self._results = count, results

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[ServiceResult]:
        return self._results


class CircuitBreaker:
    """Stops asking an API about other services once it has been silent for too long.

    Each batch of services has a deadline of its own, and there may be hundreds. Threads share the
    breaker without a lock: the worst of a race is that one more service is asked about.
    """

    def __init__(self, seconds: float = SILENCE_LIMIT) -> None:
        """Allow a silence of `seconds`, from now on and from each answer on."""
        self._seconds = seconds
        self._last_answer = time.monotonic()
        self._last_error: Inconclusive | None = None

    def call(self, function: Callable[[], T]) -> T:
        """Call a function that asks an API.

        Raises what it raises, and Inconclusive without a call if the API has been silent too long.
        """
        silence = time.monotonic() - self._last_answer
        if self._last_error and silence > self._seconds:
            raise Inconclusive(
                f"skipped: the API has not answered for {silence:.0f} s"
                f" (last error: {self._last_error})"
            )
        try:
            result = function()
        except Inconclusive as error:
            self._last_error = error
            raise
        self._last_answer, self._last_error = time.monotonic(), None
        return result


@dataclass(frozen=True)
class _Batches:
    """What batches of services have in common. Threads share it.

    `read_at` is when the lists were asked for: what had just changed then is not old by the time
    at which the last of many services is judged.
    """

    connection: Connection
    expected: Expectations
    read_at: datetime
    quotas: Quotas = field(default_factory=Quotas)
    octavia: CircuitBreaker = field(default_factory=CircuitBreaker)
    neutron: CircuitBreaker = field(default_factory=CircuitBreaker)

    def verify(self, batch: Sequence[ServiceGroup]) -> list[ServiceResult]:
        """Check a few services, with one set of requests to Neutron for all of them."""
        cloud = Cloud(self.connection)
        results: dict[int, ServiceResult] = {}
        groups: dict[int, ServiceGroup] = {}
        for number, group in enumerate(batch):
            try:
                groups[number] = self.octavia.call(partial(_with_members, cloud, group))
            except Inconclusive as error:
                results[number] = ServiceResult(ref=group.ref, error=error)
        judged = [each.load_balancers[0] for each in groups.values() if _is_unique(each)]
        try:
            network = self.neutron.call(lambda: neutron.read_network_state(cloud, judged))
        except Inconclusive as error:
            failed = [ServiceResult(ref=group.ref, error=error) for group in batch]
            return [results.get(number, failure) for number, failure in enumerate(failed)]
        for number, group in groups.items():
            own = _share(network, group)
            judge = partial(
                single.check, cloud, group, self.expected, self.quotas, own, self.read_at
            )
            results[number] = _result(group.ref, judge)
        return [results[number] for number in range(len(batch))]


def verify_many(
    connection: Connection,
    services: Sequence[str | naming.ServiceRef],
    *,
    namespace: str = naming.DEFAULT_NAMESPACE,
    project: str | None = None,
    expected: Expectations = NO_EXPECTATIONS,
    jobs: int = threads.DEFAULT_JOBS,
) -> ServiceResults:
    """Check services, `jobs` of them at a time; an error of one hides no other.

    A name that several clusters or projects have stands for all of these services, each with a
    result of its own. The parameters are those of `verify`. Raises UsageError for an invalid name
    or an unknown project, and CloudError where Octavia cannot be reached at all.
    """
    refs = [
        naming.parse_service(service, namespace) if isinstance(service, str) else service
        for service in services
    ]
    cloud = Cloud(connection)
    cloud.discover()
    directory, breaker, quotas = Directory(project), CircuitBreaker(), Quotas()
    if project:
        directory.find_project(cloud)

    def verify(ref: naming.ServiceRef) -> list[ServiceResult]:
        cloud = Cloud(connection)
        try:
            found = breaker.call(lambda: directory.look_up(cloud, ref))
        except Inconclusive as error:
            return [ServiceResult(ref=ref, error=error)]
        if not found.groups:
            look = partial(single.check_missing, cloud, ref, found, expected, quotas)
            return [_result(ref, lambda: breaker.call(look))]
        checks = [
            partial(single.check_group, cloud, group, expected, quotas) for group in found.groups
        ]
        return [
            _result(group.ref, partial(breaker.call, check))
            for group, check in zip(found.groups, checks, strict=True)
        ]

    results = _run([partial(verify, ref) for ref in refs], jobs)
    return ServiceResults(len(refs), _each_once(results))


def verify_all(
    connection: Connection,
    *,
    project: str | None = None,
    namespace: str | None = None,
    expected: Expectations = NO_EXPECTATIONS,
    jobs: int = threads.DEFAULT_JOBS,
    on_progress: OnProgress = lambda count: None,
) -> ServiceResults:
    """Check every SCTP service that the connection can see, but for the cluster's own API.

    `project` is a name or ID; `namespace` is one of Kubernetes; `expected` holds for each service;
    `jobs` is how many are checked at a time; `on_progress` is called with the number of objects
    that were read since its last call, while the lists are read that come first.

    Raises UsageError for an unknown project, and CloudError where a list cannot be read.
    """
    cloud = Cloud(connection, LISTS_TIMEOUT)
    inventory = Inventory(cloud, project=project, namespace=namespace)
    begun = time.monotonic()
    inventory.read(on_progress)
    # By the clock of Octavia's host, which is not known before it has answered.
    read_at = cloud.now() - timedelta(seconds=time.monotonic() - begun)
    services = inventory.services()
    groups = sorted(makers.groups(services), key=lambda group: str(group.ref))
    size = max(1, min(_BATCH_SIZE, len(groups) // jobs))
    batches = _Batches(connection, expected, read_at)
    work = [
        partial(batches.verify, groups[start : start + size])
        for start in range(0, len(groups), size)
    ]
    return ServiceResults(len(groups), _run(work, jobs))


def _is_unique(group: ServiceGroup) -> bool:
    return len(group.load_balancers) == 1


def _with_members(cloud: Cloud, group: ServiceGroup) -> ServiceGroup:
    if not _is_unique(group):
        return group
    return replace(group, load_balancers=(octavia.read_members(cloud, group.load_balancers[0]),))


def _share(network: NetworkState, group: ServiceGroup) -> NetworkState:
    """Return the network state with the ports that are read for one service alone.

    Another's ports would tell what these credentials see of its project.
    """
    if isinstance(network.ports, Unreadable) or not _is_unique(group):
        return network
    addresses = neutron.addresses(group.load_balancers)
    ports = tuple(port for port in network.ports if not addresses.isdisjoint(port.addresses))
    return replace(network, ports=ports)


def _result(ref: naming.ServiceRef, judge: Callable[[], VerifyReport]) -> ServiceResult:
    try:
        return ServiceResult(ref=ref, report=judge())
    except Inconclusive as error:
        return ServiceResult(ref=ref, error=error)


def _each_once(results: Iterable[ServiceResult]) -> Iterator[ServiceResult]:
    """Leave out what comes again: two of the names may stand for one service."""
    refs: set[naming.ServiceRef] = set()
    for result in results:
        if result.ref not in refs:
            refs.add(result.ref)
            yield result


def _run(work: Sequence[Callable[[], list[ServiceResult]]], jobs: int) -> Iterator[ServiceResult]:
    with threads.running(work, jobs) as futures:
        futures.reverse()
        while futures:  # a future is dropped with its reports once they were handed over
            yield from futures.pop().result()
