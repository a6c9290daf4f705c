# SPDX-License-Identifier: Apache-2.0

"""What is said of Kuryr's repairs is what it was seen to do."""

import pytest

from kuryrsctp.makers.kuryr import KURYR
from kuryrsctp.makers.kuryr_advice import CAUSES, REMEDIES
from tests.support import recordings
from tests.support.checkout import ROOT
from tests.support.recordings import State

PAGE = ROOT / "doc/source/makers-and-providers.rst"


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


def test_events_tell_of_each_quota_but_that_of_listeners() -> None:
    for kind in ("load-balancers", "members", "pools"):
        full = recordings.state("kuryr", f"quota-{kind}", 1)
        assert "KuryrEnsureLBError" in _reasons(full)
        assert not full["is_alive"]  # its liveness probe restarts it
        assert "fail its liveness probe" in CAUSES[f"{kind.removesuffix('s')}-quota"]
    full, raised = (recordings.state("kuryr", "quota-listeners", step) for step in (1, 2))
    assert (recordings.count(full), recordings.count(raised)) == ((0, 0, 0), (1, 1, 1))
    assert "KuryrEnsuredLB" in _reasons(full)
    assert "only the log tells of a quota of listeners" in REMEDIES["listener-exists"]


@pytest.mark.parametrize("case", ["address-taken", "provider-missing", "quota-load-balancers"])
def test_no_load_balancer_is_made_where_octavia_refuses_it(case: str) -> None:
    step = 0 if case == "provider-missing" else 1
    refused = recordings.state("kuryr", case, step)
    assert refused["load_balancers"] == []
    (told,) = (event for event in refused["events"] if event["type"] == "Warning")
    (status,) = (code for code in ("409", "403", "400") if f": {code}: " in told["message"])
    assert f"({status})" in CAUSES["load-balancer-exists"]
    assert "With 403, 400 or such an annotation" in CAUSES["load-balancer-exists"]


def test_a_load_balancer_that_was_renamed_is_asked_for_again_with_the_same_address() -> None:
    after = recordings.state("kuryr", "renamed-load-balancer-then-round", 3)
    messages = " ".join(event["message"] for event in after["events"])
    assert ": 409: " in messages
    assert "renamed by hand" in CAUSES["load-balancer-exists"]


@pytest.mark.parametrize("case", ["deleted-listener-then-pod", "deleted-member-then-pod"])
def test_an_endpoint_brings_back_nothing_else_that_was_deleted(case: str) -> None:
    whole, _, after = (recordings.state("kuryr", case, step) for step in range(3))
    assert "apply Pod server-2" in after["step"]
    listeners, pools, members = recordings.count(whole)
    assert recordings.count(after) < (listeners, pools, members + 1)
    assert "by the look of every 10 minutes" in PAGE.read_text()


@pytest.mark.parametrize(
    ("case", "event"),
    [
        ("deleted-listener", "LoadBalancerListenerMissing"),
        ("deleted-load-balancer", "LoadBalancerMissing"),
        ("deleted-member", "LoadBalancerMemberMissing"),
        ("deleted-pool", "LoadBalancerPoolMissing"),
    ],
)
def test_what_was_deleted_comes_back_when_kuryr_looks(case: str, event: str) -> None:
    after_round = recordings.state("kuryr", case, 2)
    assert recordings.count(after_round) == (1, 1, 1)
    assert event in _reasons(after_round)
    assert "every 10 minutes" in REMEDIES["listener-exists"]
    assert "every 10 minutes" in REMEDIES["pool-exists"]


def test_what_was_added_by_hand_stays_and_a_listener_gets_no_pool() -> None:
    added, pod_came = (recordings.state("kuryr", "added", step) for step in (3, 4))
    for state in (added, pod_came):
        (balancer,) = state["load_balancers"]
        pools = {part["name"]: part["default_pool_id"] for part in balancer["listeners"]}
        assert pools == {"added/demo:SCTP:90": "<pool 1>", "zz-added": None}
    assert "neither changes nor removes what was made" in REMEDIES["listener-name"]


def test_a_listener_by_hand_on_the_pool_of_the_service_stays_and_changes_nothing() -> None:
    for step, members in ((1, 1), (2, 2)):
        state = recordings.state("kuryr", "alias", step)
        (balancer,) = state["load_balancers"]
        pools = {part["name"]: part["default_pool_id"] for part in balancer["listeners"]}
        assert pools == {"alias/demo:SCTP:90": "<pool 1>", "zz-alias": "<pool 1>"}
        assert recordings.count(state) == (2, 1, members)


def test_a_timeout_that_is_no_number_stops_kuryr_without_an_event() -> None:
    wrong, restarted, mended = (
        recordings.state("kuryr", "timeout-no-number", step) for step in range(3)
    )
    for state in (wrong, restarted):
        assert (state["load_balancers"], state["events"], state["is_alive"]) == ([], [], False)
    assert recordings.count(mended) == (1, 1, 1)
    assert "is no number: no event tells it" in CAUSES["load-balancer-exists"]


def test_clusters_whose_services_have_one_name_and_address_share_a_load_balancer() -> None:
    case = "two-clusters-one-address"
    both, deleted, looked = (recordings.state("kuryr", case, step) for step in (1, 2, 3))
    assert (recordings.count(both), len(both["load_balancers"])) == ((1, 1, 2), 1)
    assert deleted["load_balancers"] == []
    assert recordings.count(looked) == (1, 1, 1)


def test_members_come_back_only_where_no_pool_of_any_service_was_missing() -> None:
    first, second = (recordings.state("kuryr", "deleted-pool-and-member", step) for step in (3, 4))
    assert (recordings.count(first), recordings.count(second)) == ((2, 2, 3), (2, 2, 4))


def test_a_restart_does_not_help_where_an_endpoint_came_while_its_pool_was_missing() -> None:
    came, restarted = (recordings.state("kuryr", "deleted-pool-then-pod", step) for step in (2, 3))
    assert "KuryrEnsureLBError" in _reasons(came)
    assert not came["is_alive"]
    assert not restarted["is_alive"]
    assert recordings.count(restarted) == (1, 0, 0)
    assert "restarted again and again" in REMEDIES["pool-exists"]
    anew = recordings.state("kuryr", "deleted-pool-then-record-deleted")
    assert recordings.count(anew) == (1, 1, 2)
    assert _floating_ips(anew) == 1
    for check in ("pool-exists", "pool-protocol", "listener-protocol"):
        assert KURYR.anew in REMEDIES[check]
    assert "kubectl delete kuryrloadbalancer" in KURYR.anew
