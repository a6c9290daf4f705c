# SPDX-License-Identifier: Apache-2.0

"""Whether the default pool of a listener is its own: makers make a pool for each listener.

Octavia lets several listeners of a load balancer use one pool, and each pool keeps its name.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kuryrsctp import makers
from kuryrsctp.makers.maker import Maker
from kuryrsctp.model import Listener, LoadBalancer, Pool
from kuryrsctp.verifier.checks.catalogue import CheckResult, fail, ok, warn
from kuryrsctp.verifier.checks.placeholders import word
from kuryrsctp.verifier.checks.targets import ListenerTarget

_COMPARE = (
    "compare the ports and members with the Service (`kubectl get service -n <namespace> <name> -o"
    " yaml`)"
)
_BY_HAND = (
    "no name or tag tells that the maker of the load balancer made this listener: nothing is needed"
    f" if it is meant to be another port for the same members; if not, {_COMPARE}"
)
UNNAMED = "find out whether its own pool is one that no listener uses, and that was renamed"
_TAKE_AWAY = (
    "no pool with its name is there, and Octavia takes no new one for a listener that has a pool:"
    " `openstack loadbalancer listener unset --default-pool <ID>` takes the wrong one away, and no"
    " client of the port gets an answer until it has its own"
)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why the default pool of a listener may not be its own.

    - `owner`: the listener that it was made for, as the names tell, None if they do not
    - `others`: the other listeners that use it
    - `is_sure`: whether the names tell that it was not made for this listener
    """

    owner: Listener | None
    others: tuple[Listener, ...]
    is_sure: bool


def doubt(maker: Maker, listener: Listener, load_balancer: LoadBalancer) -> Doubt | None:
    """Return why the pool of a listener may not be its own, None if nothing tells against it."""
    pool = listener.pool
    if pool is None:
        return None
    rest = [each for each in _sctp_listeners(load_balancer) if each.id != listener.id]
    others = tuple(each for each in rest if _pool_id(each) == pool.id)
    fits = {each.id: maker.is_made_for(pool, each, load_balancer) for each in (listener, *rest)}
    is_fitting = fits[listener.id]
    if is_fitting:
        others = tuple(each for each in others if fits[each.id])
        return Doubt(None, others, is_sure=False) if others else None
    # Where two pools have one name, the owner of that name may have the other one.
    lacking = [each for each in rest if not _has_own(maker, each, load_balancer)]
    for each in (*others, *(lacking if is_fitting is False else ())):
        if fits[each.id]:
            return Doubt(each, others, is_sure=True)
    possible = tuple(each for each in others if fits[each.id] is None)
    if is_fitting is False and possible:
        return Doubt(None, possible, is_sure=True)
    if is_fitting is False:  # or it was renamed by hand
        is_judged = maker.is_own(listener, load_balancer)
    else:
        users = (listener, *possible)
        is_judged = bool(possible) and any(maker.is_own(each, load_balancer) for each in users)
    return Doubt(None, others, is_sure=False) if is_judged else None


def judge(target: ListenerTarget) -> CheckResult:
    """Say whether the pool of a listener is its own."""
    found, pool = doubt(target.maker, target.listener, target.load_balancer), target.listener.pool
    if found is None or pool is None:
        return ok("its own")
    is_own = target.maker.is_own(target.listener, target.load_balancer)
    say = fail if found.is_sure and is_own else warn
    hint = _remedy(target, is_own=is_own, is_sure=found.is_sure)
    return say(f"'{pool.name or pool.id}' {_reason(found)}", hint)


def _reason(found: Doubt) -> str:
    if found.owner:
        return (
            f"is the pool of {_listed([found.owner])}, as its name tells: the clients of this port"
            " reach the members of that one"
        )
    if not found.others:
        return "was made for another port or Service, as its name tells, or was renamed by hand"
    shared = (
        f"is also the pool of {_listed(found.others)}: all their clients reach the same members"
    )
    return (
        f"was not made for this port, as its name tells, and {shared}" if found.is_sure else shared
    )


def _remedy(target: ListenerTarget, *, is_own: bool, is_sure: bool) -> str:
    listener = target.listener
    right = [
        pool
        for pool in _pools(target.load_balancer)
        if target.maker.is_made_for(pool, listener, target.load_balancer)
    ]
    if len(right) == 1 and right[0].id != _pool_id(listener):
        return f"{give(right[0], listener)} gives it the pool that has its name"
    if not is_own:
        return _BY_HAND
    if right:
        ids = " and ".join(pool.id for pool in right)
        return f"find out whether its own pool is this one ({ids}): {_COMPARE}"
    if not is_sure:
        return f"find out which listener the pool was made for: {_COMPARE}"
    if may_be_of(target.maker, listener, target.load_balancer):
        return f"{UNNAMED}: {_COMPARE}"
    return "; ".join(filter(None, (_TAKE_AWAY, target.maker.missing_pool)))


def give(pool: Pool, listener: Listener) -> str:
    """Return the command that makes a pool the default pool of a listener."""
    words = word(pool.id, "pool"), word(listener.id, "listener")
    return "`openstack loadbalancer listener set --default-pool {} {}`".format(*words)


def waiting(maker: Maker, pool: Pool, load_balancer: LoadBalancer) -> tuple[Listener, ...]:
    """Return the listeners that use another pool, while the name of this one is theirs alone."""
    return tuple(
        listener
        for listener in makers.sctp_listeners(load_balancer)
        if listener.pool
        and maker.is_made_for(pool, listener, load_balancer)
        and not _has_own(maker, listener, load_balancer)
    )


def may_be_of(maker: Maker, listener: Listener, load_balancer: LoadBalancer) -> bool:
    """Tell whether an unused pool may be that of a listener: its name tells nothing."""
    return any(
        maker.is_made_for(pool, listener, load_balancer) is None
        for pool in load_balancer.orphaned_pools
    )


def _has_own(maker: Maker, listener: Listener, load_balancer: LoadBalancer) -> bool:
    """Tell whether a listener uses a pool that was made for it."""
    pool = listener.pool
    return pool is not None and maker.is_made_for(pool, listener, load_balancer) is True


def _sctp_listeners(load_balancer: LoadBalancer) -> list[Listener]:
    """Return the SCTP listeners, also those of other Services."""
    return [
        listener
        for listener in (*load_balancer.listeners, *load_balancer.neighbours)
        if makers.is_sctp(listener)
    ]


def _pools(load_balancer: LoadBalancer) -> Iterator[Pool]:
    """Yield the pools that are there for SCTP, each once."""
    used = (listener.pool for listener in _sctp_listeners(load_balancer))
    pools = (*filter(None, used), *load_balancer.orphaned_pools)
    yield from {pool.id: pool for pool in pools}.values()


def _pool_id(listener: Listener) -> str | None:
    return listener.pool.id if listener.pool else listener.default_pool_id


def _listed(listeners: Sequence[Listener]) -> str:
    return " and ".join(
        f"listener '{each.name or each.id}' (port {each.protocol_port})" for each in listeners
    )
