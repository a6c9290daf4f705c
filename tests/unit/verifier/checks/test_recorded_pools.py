# SPDX-License-Identifier: Apache-2.0

"""What the makers were seen to make has no wrong pool, and no two node ports in one pool."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from kuryrsctp import makers
from kuryrsctp.model import Listener, LoadBalancer, Pool
from kuryrsctp.verifier.checks import default_pools
from tests.support import model, recordings
from tests.support.makers.lab import MAKERS
from tests.support.recordings import State


def _load_balancers(maker: str) -> Iterator[tuple[str, State]]:
    """Yield each load balancer of each step that was recorded, and what step that was."""
    for name in recordings.names(maker):
        for step in recordings.recording(maker, name)["steps"]:
            for balancer in step["load_balancers"]:
                yield f"{name}: {step['step']}", balancer


def _is_alias(step: str) -> bool:
    """Tell whether a step is of a case in which a listener by hand uses the Service's pool."""
    return step.split(":")[0] in ("alias", "by-hand-alias")


def _load_balancer(recorded: State) -> LoadBalancer:
    pools = {pool["id"]: _pool(pool) for pool in recordings.pools(recorded)}
    listeners = [_listener(part, pools) for part in recorded["listeners"]]
    found = model.load_balancer(name=recorded["name"], tags=tuple(recorded["tags"]))
    return replace(found, listeners=tuple(listeners), description=recorded["description"])


def _listener(recorded: State, pools: Mapping[str, Pool]) -> Listener:
    return model.listener(
        id=recorded["id"],
        name=recorded["name"],
        protocol=recorded["protocol"],
        protocol_port=recorded["protocol_port"],
        tags=tuple(recorded["tags"]),
        pool=pools.get(recorded["default_pool_id"]),
    )


def _pool(recorded: State) -> Pool:
    return model.pool(id=recorded["id"], name=recorded["name"], tags=tuple(recorded["tags"]))


@pytest.mark.parametrize("maker", MAKERS)
def test_no_listener_of_a_maker_has_the_pool_of_another(maker: str) -> None:
    judged = 0
    for step, recorded in _load_balancers(maker):
        found = _load_balancer(recorded)
        knowledge = makers.whole(found).claim.maker
        for listener in makers.sctp_listeners(found):
            is_odd = default_pools.doubt(knowledge, listener, found) is not None
            assert is_odd == (_is_alias(step) and listener.name.endswith("alias")), step
            judged += listener.pool is not None
    assert judged > 50


@pytest.mark.parametrize("maker", MAKERS)
def test_no_pool_of_a_maker_serves_two_listeners(maker: str) -> None:
    for step, recorded in _load_balancers(maker):
        pools = [
            part["default_pool_id"] for part in recorded["listeners"] if part["default_pool_id"]
        ]
        assert len(pools) == len(set(pools)) or _is_alias(step), step


def test_all_members_of_a_pool_have_one_node_port_but_where_one_was_added_by_hand() -> None:
    two_ports = {
        step
        for step, recorded in _load_balancers("occm")
        for pool in recordings.pools(recorded)
        if len({member["protocol_port"] for member in pool["members"]}) > 1
    }
    (step,) = two_ports
    assert step.startswith("by-hand-added: by hand add member")
