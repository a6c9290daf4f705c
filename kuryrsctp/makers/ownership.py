# SPDX-License-Identifier: Apache-2.0

"""Whose a load balancer is, and which of its parts: several Services may share it. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from kuryrsctp.makers.maker import Claim
from kuryrsctp.makers.parts import is_sctp, sctp_listeners
from kuryrsctp.makers.registry import MAKERS
from kuryrsctp.makers.unknown import UNKNOWN
from kuryrsctp.model import Listener, LoadBalancer, Pool, is_leaving
from kuryrsctp.naming import LoadBalancerId, ServiceName, ServiceRef

_NOBODYS = Claim(UNKNOWN, "", None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What a load balancer does for one Service.

    - `claim`: the Service, as its maker tells
    - `load_balancer`: with the listeners and pools of this Service; those of others are its
      `neighbours`
    """

    claim: Claim
    load_balancer: LoadBalancer

    @property
    def identity(self) -> tuple[object, ...]:
        """What only one load balancer ought to have: the Service, its maker and the project."""
        if self.claim.maker is UNKNOWN:
            return (self.load_balancer.id,)
        return self.claim.maker.name, self.claim.mark, self.load_balancer.project_id

    @property
    def has_sctp(self) -> bool:
        """Whether it has, or is bound to have, a part that is SCTP."""
        load_balancer = self.load_balancer
        if sctp_listeners(load_balancer) or any(map(self._lost, load_balancer.orphaned_pools)):
            return True
        # A Service has a listener at least. Where it has none, another's show what it is for.
        return not load_balancer.listeners and any(map(is_sctp, load_balancer.neighbours))

    def _lost(self, pool: Pool) -> bool:
        """Tell whether an SCTP pool without a listener is this Service's own.

        Where the Service has listeners of another protocol, the pool's own name or tags tell it.
        """
        load_balancer = self.load_balancer
        is_own = _claim_of(pool, load_balancer, claims(load_balancer)) == self.claim
        is_told = not load_balancer.listeners or _tells(pool, load_balancer)
        return is_sctp(pool) and is_own and is_told


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceGroup:
    """The load balancers of one Service in one project: one of them, if all is well.

    - `ref`: what tells the Service from the others that were looked for with it
    - `claim`: the Service, as its maker tells; None for a load balancer picked by its ID
    - `leaving`: those that are being deleted, while there is another
    """

    ref: ServiceRef
    claim: Claim | None = None
    load_balancers: tuple[LoadBalancer, ...]
    leaving: tuple[LoadBalancer, ...] = ()


def claims(load_balancer: LoadBalancer) -> tuple[Claim, ...]:
    """Return the claims of Services to a load balancer, of every maker."""
    return tuple(chain.from_iterable(maker.claims(load_balancer) for maker in MAKERS))


def filters(service: ServiceName) -> list[Mapping[str, str]] | None:
    """Return filters of Octavia's API that find each load balancer with a claim of a Service.

    None if there are no such filters. Names and tags of listeners are left aside.
    """
    of_makers = [maker.filters(service) for maker in MAKERS]
    found = [each for each in of_makers if each is not None]
    return list(chain.from_iterable(found)) if len(found) == len(MAKERS) else None


def services(load_balancer: LoadBalancer) -> tuple[Service, ...]:
    """Return what a load balancer does for each of its Services.

    SCTP listeners that none of them claims are a Service of an unknown maker. A pool that no
    listener uses makes no Service: where its name and tags tell none that is there, such as after
    its own was deleted, it is left to the Service of the first SCTP port.
    """
    claimed, ports = claims(load_balancer), sctp_listeners(load_balancer)
    pools = load_balancer.orphaned_pools
    parts: tuple[Listener | Pool, ...] = (*load_balancer.listeners, *pools)
    owners = {part.id: _claim_of(part, load_balancer, claimed) for part in parts}
    if not claimed or any(owners[port.id] is _NOBODYS for port in ports):
        claimed = (*claimed, _NOBODYS)
    told = [p for p in pools if owners[p.id] in claimed and _tells(p, load_balancer)]
    sctp: tuple[Listener | Pool, ...] = (*ports, *told)
    heir = next((owners[each.id] for each in sctp if owners[each.id] in claimed), claimed[0])
    owners |= {pool.id: heir for pool in pools if pool not in told}
    if len(claimed) == 1:
        return (Service(claim=claimed[0], load_balancer=load_balancer),)
    return tuple(
        Service(claim=claim, load_balancer=_share(load_balancer, claim, owners))
        for claim in claimed
    )


def service_on(load_balancer: LoadBalancer, claim: Claim) -> Service:
    """Return what a load balancer does for the Service of a claim: nothing, if it has no part."""
    for service in services(load_balancer):
        if (service.claim.maker, service.claim.mark) == (claim.maker, claim.mark):
            return service
    return Service(claim=claim, load_balancer=_share(load_balancer, claim, {}))


def whole(load_balancer: LoadBalancer) -> Service:
    """Return all that a load balancer does, for whichever Services: as picked by its ID."""
    claimed = claims(load_balancer)
    if len(claimed) == 1:
        return Service(claim=claimed[0], load_balancer=load_balancer)
    makers = {claim.maker.name: claim.maker for claim in claimed}
    maker = next(iter(makers.values())) if len(makers) == 1 else UNKNOWN
    return Service(claim=Claim(maker, "", None), load_balancer=load_balancer)


def owner_of(part: Listener | Pool, load_balancer: LoadBalancer) -> ServiceName | None:
    """Return the Service that a listener or pool is of, None if that is not known."""
    return _claim_of(part, load_balancer, claims(load_balancer)).service


def groups(listed: Sequence[Service], asked: ServiceRef | None = None) -> list[ServiceGroup]:
    """Return the load balancers of each Service, in the order of their first.

    `asked` is what a user called them all. A load balancer that is being deleted stands aside if
    there is another one.
    """
    by_identity: dict[tuple[object, ...], list[Service]] = defaultdict(list)
    for service in listed:
        by_identity[service.identity].append(service)
    firsts = [same[0] for same in by_identity.values()]
    names = [asked] if asked and len(firsts) == 1 else refs(firsts)
    return [
        _group(ref, [service.load_balancer for service in same], same[0].claim)
        for ref, same in zip(names, by_identity.values(), strict=True)
    ]


def _group(ref: ServiceRef, load_balancers: list[LoadBalancer], claim: Claim) -> ServiceGroup:
    leaving = [each for each in load_balancers if is_leaving(each)]
    staying = [each for each in load_balancers if each not in leaving] or leaving[:1]
    return ServiceGroup(
        ref=ref,
        claim=claim,
        load_balancers=tuple(staying),
        leaving=tuple(each for each in leaving if each not in staying),
    )


def refs(listed: Sequence[Service]) -> list[ServiceRef]:
    """Return what tells each of some Services from the others, as a user can give it.

    It is as short as can be: the cluster is named where two have a Service of that name, and the
    load balancer's ID stands for a Service that is in two projects, or is not known.
    """
    by_identity = {service.identity: service.claim.service for service in listed}
    short = Counter(name.in_cluster for name in by_identity.values() if name)
    exact = Counter(name for name in by_identity.values() if name)

    def ref(service: Service) -> ServiceRef:
        name = service.claim.service
        if name is None or exact[name] > 1:
            return LoadBalancerId(service.load_balancer.id)
        return name if short[name.in_cluster] > 1 else replace(name, cluster=None)

    return [ref(service) for service in listed]


def _claim_of(
    part: Listener | Pool, load_balancer: LoadBalancer, claimed: Iterable[Claim]
) -> Claim:
    """Return the claim that a part is of: one of those given, or one that is there no more."""
    for maker in MAKERS:
        mark = maker.mark_of(part, load_balancer)
        if mark is not None:
            of_mark = (claim for claim in claimed if (claim.maker, claim.mark) == (maker, mark))
            return next(of_mark, Claim(maker, mark, None))
    return _NOBODYS


def _tells(pool: Pool, load_balancer: LoadBalancer) -> bool:
    """Tell whether the name or tags of a pool tell its Service, not only where it is."""
    nowhere = replace(load_balancer, name="", description="")
    return any(
        maker.is_sctp_name(pool.name) or maker.mark_of(pool, nowhere) is not None
        for maker in MAKERS
    )


def _share(load_balancer: LoadBalancer, claim: Claim, owners: Mapping[str, Claim]) -> LoadBalancer:
    """Return a load balancer with the parts of one claim; the others' are its neighbours."""
    listeners, pools = load_balancer.listeners, load_balancer.orphaned_pools
    return replace(
        load_balancer,
        listeners=tuple(part for part in listeners if owners.get(part.id) is claim),
        neighbours=tuple(part for part in listeners if owners.get(part.id) is not claim),
        orphaned_pools=tuple(pool for pool in pools if owners.get(pool.id) is claim),
    )
