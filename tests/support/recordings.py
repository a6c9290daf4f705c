# SPDX-License-Identifier: Apache-2.0

"""What the makers were seen to make: a file for each case of the makers' lab's catalogue.

A recording has the states after each step of its case, and what `verify` said of them that was not
well. In a state, words in angle brackets stand for identifiers and addresses;
`tests.support.makers.normalising` tells which.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).parent / "recorded"

State = dict[str, Any]

# What a client can ask for; null is Octavia's own choice.
_ASKED = {
    "load balancer": "name description provider admin_state_up tags vip_subnet_id",
    "listener": "name description protocol protocol_port admin_state_up tags connection_limit"
    " allowed_cidrs timeout_client_data timeout_member_connect timeout_member_data"
    " timeout_tcp_inspect insert_headers",
    "pool": "name description protocol lb_algorithm session_persistence admin_state_up tags",
    "member": "name address protocol_port admin_state_up tags weight backup subnet_id"
    " monitor_address monitor_port",
    "healthmonitor": "name type delay timeout max_retries max_retries_down admin_state_up tags"
    " url_path http_method expected_codes",
}


def names(maker: str) -> list[str]:
    """Return the names of the cases that were recorded with a maker."""
    return sorted(path.stem for path in (RECORDED / maker).glob("*.json"))


@cache
def _text(maker: str, name: str) -> str:
    return (RECORDED / maker / f"{name}.json").read_text()


def recording(maker: str, name: str) -> dict[str, Any]:
    """Return a recording."""
    found: dict[str, Any] = json.loads(_text(maker, name))
    return found


def state(maker: str, name: str, step: int = -1) -> State:
    """Return what was there after a step; the last one where none is told."""
    found: State = recording(maker, name)["steps"][step]
    return found


def write(maker: str, name: str, content: dict[str, Any]) -> None:
    """Write a recording, for people to read and for a diff to show."""
    path = RECORDED / maker / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    _text.cache_clear()


def pools(balancer: State) -> list[State]:
    """Return the pools of a recorded load balancer: those of its listeners, then the others."""
    used = [part["default_pool"] for part in balancer["listeners"]]
    return [pool for pool in (*used, *balancer["other_pools"]) if pool]


def count(recorded: State) -> tuple[int, int, int]:
    """Return how many listeners, pools with a listener, and members of these there are."""
    listeners = [part for balancer in recorded["load_balancers"] for part in balancer["listeners"]]
    used = [part["default_pool"] for part in listeners if part["default_pool"]]
    return len(listeners), len(used), sum(len(pool["members"]) for pool in used)


def asked(kind: str, part: State) -> dict[str, Any]:
    """Return what a client asks for to get a recorded part, without the parts inside of it."""
    return {key: part[key] for key in _ASKED[kind].split() if part.get(key) is not None}
