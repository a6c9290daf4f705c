# SPDX-License-Identifier: Apache-2.0

"""What checks are applied to: the service, and each object of Octavia's that serves it."""

from collections.abc import Iterator
from dataclasses import dataclass

from kuryrsctp import makers
from kuryrsctp.makers.maker import Maker
from kuryrsctp.model import HealthMonitor, Listener, LoadBalancer, Member, Pool, is_leaving
from kuryrsctp.providers import provider_named
from kuryrsctp.providers.provider import Provider
from kuryrsctp.verifier.snapshot import Snapshot

ApiObject = LoadBalancer | Listener | Pool | Member


@dataclass(frozen=True, slots=True)
class ServiceTarget:
    """The service as a whole.

    `api_object` is what a finding is about: the innermost object of Octavia's, None where there
    is not just one.
    """

    snapshot: Snapshot
    api_object: ApiObject | None

    @property
    def resource(self) -> str:
        """The name of what a finding is about, or its ID where it has no name."""
        if self.api_object is None:
            return str(self.snapshot.service)
        return self.api_object.name or self.api_object.id

    @property
    def maker(self) -> Maker:
        """What made the load balancer for the service."""
        if self.snapshot.maker:
            return self.snapshot.maker
        load_balancers = self.snapshot.load_balancers
        return makers.whole(load_balancers[0]).claim.maker if load_balancers else makers.UNKNOWN


@dataclass(frozen=True, slots=True)
class LoadBalancerTarget(ServiceTarget):
    """The only load balancer of the service."""

    api_object: ApiObject
    load_balancer: LoadBalancer

    @property
    def provider(self) -> Provider:
        """What serves the load balancer."""
        return provider_named(self.load_balancer.provider)

    @property
    def parts(self) -> dict[str, ApiObject]:
        """The objects from the load balancer down to the target's own, by their kind."""
        kinds = ("load_balancer", "listener", "pool", "member")
        parts = {kind: getattr(self, kind, None) for kind in kinds}
        return {kind.replace("_", " "): part for kind, part in parts.items() if part is not None}

    @property
    def switched_off(self) -> str:
        """The kind of the outermost object that is switched off, "" if none is."""
        off = (kind for kind, part in self.parts.items() if not part.admin_state_up)
        return next(off, "")

    @property
    def leaving(self) -> str:
        """The kind of the outermost object that is being deleted, "" if none is."""
        return next((kind for kind, part in self.parts.items() if is_leaving(part)), "")


@dataclass(frozen=True, slots=True)
class ListenerTarget(LoadBalancerTarget):
    """A listener that is SCTP, or is called so by its maker."""

    listener: Listener

    @property
    def allowed_cidrs_unapplied(self) -> str:
        """Why the listener's list does not count, "" if it does.

        The groups of a VIP take its place: Octavia refuses such a list where the VIP was given
        groups, but takes groups where there is a list, and makes no rules for it from then on.
        """
        if self.provider.filters_at_vip is False:
            return f"{self.provider.title} admits every client"
        if self.load_balancer.vip_security_group_ids and self.provider.filters_at_vip:
            return "the VIP was given groups (vip_sg_ids)"
        return ""


@dataclass(frozen=True, slots=True)
class PoolTarget(ListenerTarget):
    """The default pool of such a listener."""

    pool: Pool

    @property
    def monitor(self) -> HealthMonitor | None:
        """The pool's health monitor, None if there is none, or if it is not visible."""
        monitors = self.snapshot.monitors
        return next((monitor for monitor in monitors if monitor.pool_id == self.pool.id), None)


@dataclass(frozen=True, slots=True)
class MemberTarget(PoolTarget):
    """A member of such a pool."""

    member: Member


def targets(snapshot: Snapshot) -> Iterator[ServiceTarget]:
    """Yield what there is to check, from the service down to each member."""
    if len(snapshot.load_balancers) != 1:
        yield ServiceTarget(snapshot, None)
        return
    (balancer,) = snapshot.load_balancers
    yield ServiceTarget(snapshot, balancer)
    yield LoadBalancerTarget(snapshot, balancer, balancer)
    for part in listeners_and_pools(snapshot, balancer):
        yield part
        if isinstance(part, PoolTarget):
            yield from members(part)


def listeners_and_pools(snapshot: Snapshot, balancer: LoadBalancer) -> Iterator[ListenerTarget]:
    """Yield the SCTP listeners of a load balancer, each followed by its pool."""
    for listener in makers.sctp_listeners(balancer):
        yield ListenerTarget(snapshot, listener, balancer, listener)
        if pool := listener.pool:
            yield PoolTarget(snapshot, pool, balancer, listener, pool)


def members(target: PoolTarget) -> Iterator[MemberTarget]:
    """Yield the members of a pool."""
    snapshot, balancer, listener = target.snapshot, target.load_balancer, target.listener
    for member in target.pool.members:
        yield MemberTarget(snapshot, member, balancer, listener, target.pool, member)
