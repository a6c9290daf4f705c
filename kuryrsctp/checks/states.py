# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How Octavia's three states are judged, the same for each kind of object."""

from datetime import datetime

from kuryrsctp.checks.catalogue import Verdict, fail, ok, skip, warn
from kuryrsctp.model import Listener, LoadBalancer, Member, Pool, Status

Stateful = LoadBalancer | Listener | Pool | Member

# Seconds that Kuryr itself waits for a change before it gives up.
_PATIENCE = 300


def admin_state(about: Stateful) -> Verdict:
    """Judge `admin_state_up`, which neither Kuryr nor OCCM ever clears."""
    return ok("up") if about.admin_state_up else fail("switched off (admin_state_up is False)")


def provisioning(about: Stateful, now: datetime) -> Verdict:
    """Judge `provisioning_status`: PENDING_* is a change under way, not a fault."""
    status = about.provisioning_status
    if status == "ACTIVE":
        return ok(status)
    if status.startswith("PENDING_"):
        return _pending(status, about.changed_at, now)
    if status in ("ERROR", "DELETED"):
        return fail(status)
    return warn(f"unknown status '{status}'")


def _pending(status: str, since: datetime | None, now: datetime) -> Verdict:
    if since is None:
        return warn(status, "a change is under way: run this again in a minute")
    age = max(0, round((now - since).total_seconds()))
    if age <= _PATIENCE:
        return warn(f"{status} for {age} s", "a change is under way: run this again in a minute")
    return warn(
        f"{status} for {age} s, longer than Kuryr waits",
        "stuck: ask the cloud's operator to look at Octavia's worker or provider",
    )


def operating(about: Stateful, *, is_ovn: bool) -> Verdict:
    """Judge `operating_status`, which is weak evidence without a health monitor."""
    status = about.operating_status
    if about.provisioning_status.startswith("PENDING_"):
        return skip(f"{status} while {about.provisioning_status} says nothing")
    if status in ("ONLINE", "NO_MONITOR"):
        return ok(status)
    if status == "OFFLINE" and not about.admin_state_up:
        return skip("OFFLINE, as its admin state is down")
    if status == "OFFLINE" and is_ovn:
        return ok("OFFLINE, which means nothing with OVN")
    if status == "ERROR":
        return fail("ERROR: the health monitor reaches nothing behind it")
    if status == "DEGRADED":
        return warn("DEGRADED: the health monitor does not reach all of it")
    return warn(status or "no status at all")


def both(about: Stateful, now: datetime, *, is_ovn: bool) -> Verdict:
    """Judge both statuses in one row: the worse one speaks."""
    made, works = provisioning(about, now), operating(about, is_ovn=is_ovn)
    if made.status is works.status is Status.OK:
        return ok(f"{made.detail}, {works.detail}")
    return max(made, works, key=lambda one: list(Status).index(one.status))
