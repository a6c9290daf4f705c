# SPDX-License-Identifier: Apache-2.0

"""What checks look at: the snapshot, and each object in it with what surrounds it."""

from collections.abc import Iterator
from dataclasses import dataclass

from kuryrsctp import makers, naming
from kuryrsctp.makers import kuryr, occm
from kuryrsctp.model import Listener, LoadBalancer, Member, Pool
from kuryrsctp.verifier.snapshot import Snapshot, missing_members

_AMPHORA = {"amphora", "amphorav2", "octavia"}


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that the checks on its type look at: here, the service as a whole."""

    snapshot: Snapshot

    @property
    def about(self) -> LoadBalancer | Listener | Pool | Member | None:
        """The object of Octavia's that a finding is about, where there is just one."""
        return self.snapshot.load_balancers[0] if len(self.snapshot.load_balancers) == 1 else None

    @property
    def resource(self) -> str:
        """What a finding calls the thing: its name, or its ID where it has none."""
        return (self.about and (self.about.name or self.about.id)) or str(self.snapshot.service)


@dataclass(frozen=True, slots=True)
class MissingSubject(Subject):
    """The load balancer that is not there."""


@dataclass(frozen=True, slots=True)
class LoadBalancerSubject(Subject):
    """The only load balancer of the service."""

    load_balancer: LoadBalancer

    @property
    def about(self) -> LoadBalancer | Listener | Pool | Member:
        """The load balancer, or in the subjects below, the innermost object."""
        return self.load_balancer

    @property
    def switched_off(self) -> str:
        """What is switched off of the object and all above it; empty if nothing is."""
        kinds = ("load_balancer", "listener", "pool", "member")
        parts = ((kind, getattr(self, kind, None)) for kind in kinds)
        off = (kind for kind, part in parts if part is not None and not part.admin_state_up)
        return next(off, "").replace("_", " ")

    @property
    def is_ovn(self) -> bool:
        """Whether OVN's provider driver serves it rather than an amphora."""
        return self.load_balancer.provider == "ovn"

    @property
    def is_amphora(self) -> bool:
        """Whether an amphora serves it, under any of that driver's names."""
        return self.load_balancer.provider in _AMPHORA

    @property
    def is_occm(self) -> bool:
        """Whether cloud-provider-openstack made it, rather than Kuryr."""
        return occm.is_name(self.load_balancer.name)

    @property
    def service_name(self) -> naming.ServiceName | None:
        """The Service, as Kuryr's name of the load balancer tells it."""
        return kuryr.read_service(self.load_balancer.name)


@dataclass(frozen=True, slots=True)
class UnheardSubject(LoadBalancerSubject):
    """A load balancer that listens to no SCTP."""


@dataclass(frozen=True, slots=True)
class ListenerSubject(LoadBalancerSubject):
    """A listener that is, or by its name ought to be, SCTP."""

    listener: Listener

    @property
    def about(self) -> Listener | LoadBalancer | Pool | Member:
        """The listener."""
        return self.listener


@dataclass(frozen=True, slots=True)
class PoolSubject(ListenerSubject):
    """The default pool of such a listener."""

    pool: Pool

    @property
    def about(self) -> Pool | LoadBalancer | Listener | Member:
        """The pool."""
        return self.pool


@dataclass(frozen=True, slots=True)
class ShortPoolSubject(PoolSubject):
    """A pool without members, or with fewer than expected."""


@dataclass(frozen=True, slots=True)
class MemberSubject(PoolSubject):
    """A member of such a pool."""

    member: Member

    @property
    def about(self) -> Member | LoadBalancer | Listener | Pool:
        """The member."""
        return self.member


def subjects(snapshot: Snapshot) -> Iterator[Subject]:
    """Walk the snapshot from the service down to each member."""
    yield Subject(snapshot)
    if not snapshot.load_balancers and isinstance(snapshot.service, naming.ServiceName):
        yield MissingSubject(snapshot)
    if len(snapshot.load_balancers) != 1:
        return
    (load_balancer,) = snapshot.load_balancers
    yield LoadBalancerSubject(snapshot, load_balancer)
    if not makers.sctp_listeners(load_balancer):
        yield UnheardSubject(snapshot, load_balancer)
    for listener in makers.sctp_listeners(load_balancer):
        yield ListenerSubject(snapshot, load_balancer, listener)
        if pool := listener.pool:
            yield PoolSubject(snapshot, load_balancer, listener, pool)
            if missing_members(pool, snapshot.expected):
                yield ShortPoolSubject(snapshot, load_balancer, listener, pool)
            for member in pool.members:
                yield MemberSubject(snapshot, load_balancer, listener, pool, member)
