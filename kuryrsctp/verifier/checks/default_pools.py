# SPDX-License-Identifier: Apache-2.0

"""Whether the default pool of a listener is its own: makers make a pool for each listener.

Octavia lets several listeners of a load balancer use one pool, and each pool keeps its name. A
name may have been changed by hand, so that alone it proves nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kuryrsctp import makers
from kuryrsctp.makers.maker import Maker
from kuryrsctp.model import Listener, LoadBalancer, Pool, is_leaving
from kuryrsctp.verifier.checks import statuses
from kuryrsctp.verifier.checks.catalogue import CheckResult, fail, ok, warn
from kuryrsctp.verifier.checks.placeholders import word
from kuryrsctp.verifier.checks.targets import ListenerTarget

_COMPARE = (
    "compare the ports and members with the Service (`kubectl get service -n <namespace> <name> -o"
    " yaml`)"
)
_BY_HAND = "no name or tag tells that the maker of the load balancer made this listener"
_ALIAS = (
    "nothing is needed if it is meant to be another port for the same members; if not, " + _COMPARE
)
_NO_PORT = (
    "if the Service does not have this port (`kubectl get service -n <namespace> <name>`), it lacks"
    " no pool"
)
_NO_POOL = (
    "no pool that can be used has its name, and Octavia refuses a new one for a listener that has a"
    " pool"
)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why the default pool of a listener may not be its own.

    - `users`: the maker's listeners that use it, too, and for which it may have been made
    - `named`: the one for which its name tells that it was made, where that one does not use it
    - `is_anothers`: whether the name tells that it was not made for the listener itself
    """

    users: tuple[Listener, ...]
    named: Listener | None
    is_anothers: bool


def doubt(maker: Maker, listener: Listener, load_balancer: LoadBalancer) -> Doubt | None:
    """Return why the pool of a listener may not be its own, None if nothing tells against it."""
    pool = listener.pool
    if pool is None:
        return None
    rest = [each for each in staying(load_balancer) if each.id != listener.id]
    fits = {
        each.id: maker.is_made_for(pool, each, load_balancer)
        for each in (listener, *rest)
        if maker.is_own(each, load_balancer) or each is listener
    }
    users = tuple(
        each for each in rest if _pool_id(each) == pool.id and fits.get(each.id, False) is not False
    )
    if fits[listener.id] is not False:
        return Doubt(users, None, is_anothers=False) if users else None
    lacking = (each for each in rest if not _has_own(maker, each, load_balancer))
    named = next((each for each in lacking if fits.get(each.id)), None)
    is_judged = users or named or maker.is_own(listener, load_balancer)
    return Doubt(users, None if users else named, is_anothers=True) if is_judged else None


def judge(target: ListenerTarget) -> CheckResult:
    """Say whether the pool of a listener is its own."""
    maker, listener, load_balancer = target.maker, target.listener, target.load_balancer
    found, pool = doubt(maker, listener, load_balancer), listener.pool
    if found is None or pool is None:
        return ok("its own")
    detail = _reason(found, f"'{pool.name or pool.id}'")
    if changing := statuses.while_changing(target, detail):
        return changing
    if not maker.is_own(listener, load_balancer):
        removal = maker.removal(listener, load_balancer)
        steps = (_BY_HAND, removal, _COMPARE) if removal else (_BY_HAND, _ALIAS)
        return warn(detail, "; ".join(steps))
    say = fail if found.is_anothers and found.users else warn
    return say(detail, _remedy(target, found))


def _reason(found: Doubt, pool: str) -> str:
    users, named = found.users, found.named
    if named:
        instead = "another one" if named.pool else "none"
        return f"by its name, {pool} is the pool of {_listed([named])}, which uses {instead}"
    if not users:
        return f"{pool} was made for another port or Service, as its name tells, or was renamed"
    if not found.is_anothers:
        same = "all their clients reach the same members"
        return f"{pool} is also the pool of {_listed(users)}: {same}"
    ports = " and ".join(str(each.protocol_port) for each in users)
    return (
        f"by its name, {pool} is the pool of {_listed(users)}: the clients of this port reach the"
        f" members of port {ports}"
    )


def _remedy(target: ListenerTarget, found: Doubt) -> str:
    maker, listener, load_balancer = target.maker, target.listener, target.load_balancer
    if pool := own_pool(maker, listener, load_balancer):
        return (
            f"{_COMPARE}: if the members of '{pool.name}' are those of this port,"
            f" {give(pool, listener)} gives it its own pool"
        )
    unused = load_balancer.orphaned_pools
    if any(may_be_of(maker, pool, listener, load_balancer) for pool in unused):
        return f"find out whether its own pool is one that no listener uses: {_COMPARE}"
    if not (found.is_anothers and found.users):
        return f"find out which listener the pool was made for: {_COMPARE}"
    last = f"as the last resort, {maker.anew}" if maker.anew else ""
    return "; ".join(filter(None, (f"{_NO_POOL}: {_COMPARE}", last)))


def of_missing(target: ListenerTarget) -> str:
    """Say what to do about a listener without a pool, "" if nothing special."""
    maker, listener, load_balancer = target.maker, target.listener, target.load_balancer
    if maker is makers.UNKNOWN:
        return ""
    if not maker.is_own(listener, load_balancer):
        removal = maker.removal(listener, load_balancer)
        return "; ".join(filter(None, (_BY_HAND, _NO_PORT, removal)))
    pool = own_pool(maker, listener, load_balancer)
    return f"by its name, '{pool.name}' is its pool: {give(pool, listener)}" if pool else ""


def give(pool: Pool, listener: Listener) -> str:
    """Return the command that makes a pool the default pool of a listener."""
    words = word(pool.id, "pool"), word(listener.id, "listener")
    return "`openstack loadbalancer listener set --default-pool {} {}`".format(*words)


def own_pool(maker: Maker, listener: Listener, load_balancer: LoadBalancer) -> Pool | None:
    """Return the only pool that by its name was made for a listener, and that it does not use.

    None if there is more than one, if it cannot be used, or if it may be another listener's.
    """
    if not maker.is_own(listener, load_balancer):
        return None
    named = [
        pool
        for pool in _pools(load_balancer)
        if pool.id != _pool_id(listener) and maker.is_made_for(pool, listener, load_balancer)
    ]
    if len(named) != 1 or named[0].provisioning_status == "ERROR" or is_leaving(named[0]):
        return None
    (pool,) = named
    others = (each for each in staying(load_balancer) if each.id != listener.id)
    is_others = any(_may_need(maker, pool, each, load_balancer) for each in others)
    return None if is_others else pool


def may_be_of(maker: Maker, pool: Pool, listener: Listener, load_balancer: LoadBalancer) -> bool:
    """Tell whether a pool may be what a listener lacks, that has none or another's."""
    if is_leaving(pool) or _is_settled(maker, listener, load_balancer):
        return False
    made_for = maker.is_made_for(pool, listener, load_balancer)
    if made_for is None:
        is_odd = doubt(maker, listener, load_balancer) is not None
        return lacks_pool(listener) or (is_odd and maker.is_own(listener, load_balancer))
    return made_for


def _may_need(maker: Maker, pool: Pool, listener: Listener, load_balancer: LoadBalancer) -> bool:
    """Tell whether a pool is, or by its name may be, that of one of the maker's listeners."""
    if not maker.is_own(listener, load_balancer):
        return False
    made_for = maker.is_made_for(pool, listener, load_balancer)
    if _pool_id(listener) == pool.id:
        return made_for is not False
    return made_for is True and not _is_settled(maker, listener, load_balancer)


def lacks_pool(listener: Listener) -> bool:
    """Tell whether a listener has no pool, not only one that was not read."""
    return listener.pool is None and listener.default_pool_id is None


def _has_own(maker: Maker, listener: Listener, load_balancer: LoadBalancer) -> bool:
    """Tell whether a listener uses a pool that by its name was made for it."""
    pool = listener.pool
    return pool is not None and maker.is_made_for(pool, listener, load_balancer) is True


def _is_settled(maker: Maker, listener: Listener, load_balancer: LoadBalancer) -> bool:
    """Tell whether a listener alone uses a pool that by its name was made for it."""
    has_own = _has_own(maker, listener, load_balancer)
    return has_own and doubt(maker, listener, load_balancer) is None


def staying(load_balancer: LoadBalancer) -> list[Listener]:
    """Return the SCTP listeners that are not being deleted, by port, of all Services."""
    staying = (
        listener
        for listener in (*load_balancer.listeners, *load_balancer.neighbours)
        if makers.is_sctp(listener) and not is_leaving(listener)
    )
    return sorted(staying, key=lambda listener: listener.protocol_port)


def _pools(load_balancer: LoadBalancer) -> Iterator[Pool]:
    """Yield the pools that are there for SCTP, each once."""
    used = (listener.pool for listener in staying(load_balancer))
    pools = (*filter(None, used), *load_balancer.orphaned_pools)
    yield from {pool.id: pool for pool in pools}.values()


def _pool_id(listener: Listener) -> str | None:
    return listener.pool.id if listener.pool else listener.default_pool_id


def _listed(listeners: Sequence[Listener]) -> str:
    return " and ".join(
        f"listener '{each.name or each.id}' (port {each.protocol_port})" for each in listeners
    )
