# SPDX-License-Identifier: Apache-2.0


"""Many services at once, and again and again until they have settled."""

import functools
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple, TypeVar

from openstack.connection import Connection

from kuryrsctp import naming
from kuryrsctp.cloud import calls, inventory, neutron, octavia, threads
from kuryrsctp.cloud.deadline import Deadline
from kuryrsctp.cloud.quotas import Quotas
from kuryrsctp.errors import Inconclusive
from kuryrsctp.makers import kuryr
from kuryrsctp.model import LoadBalancer, NetworkState
from kuryrsctp.verifier import single
from kuryrsctp.verifier.report import Expectations, Finding, VerifyReport

PAUSE = 2.0
"""Seconds between two looks at a service that has not settled."""

GIVE_UP = 180.0
"""Seconds without a word from the APIs, after which they are not asked about other services."""

_BATCH = 25  # services whose network are asked for together

T = TypeVar("T")
Judgement = VerifyReport | Inconclusive


@dataclass(frozen=True, slots=True)
class Judgements:
    """One for each of `total` services, by name, as they come."""

    total: int
    judgements: Iterator[tuple[str, Judgement]]

    def __iter__(self) -> Iterator[tuple[str, Judgement]]:
        """Yield them in the order of the services."""
        return self.judgements


class _Group(NamedTuple):
    """The load balancers of one service, of which there ought to be just one."""

    name: str
    service: naming.ServiceRef
    found: tuple[LoadBalancer, ...]


class Patience:
    """Bounds how long many services are asked for in vain, each of which has a deadline of its own.

    It is shared by threads.
    """

    def __init__(self, seconds: float = GIVE_UP) -> None:
        """Have patience for so long from now on, and from each time that something was heard."""
        self._seconds = seconds
        self._heard = time.monotonic()
        self._trouble: Inconclusive | None = None

    def attempt(self, function: Callable[[], T]) -> T | Inconclusive:
        """Call what asks the APIs, while there is hope; return why nothing came of it."""
        silence = time.monotonic() - self._heard
        if self._trouble and silence > self._seconds:
            return Inconclusive(f"not asked for, after {silence:.0f} s in vain: {self._trouble}")
        result = _attempt(function)
        if isinstance(result, Inconclusive):
            self._trouble = result
        else:
            self._heard, self._trouble = time.monotonic(), None
        return result


@dataclass(frozen=True, slots=True)
class _Shared:
    """What batches of services have in common."""

    quotas: Quotas
    octavia: Patience = field(default_factory=Patience)
    neutron: Patience = field(default_factory=Patience)


@dataclass(frozen=True, slots=True)
class Survey:
    """How to judge services: `jobs` of them at a time, each against what is `expected`."""

    connection: Connection
    expected: Expectations = field(default_factory=Expectations)
    jobs: int = threads.JOBS

    def each(self, services: Sequence[str]) -> Judgements:
        """Judge services by NAMESPACE/NAME or a load balancer's ID.

        What keeps one from being judged hides no other.
        """
        # The SDK asks for versions at first use, and would in each thread.
        octavia.proxy(self.connection, Deadline(calls.TIMEOUT))
        patience = Patience()
        jobs = [functools.partial(self._one, service, patience) for service in services]
        return Judgements(len(services), self._run(jobs))

    def everything(
        self,
        project: str | None = None,
        namespace: str | None = None,
        seen: inventory.Seen = lambda count: None,
    ) -> Judgements:
        """Judge every SCTP service that the user can see, but for the cluster's own API.

        `seen` is told how much more was read of the lists that come first.

        Raises UsageError for an unknown project, and CloudError where there is no list.
        """
        found = inventory.services(self.connection, project=project, namespace=namespace, seen=seen)
        found.sort(key=lambda one: (str(one.ref), one.load_balancer.project_id))
        by_ref = [
            (ref, tuple(one.load_balancer for one in group))
            for (ref, _), group in groupby(
                found, key=lambda one: (one.ref, one.load_balancer.project_id)
            )
            if ref != kuryr.KUBERNETES_API
        ]
        projects = Counter(ref for ref, _ in by_ref)
        groups = []
        for ref, group in by_ref:
            # Several projects may well have a service of one name: the ID tells them apart.
            alone = projects[ref] == 1
            own = ref if alone or len(group) > 1 else naming.LoadBalancerId(group[0].id)
            groups.append(_Group(str(ref) if alone else group[0].id, own, group))
        size = max(1, min(_BATCH, len(groups) // self.jobs))
        batches = (groups[start : start + size] for start in range(0, len(groups), size))
        shared = _Shared(Quotas(self.connection))
        jobs = [functools.partial(self._batch, batch, shared) for batch in batches]
        return Judgements(len(groups), self._run(jobs))

    def _one(self, service: str, patience: Patience) -> list[tuple[str, Judgement]]:
        verify = functools.partial(single.verify, self.connection, service, expected=self.expected)
        return [(service, patience.attempt(verify))]

    def _batch(self, batch: Sequence[_Group], shared: _Shared) -> list[tuple[str, Judgement]]:
        """Judge services together: what surrounds them costs the requests of one."""
        deadline = Deadline(calls.TIMEOUT)
        whole = [
            shared.octavia.attempt(functools.partial(self._whole, one, deadline)) for one in batch
        ]
        alone = [
            one.found[0]
            for one in whole
            if not isinstance(one, Inconclusive) and len(one.found) == 1
        ]
        around = shared.neutron.attempt(lambda: neutron.read(self.connection, alone, deadline))
        judgements = (
            _attempt(functools.partial(self._judge, one, around, shared.quotas, deadline))
            for one in whole
        )
        return [(one.name, judgement) for one, judgement in zip(batch, judgements, strict=True)]

    def _whole(self, group: _Group, deadline: Deadline) -> _Group:
        if len(group.found) != 1:
            return group
        read = inventory.with_members(self.connection, group.found[0], deadline)
        return group._replace(found=(read,))

    def _judge(
        self,
        group: _Group | Inconclusive,
        around: NetworkState | Inconclusive,
        quotas: Quotas,
        deadline: Deadline,
    ) -> VerifyReport:
        if isinstance(group, Inconclusive):
            raise group
        if isinstance(around, Inconclusive):
            raise around
        return single.judge(
            self.connection,
            group.service,
            group.found,
            self.expected,
            deadline,
            network=around,
            quotas=quotas,
        )

    def _run(
        self, jobs: Sequence[Callable[[], list[tuple[str, Judgement]]]]
    ) -> Iterator[tuple[str, Judgement]]:
        # Each job has a deadline of its own.
        with threads.running(jobs, self.jobs) as futures:
            futures.reverse()
            while futures:  # each goes with its reports, when they were handed over
                yield from futures.pop().result()


def _attempt(function: Callable[[], T]) -> T | Inconclusive:
    try:
        return function()
    except Inconclusive as error:
        return error


def settle(
    look: Callable[[Sequence[str]], Iterable[tuple[str, Judgement]]],
    known: dict[str, Judgement],
    wait: float,
    tell: Callable[[str], None],
) -> None:
    """Look again (as `Survey.each`) at what has not settled in `known`; put in there what is seen.

    `wait` is in seconds; the last look comes when they have passed. After a change it takes
    two quiet looks: between the steps of a rebuild, too, all is well for a moment. `tell` is
    given a line whenever the reason to wait changes.
    """
    deadline = Deadline(wait)
    waiting: dict[str, Finding | None] = {
        name: reason for name, judgement in known.items() if (reason := _restless(judgement))
    }
    for line in _news({}, waiting, deadline):
        tell(line)
    while waiting and deadline.left():
        time.sleep(min(PAUSE, deadline.left()))
        seen = {}
        for name, judgement in look(list(waiting)):
            known[name] = judgement
            reason = _restless(judgement)
            if reason or waiting[name]:
                seen[name] = reason
        for line in _news(waiting, seen, deadline):
            tell(line)
        waiting = seen


def _restless(judgement: Judgement) -> Finding | None:
    """Return what is about to change; None if the service has settled, for better or worse."""
    if isinstance(judgement, Inconclusive):
        return None
    return next((one for one in judgement.findings if one.transient), None)


def _news(
    before: dict[str, Finding | None], now: dict[str, Finding | None], deadline: Deadline
) -> Iterable[str]:
    for name, reason in now.items():
        known = before.get(name)
        if reason and (known is None or known.check != reason.check):
            yield (
                f"{name}: {reason.check}: {reason.detail}; waiting for at most"
                f" {deadline.left():.0f} s more"
            )
