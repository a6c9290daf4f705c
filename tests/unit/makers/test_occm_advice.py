# SPDX-License-Identifier: Apache-2.0

"""What is said of cloud-provider-openstack's repairs is what it was seen to do."""

from typing import Any

import pytest

from kuryrsctp.makers.occm_advice import CAUSES, POOL_REMOVAL, REMEDIES
from tests.support import recordings
from tests.support.recordings import State


def _messages(state: State) -> str:
    return " ".join(event["message"] for event in state["events"])


def test_a_load_balancer_that_was_deleted_comes_back_once_its_annotation_is_gone() -> None:
    case = "by-hand-load-balancer-deleted"
    deleted, touched, annotated = (recordings.state("occm", case, step) for step in (1, 2, 3))
    assert deleted["load_balancers"] == touched["load_balancers"] == []
    assert "failed to get load balancer" in _messages(touched)
    assert "failed to get load balancer" in REMEDIES["load-balancer-exists"]
    assert "load-balancer-id: take that away only" in REMEDIES["load-balancer-exists"]
    assert "load-balancer-id" in annotated["step"]
    assert recordings.count(annotated) == (1, 1, 3)


@pytest.mark.parametrize(
    ("case", "step", "broken"),
    [
        ("by-hand-listener-deleted", 1, (0, 0, 0)),
        ("by-hand-parts-deleted", 1, (1, 0, 0)),
        ("by-hand-parts-deleted", 3, (1, 1, 2)),
    ],
)
def test_a_new_annotation_brings_back_what_was_deleted(
    case: str, step: int, broken: tuple[int, int, int]
) -> None:
    before, after = (recordings.state("occm", case, place) for place in (step, step + 1))
    assert recordings.count(before) == broken
    assert after["step"].startswith("patch Service demo {'metadata': {'annotations'")
    assert recordings.count(after) == (1, 1, 3)
    for check in ("listener-exists", "pool-exists"):
        assert "once the Service changes (an annotation of any name" in REMEDIES[check]


def test_a_listener_by_hand_is_deleted_with_its_pool_although_the_service_uses_that_too() -> None:
    added, touched, touched_again = (
        recordings.state("occm", "by-hand-alias", step) for step in (1, 2, 3)
    )
    assert {each["default_pool_id"] for each in _listeners(added)} == {"<pool 1>"}
    assert [each["default_pool_id"] for each in _listeners(touched)] == [None]
    assert [pool["name"] for pool in recordings.pools(touched["load_balancers"][0])] == []
    assert recordings.count(touched_again) == (1, 1, 3)
    assert "deletes its pool with it" in POOL_REMOVAL
    assert "has none then until the Service changes once more" in POOL_REMOVAL


def test_a_listener_by_hand_with_a_tag_stays() -> None:
    touched = recordings.state("occm", "by-hand-added")
    assert [each["name"] for each in _listeners(touched)][1:] == ["theirs"]


def test_tags_that_were_taken_away_come_back_and_those_of_somebody_else_stop_all_changes() -> None:
    taken, touched, replaced, refused = (
        recordings.state("occm", "by-hand-tags", step) for step in (2, 3, 4, 5)
    )
    assert _tags(taken) == [[]]
    assert len(_tags(touched)[0]) == 1
    assert _tags(replaced) == _tags(refused) == [["theirs"]]
    assert "the listener port 90 already exists" in _messages(refused)
    assert "no change of the Service is carried out" in REMEDIES["listener-name"]


def _listeners(state: State) -> list[State]:
    (balancer,) = state["load_balancers"]
    found: list[State] = balancer["listeners"]
    return found


def _tags(state: State) -> list[list[str]]:
    return [listener["tags"] for listener in _listeners(state)]


@pytest.mark.parametrize(
    ("case", "step", "reason"),
    [
        ("algorithm-unknown", 0, "no such lb-method"),
        ("proxy-protocol", 0, "proxy-protocol is set"),
        ("quota-health-monitors", 1, "a quota has no room"),
        ("quota-members", 1, "also one of pools or members"),
        ("quota-new-listeners", 1, "a quota has no room"),
        ("tls-reference", 0, "no key manager"),
    ],
)
def test_what_octavia_refuses_in_part_is_not_made_at_all(case: str, step: int, reason: str) -> None:
    refused = recordings.state("occm", case, step)
    assert refused["load_balancers"] == []
    assert "SyncLoadBalancerFailed" in {event["reason"] for event in refused["events"]}
    assert reason in CAUSES["load-balancer-exists"]


def test_a_new_load_balancer_gets_another_floating_ip_and_the_old_one_stays() -> None:
    made_again = recordings.state("occm", "by-hand-load-balancer-deleted", 3)
    (balancer,) = made_again["load_balancers"]
    assert len(balancer["floating_ips"]) == len(made_again["idle_floating_ips"]) == 1
    assert "the new one gets another" in REMEDIES["load-balancer-exists"]


def test_the_pool_of_a_listener_that_was_deleted_is_left() -> None:
    (balancer,) = recordings.state("occm", "by-hand-listener-deleted")["load_balancers"]
    (pool,) = balancer["other_pools"]
    assert pool["name"] == balancer["listeners"][0]["default_pool"]["name"]
    assert "leaves the old pool" in CAUSES["pools-used"]


def _pools(case: str, step: int) -> list[Any]:
    (balancer,) = recordings.state("occm", case, step)["load_balancers"]
    return [part["default_pool"]["session_persistence"] for part in balancer["listeners"]]


def test_session_affinity_counts_when_the_pool_is_made() -> None:
    assert _pools("affinity", 0) == _pools("affinity", 1) != [None]
    assert _pools("affinity", 3) == _pools("affinity", 4) == [None]
    assert "when the pool was made" in CAUSES["pool-persistence"]


def test_a_node_that_is_not_ready_stays_a_member() -> None:
    not_ready, touched = (recordings.state("occm", "nodes", step) for step in (2, 3))
    assert "'ready': False" in not_ready["step"]
    assert recordings.count(not_ready) == recordings.count(touched) == (1, 1, 4)
    assert "not ready" in CAUSES["member-status"]


def test_a_service_that_is_told_to_share_leaves_the_load_balancer_that_it_had() -> None:
    own, sharing = (recordings.state("occm", "shared-later", step) for step in (1, 2))
    assert (recordings.count(own), recordings.count(sharing)) == ((2, 2, 6), (3, 3, 9))
    tags = [balancer["tags"] for balancer in sharing["load_balancers"]]
    assert [any(tag.endswith("_smf") for tag in each) for each in tags] == [True, True]
    assert "does not use any more stays" in CAUSES["load-balancer-unique"]


def test_proxy_protocol_takes_the_pool_away() -> None:
    assert recordings.count(recordings.state("occm", "proxy-protocol-later", 1)) == (1, 0, 0)
    assert "proxy-protocol" in CAUSES["pool-exists"]


def test_a_shared_load_balancer_takes_no_third_service_and_no_port_twice() -> None:
    port_taken, one_too_many = (recordings.state("occm", "shared-refused", at) for at in (1, 3))
    assert "the listener port 90 already exists" in _messages(port_taken)
    assert "already shared with 2 Services" in _messages(one_too_many)
    assert "2 by default" in CAUSES["load-balancer-exists"]


def test_a_service_that_was_of_another_type_for_a_while_gets_no_load_balancer() -> None:
    back, annotated = (recordings.state("occm", "type-changed-back", step) for step in (2, 3))
    assert back["load_balancers"] == []
    assert "failed to get load balancer" in _messages(back)
    assert recordings.count(annotated) == (1, 1, 3)
    assert "was not of type LoadBalancer for a while" in CAUSES["load-balancer-exists"]


def test_clusters_of_one_name_share_a_load_balancer_and_lose_it_together() -> None:
    both, gone = (recordings.state("occm", "same-cluster-name", step) for step in (1, 4))
    assert len(both["load_balancers"]) == 1
    assert gone["load_balancers"] == []
    assert "failed to get load balancer" in _messages(gone)
    assert "another cluster with the same --cluster-name" in CAUSES["load-balancer-exists"]


@pytest.mark.parametrize(
    "case", ["by-hand-listener-deleted-node", "by-hand-parts-deleted-node", "by-hand-restart"]
)
def test_a_new_node_and_a_new_start_bring_back_what_was_deleted(case: str) -> None:
    deleted, after = (recordings.state("occm", case, step) for step in (1, 2))
    listeners, pools, _ = recordings.count(deleted)
    assert 0 in (listeners, pools)
    assert recordings.count(after)[:2] == (1, 1)


def _members(case: str) -> list[int]:
    steps = recordings.recording("occm", case)["steps"]
    return [recordings.count(step)[2] for step in steps if step["load_balancers"]]


def test_a_node_that_got_its_address_or_label_later_waits_for_the_next_change() -> None:
    assert _members("node-address-later") == [3, 3, 3, 4]
    assert _members("node-selector") == [1, 1, 2, 0, 3]
    assert "only after the next change" in CAUSES["members-exist"]
