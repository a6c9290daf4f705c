# SPDX-License-Identifier: Apache-2.0

"""What to do about pools that no listener uses: one may be what a listener lacks."""

from collections.abc import Sequence

from kuryrsctp import makers
from kuryrsctp.makers.maker import Maker
from kuryrsctp.model import Listener, LoadBalancer, Pool, is_leaving
from kuryrsctp.verifier.checks import default_pools
from kuryrsctp.verifier.checks.placeholders import word
from kuryrsctp.verifier.checks.targets import LoadBalancerTarget

_MAX_COMMANDS = 3
_FIRST = "compare the members with the ports of the Service first: if they are those of the port, "


def advice(target: LoadBalancerTarget) -> str:
    """Say what to do about them: to delete only what no listener may lack, of any Service."""
    balancer = target.load_balancer
    pools = [pool for pool in balancer.orphaned_pools if not is_leaving(pool)]
    if not pools:
        return "none is needed: what no listener uses is being deleted"
    maker = _maker(target)
    lacking = [
        listener
        for listener in default_pools.staying(balancer)
        if any(default_pools.may_be_of(maker, pool, listener, balancer) for pool in pools)
    ]
    if not lacking:
        ids = (word(pool.id, "pool") for pool in pools)
        commands = [f"`openstack loadbalancer pool delete {each}`" for each in ids]
        return f"none of them carries traffic; to remove what is not needed: {_some(commands)}"
    return _given_back(maker, lacking, balancer) or _perhaps(maker, lacking, pools, balancer)


def _maker(target: LoadBalancerTarget) -> Maker:
    """Return the maker that the load balancer's Services have in common, if there is one."""
    common = makers.whole(target.load_balancer).claim.maker
    return target.maker if common is makers.UNKNOWN else common


def _given_back(maker: Maker, lacking: Sequence[Listener], balancer: LoadBalancer) -> str:
    """Give pools back by their names; "" if these do not tell where each has to go."""
    commands, is_any_in_use = [], False
    for listener in lacking:
        pool = default_pools.own_pool(maker, listener, balancer)
        uses_anothers = default_pools.doubt(maker, listener, balancer) is not None
        if pool in balancer.orphaned_pools and (listener.pool is None or uses_anothers):
            commands.append(default_pools.give(pool, listener))
            is_any_in_use = is_any_in_use or uses_anothers
    if not commands:
        return ""
    one, first = len(commands) == 1, _FIRST if is_any_in_use else ""
    whose = (
        "by its name, one of them is the pool of a listener that does not use it"
        if one
        else "by their names, some of them are the pools of listeners that do not use them"
    )
    back = "gives it back" if one else "give them back"
    return f"delete nothing: {whose}; {first}{_some(commands)} {back}"


def _perhaps(
    maker: Maker, lacking: Sequence[Listener], pools: Sequence[Pool], balancer: LoadBalancer
) -> str:
    """Name the listeners that one of some pools may be of, as the names do not tell it."""
    listener, pool = lacking[0], pools[0]
    is_only = len(lacking) == len(pools) == 1 and pool.provisioning_status != "ERROR"
    if is_only and default_pools.lacks_pool(listener) and maker.is_own(listener, balancer):
        return (
            "delete nothing yet: if the pool was that of the listener without a pool,"
            f" {default_pools.give(pool, listener)} gives it back"
        )
    ports = " or ".join(str(each.protocol_port) for each in lacking)
    return f"delete nothing yet: find out whether the listener of port {ports} has lost one of them"


def _some(commands: Sequence[str]) -> str:
    """Return the first commands, and how many more there are."""
    more = len(commands) - _MAX_COMMANDS
    listed = ", ".join(commands[:_MAX_COMMANDS])
    return f"{listed} and {more} more" if more > 0 else listed
