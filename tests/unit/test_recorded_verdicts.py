# SPDX-License-Identifier: Apache-2.0

"""`verify` called a failure what was one in the makers' lab, and nothing else at any step."""

import pytest

from tests.support import recordings
from tests.support.makers.lab import MAKERS

NO_LOAD_BALANCER = {"load-balancer-exists"}
NO_LISTENER = {"listener-exists"}
NO_POOL = {"pool-exists"}
NO_MEMBERS = {"members-exist"}
SWITCHED_OFF = {"listener-admin-state", "load-balancer-admin-state", "pool-admin-state"}

# The checks that fail at some step of a case. In all other cases none does.
FAILING = {
    "kuryr": {
        "added": NO_POOL,
        "address-taken": NO_LOAD_BALANCER,
        "algorithm-refused": NO_LISTENER,
        "deleted-listener-then-pod": NO_LISTENER,
        "deleted-listener": NO_LISTENER,
        "deleted-load-balancer-then-pod": NO_LOAD_BALANCER,
        "deleted-load-balancer": NO_LOAD_BALANCER,
        "deleted-pool-and-member": NO_POOL,
        "deleted-pool-then-pod": NO_POOL,
        "deleted-pool-then-record-deleted": NO_POOL,
        "deleted-pool": NO_POOL,
        "error-listener": {"listener-status"},
        "error-load-balancer": {"load-balancer-provisioning"},
        "error-member": {"member-status"},
        "error-pool": {"pool-status"},
        "headless": NO_LOAD_BALANCER,
        "left-by-a-round": {"member-status"},
        # An amphora in the pods' subnet: their group admits the Services' subnet only.
        "member-mode-l2": {"member-security-groups"},
        "no-endpoints": NO_LOAD_BALANCER,
        "node-port": NO_LOAD_BALANCER,
        "protocol-changed": NO_LISTENER,
        "provider-missing": NO_LOAD_BALANCER,
        "quota-listeners": NO_LISTENER,
        "quota-load-balancers": NO_LOAD_BALANCER,
        "quota-pools": NO_LISTENER,
        "renamed-load-balancer-then-round": NO_LOAD_BALANCER,
        "renamed-load-balancer": NO_LOAD_BALANCER,
        "switched-off": {
            "listener-admin-state",
            "load-balancer-admin-state",
            "members-exist",
            "pool-admin-state",
        },
        "timeout-no-number": NO_LOAD_BALANCER,
        "two-clusters-address-taken": NO_LOAD_BALANCER,
        "two-clusters-one-address": NO_LOAD_BALANCER,
        "two-clusters": {"load-balancer-unique"},
    },
    "occm": {
        "algorithm-of-another-provider": {"pool-algorithm"},
        "algorithm-unknown": NO_LOAD_BALANCER,
        "by-hand-added": NO_POOL,
        "by-hand-alias": NO_POOL,
        "by-hand-listener-deleted-node": NO_LISTENER,
        "by-hand-listener-deleted": NO_LISTENER,
        "by-hand-load-balancer-deleted": NO_LOAD_BALANCER,
        "by-hand-load-balancer-error-node": {"load-balancer-provisioning"},
        "by-hand-load-balancer-error": {"load-balancer-provisioning"},
        "by-hand-parts-deleted-node": NO_POOL,
        "by-hand-parts-deleted": NO_POOL,
        "by-hand-parts-error": {"listener-status", "member-status", "pool-monitor", "pool-status"},
        "by-hand-restart": NO_LISTENER,
        "by-hand-switched-off": SWITCHED_OFF,
        "forwarded-for-later": NO_LISTENER,
        "forwarded-for": NO_LISTENER,
        "long-names": NO_LOAD_BALANCER,
        "no-node-ports": NO_MEMBERS,
        "no-nodes": NO_LOAD_BALANCER,
        "node-selector-none": NO_MEMBERS,
        "node-selector": NO_MEMBERS,
        "nodes-excluded": NO_MEMBERS,
        "not-a-load-balancer": NO_LOAD_BALANCER,
        "policy-local-monitored": {"member-status"},
        "port-changed": NO_LISTENER,
        "proxy-protocol-later": NO_POOL,
        "proxy-protocol": NO_LOAD_BALANCER,
        "quota-health-monitors": NO_LOAD_BALANCER,
        "quota-load-balancers": NO_LOAD_BALANCER,
        "quota-members": NO_LOAD_BALANCER,
        "quota-new-listeners": NO_LOAD_BALANCER,
        "quota-pools": NO_POOL,
        "same-cluster-name": NO_LOAD_BALANCER,
        "shared-later": {"load-balancer-unique"},
        "shared-refused": NO_LOAD_BALANCER,
        "tls-reference": NO_LOAD_BALANCER,
        "type-changed-back": NO_LOAD_BALANCER,
    },
}


def _failing(maker: str, name: str) -> set[str]:
    return {
        check
        for step in recordings.recording(maker, name)["steps"]
        for rows in step["verify"].values()
        for check, status in rows.items()
        if status == "FAIL"
    }


@pytest.mark.parametrize("maker", MAKERS)
def test_verify_fails_where_something_was_wrong_and_nowhere_else(maker: str) -> None:
    found = {name: _failing(maker, name) for name in recordings.names(maker)}
    assert {name: checks for name, checks in found.items() if checks} == FAILING[maker]


@pytest.mark.parametrize("maker", MAKERS)
def test_every_step_was_judged(maker: str) -> None:
    for name in recordings.names(maker):
        for step in recordings.recording(maker, name)["steps"]:
            judged = {service.rpartition("/")[2] for service in step["verify"]}
            assert judged == {service.rpartition(":")[2] for service in step["services"]}, name
