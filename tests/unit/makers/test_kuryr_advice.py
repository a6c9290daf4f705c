# SPDX-License-Identifier: Apache-2.0

"""What is said of Kuryr's repairs is what it was seen to do."""

import pytest

from kuryrsctp.makers.kuryr import KURYR
from kuryrsctp.makers.kuryr_advice import CAUSES, REMEDIES
from tests.support import recordings
from tests.support.recordings import State


def _statuses(state: State) -> set[str]:
    return {balancer["provisioning_status"] for balancer in state["load_balancers"]}


def test_a_load_balancer_in_error_is_made_again_when_an_endpoint_comes() -> None:
    broken, touched = (recordings.state("kuryr", "error-load-balancer", step) for step in (1, 2))
    assert (_statuses(broken), _statuses(touched)) == ({"ERROR"}, {"ACTIVE"})
    assert touched["step"] == "apply Pod server-2"
    assert "when an endpoint of the Service comes or goes" in KURYR.repair


def test_a_pool_in_error_gets_no_members_until_it_is_not() -> None:
    pod_came, mended = (recordings.state("kuryr", "error-pool", step) for step in (2, 3))
    assert (recordings.count(pod_came), recordings.count(mended)) == ((1, 1, 1), (1, 1, 2))
    assert "add no member" in CAUSES["pool-status"]


@pytest.mark.parametrize(
    ("case", "left"),
    [("deleted-listener-then-pod", (0, 0, 0)), ("deleted-member-then-pod", (1, 1, 1))],
)
def test_an_endpoint_does_not_bring_back_what_was_deleted(
    case: str, left: tuple[int, int, int]
) -> None:
    assert recordings.count(recordings.state("kuryr", case)) == left


def _floating_ips(state: State) -> int:
    (balancer,) = state["load_balancers"]
    return len(balancer["floating_ips"])


def test_a_floating_ip_follows_a_change_of_the_type_with_the_next_endpoint_and_stays() -> None:
    later = [_floating_ips(recordings.state("kuryr", "type-changed", step)) for step in range(3)]
    back = [
        _floating_ips(recordings.state("kuryr", "type-load-balancer", step)) for step in range(3)
    ]
    assert (later, back) == ([0, 0, 1], [1, 1, 1])
    assert "comes with the next endpoint" in CAUSES["floating-ip"]


def test_source_ranges_and_session_affinity_are_ignored() -> None:
    (ranges,) = recordings.state("kuryr", "source-ranges")["load_balancers"]
    assert [part["allowed_cidrs"] for part in ranges["listeners"]] == [None]
    assert "ignores loadBalancerSourceRanges" in CAUSES["listener-allowed-cidrs"]
    (affine,) = recordings.state("kuryr", "session-affinity")["load_balancers"]
    assert affine["listeners"][0]["default_pool"]["session_persistence"] is None
    assert "ignores the Service's session affinity" in CAUSES["pool-persistence"]


def _reasons(state: State) -> set[str]:
    return {event["reason"] for event in state["events"]}


def test_events_tell_of_a_quota_of_load_balancers_or_members_and_not_of_listeners() -> None:
    for kind in ("load-balancers", "members"):
        full = recordings.state("kuryr", f"quota-{kind}", 1)
        assert "KuryrEnsureLBError" in _reasons(full)
        assert not full["is_alive"]  # its liveness probe restarts it
    full, raised = (recordings.state("kuryr", "quota-listeners", step) for step in (1, 2))
    assert (recordings.count(full), recordings.count(raised)) == ((0, 0, 0), (1, 1, 1))
    assert "KuryrEnsuredLB" in _reasons(full)
    assert "only the log tells of a quota" in REMEDIES["listener-exists"]


@pytest.mark.parametrize("case", ["address-taken", "provider-missing", "quota-load-balancers"])
def test_no_load_balancer_is_made_where_octavia_refuses_it(case: str) -> None:
    step = 0 if case == "provider-missing" else 1
    refused = recordings.state("kuryr", case, step)
    assert refused["load_balancers"] == []
    (told,) = (event for event in refused["events"] if event["type"] == "Warning")
    (status,) = (code for code in ("409", "403", "400") if f": {code}: " in told["message"])
    assert f"({status})" in CAUSES["load-balancer-exists"]
