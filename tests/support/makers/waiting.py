# SPDX-License-Identifier: Apache-2.0

"""Tells when what a step of a case brings about is there, and still.

``until`` of a step can have

  ``load-balancers``, ``listeners``, ``pools``, ``members``, ``floating-ips``, ``health-monitors``
              how many there are
  ``errors``  how many of them are in ERROR
  ``shows``   a text that the load balancers have somewhere, such as a name or an address
  ``hides``   one that they have nowhere
  ``event``   the reason of an event that there was
  ``ingress`` whether a Service has an address
  ``logged``  a text that the maker wrote to its log in this step
  ``alive``   whether the makers say that they are, where a case is played alone
  ``still``   seconds without a change, where nothing else shows that the end is reached; 0 where
              it never is, and the first such moment is meant
"""

import json
from collections.abc import Mapping
from typing import Any

from tests.support import recordings

STILL = 4.0  # seconds without a change, after which a state is taken as the end
_HEARD = 20.0  # seconds that the amphora gets to report what is new
_TEXTS = ("shows", "hides", "logged")
State = dict[str, Any]


def missing(state: State, until: Mapping[str, Any], still: float, log: str) -> str | None:
    """Say what is missing of what a step wants, None if nothing is.

    :param still: the seconds since the last change.
    :param log: what the maker wrote in this step.
    """
    wanted = dict(until)
    needed = wanted.pop("still", STILL)
    present = _present(state) | {"logged": log}
    for what, value in wanted.items():
        found = present[what]
        if not _is_met(what, value, found):
            return f"{what} {value}" + ("" if what in _TEXTS else f", not {found}")
    if _is_pending(state):
        return "no change under way"
    if needed and _is_unheard(state):
        needed = max(needed, _HEARD)
    return None if still >= needed else f"no change for {needed:.0f} s"


def _is_met(what: str, wanted: Any, found: Any) -> bool:
    if what in _TEXTS:
        return (str(wanted) in found) is (what != "hides")
    if what == "event":
        return wanted in found
    return bool(found == wanted)


def _present(state: State) -> dict[str, Any]:
    balancers = state["load_balancers"]
    listeners = [part for balancer in balancers for part in balancer["listeners"]]
    pools = [pool for balancer in balancers for pool in recordings.pools(balancer)]
    members = [member for pool in pools for member in pool["members"]]
    parts = (*balancers, *listeners, *pools, *members)
    text = json.dumps(balancers, ensure_ascii=False)
    return {
        "load-balancers": len(balancers),
        "listeners": len(listeners),
        "pools": len(pools),
        "members": len(members),
        "errors": sum(part["provisioning_status"] == "ERROR" for part in parts),
        "health-monitors": sum(pool["healthmonitor"] is not None for pool in pools),
        "floating-ips": sum(len(balancer["floating_ips"]) for balancer in balancers),
        "event": {event["reason"] for event in state["events"]},
        "ingress": any(service["ingress"] for service in state["services"].values()),
        "shows": text,
        "hides": text,
        "alive": state.get("is_alive"),
    }


def _statuses(state: State, kind: str) -> set[str]:
    return {
        part[kind]
        for balancer in state["load_balancers"]
        for part in (balancer, *balancer["listeners"])
    }


def _is_pending(state: State) -> bool:
    return any(status.startswith("PENDING") for status in _statuses(state, "provisioning_status"))


def _is_unheard(state: State) -> bool:
    """Tell whether the amphora has still to report something."""
    return "OFFLINE" in _statuses(state, "operating_status")
