# SPDX-License-Identifier: Apache-2.0

"""What `verify` says of states that real makers were seen to make, made again in a real cloud.

A key of the tables is a case of the makers' lab, and the number of a step from 0 where it is not
the last one.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

import kuryrsctp
from kuryrsctp.verifier.report import Status, VerifyReport
from tests.support import kuryr, recordings
from tests.support.cloud import Cloud
from tests.support.recordings import State
from tests.support.replaying import replayed

# The SDK's own affairs.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack")

Verdict = set[tuple[str, str]]
WELL: Verdict = set()

KURYRS: dict[str, Verdict] = {
    "added": {
        ("listener-name", "WARN"),
        ("member-name", "WARN"),
        ("pool-exists", "FAIL"),
        ("pools-used", "WARN"),
    },
    "added 1": {("member-name", "WARN")},
    "added 2": {("member-name", "WARN"), ("pools-used", "WARN")},
    "added 3": {
        ("listener-name", "WARN"),
        ("member-name", "WARN"),
        ("pool-exists", "FAIL"),
        ("pools-used", "WARN"),
    },
    "address-taken": WELL,
    "algorithm": WELL,
    "deleted-listener-then-pod": {("listener-exists", "FAIL"), ("pools-used", "WARN")},
    "deleted-listener-then-pod 1": {("listener-exists", "FAIL"), ("pools-used", "WARN")},
    "deleted-load-balancer-then-pod": WELL,
    "deleted-member-then-pod": WELL,
    "deleted-member-then-pod 1": {("members-exist", "WARN")},
    "error-listener": WELL,
    "error-listener 1": {("listener-status", "FAIL")},
    "error-load-balancer": WELL,
    "error-load-balancer 1": {("load-balancer-provisioning", "FAIL")},
    "error-member": {("member-status", "FAIL")},
    "error-member 1": {("member-status", "FAIL")},
    "error-pool": WELL,
    "error-pool 1": {("pool-status", "FAIL")},
    "health-monitor": WELL,
    "health-monitor 1": WELL,
    "local-policy": WELL,
    "member-mode-l2": WELL,
    "named-target-port": WELL,
    "no-endpoints": WELL,
    "no-group-rules": WELL,
    "no-selector": WELL,
    "not-ready": WELL,
    "one-port 0": WELL,
    "one-port 2": {("members-exist", "WARN")},
    "policy-deny-all": WELL,
    "policy-deny-all 1": {("listener-allowed-cidrs", "WARN")},
    "policy-egress-only": WELL,
    "policy-from-block": WELL,
    "policy-from-pods": WELL,
    "policy-other-port": {("listener-allowed-cidrs", "WARN")},
    "policy-other-protocol": {("listener-allowed-cidrs", "WARN")},
    "port-changed": WELL,
    "protocol-changed": WELL,
    "provider-alias": WELL,
    "publish-not-ready": WELL,
    "quota-listeners": WELL,
    "quota-load-balancers": WELL,
    "quota-members": WELL,
    "renamed": {("listener-name", "WARN"), ("member-name", "WARN"), ("pool-name", "WARN")},
    "renamed 1": {("member-name", "WARN")},
    "renamed 2": {("member-name", "WARN"), ("pool-name", "WARN")},
    "renamed 3": {("listener-name", "WARN"), ("member-name", "WARN"), ("pool-name", "WARN")},
    "renamed-load-balancer": {("listener-name", "WARN"), ("pool-name", "WARN")},
    "renamed-load-balancer 1": {("listener-name", "WARN"), ("pool-name", "WARN")},
    "resource-tags": WELL,
    "session-affinity": WELL,
    "source-ranges": WELL,
    "switched-off": {
        ("listener-admin-state", "FAIL"),
        ("load-balancer-admin-state", "FAIL"),
        ("member-admin-state", "WARN"),
        ("pool-admin-state", "FAIL"),
    },
    "switched-off 1": {("member-admin-state", "WARN"), ("members-exist", "FAIL")},
    "switched-off 2": {
        ("member-admin-state", "WARN"),
        ("members-exist", "FAIL"),
        ("pool-admin-state", "FAIL"),
    },
    "switched-off 3": {
        ("listener-admin-state", "FAIL"),
        ("member-admin-state", "WARN"),
        ("members-exist", "FAIL"),
        ("pool-admin-state", "FAIL"),
    },
    "switched-off 4": {
        ("listener-admin-state", "FAIL"),
        ("load-balancer-admin-state", "FAIL"),
        ("member-admin-state", "WARN"),
        ("members-exist", "FAIL"),
        ("pool-admin-state", "FAIL"),
    },
    "target-port-changed": WELL,
    "timeouts": WELL,
    "timeouts-configured": WELL,
    "timeouts-zero": WELL,
    "two-ports": WELL,
    "two-protocols": WELL,
    "type-changed": WELL,
    "type-changed 1": WELL,
    "type-load-balancer 0": WELL,
    "type-load-balancer 1": WELL,
    "type-load-balancer 2": WELL,
}

OCCMS: dict[str, Verdict] = {
    "address-given 1": WELL,
    "address-internal": WELL,
    "address-taken": WELL,
    "address-taken 2": WELL,
    "address-unknown": WELL,
    "affinity": WELL,
    "affinity 0": WELL,
    "algorithm": WELL,
    "algorithm-unknown": WELL,
    "by-hand-added": WELL,
    "by-hand-added 3": {("pool-exists", "FAIL")},
    "algorithm-of-another-provider": WELL,
    "algorithm-of-another-provider 0": {("pool-algorithm", "FAIL")},
    "by-hand-floating-ip": WELL,
    "by-hand-floating-ip 1": WELL,
    "by-hand-listener-deleted": {("pools-used", "WARN")},
    "by-hand-listener-deleted 1": {("listener-exists", "FAIL"), ("pools-used", "WARN")},
    "by-hand-load-balancer-deleted": WELL,
    "by-hand-load-balancer-error 1": {("load-balancer-provisioning", "FAIL")},
    "by-hand-load-balancer-renamed": WELL,
    "by-hand-load-balancer-renamed 1": WELL,
    "by-hand-member-changed": {
        ("member-admin-state", "WARN"),
        ("member-backup", "WARN"),
        ("member-weight", "WARN"),
    },
    "by-hand-parts-deleted": WELL,
    "by-hand-parts-deleted 1": {("pool-exists", "FAIL")},
    "by-hand-parts-deleted 3": WELL,
    "by-hand-parts-error": {("member-status", "FAIL")},
    "by-hand-parts-error 4": {
        ("listener-status", "FAIL"),
        ("member-status", "FAIL"),
        ("pool-monitor", "FAIL"),
        ("pool-status", "FAIL"),
    },
    "by-hand-parts-renamed": WELL,
    "by-hand-parts-renamed 4": WELL,
    "by-hand-switched-off": {
        ("listener-admin-state", "FAIL"),
        ("load-balancer-admin-state", "FAIL"),
        ("pool-admin-state", "FAIL"),
    },
    "by-hand-tags": WELL,
    "by-hand-tags 2": WELL,
    "by-hand-values": WELL,
    "by-hand-values 6": WELL,
    "forwarded-for": WELL,
    "forwarded-for 0": WELL,
    "forwarded-for-later": WELL,
    "internal": WELL,
    "internal 1": WELL,
    "monitor": WELL,
    "monitor 0": WELL,
    "no-node-ports": {("members-exist", "FAIL")},
    "no-nodes": WELL,
    "node-selector-none": {("members-exist", "FAIL")},
    "nodes": WELL,
    "nodes 2": WELL,
    "one-port 0": WELL,
    "policy-local": WELL,
    "port-changed": WELL,
    "port-changed 3": WELL,
    "port-given 1": WELL,
    "proxy-protocol-later": WELL,
    "proxy-protocol-later 1": {("pool-exists", "FAIL")},
    "quota-load-balancers": WELL,
    "sctp-and-tcp": WELL,
    "shared 1": WELL,
    "shared 2": WELL,
    "shared-by-hand": WELL,
    "shared-by-hand 1": WELL,
    "shared-by-hand 3": WELL,
    "shared-later": WELL,
    "shared-later 2": {("load-balancer-unique", "FAIL")},
    "shared-owner-last 2": WELL,
    "shared-refused": WELL,
    "shared-refused 3": WELL,
    "subnets": WELL,
    "subnets 0": WELL,
    "timeouts": WELL,
    "timeouts 0": WELL,
    "tls-reference": WELL,
    "two-ports": WELL,
    "two-ports 0": WELL,
}

EXPECTED = {"kuryr": KURYRS, "occm": OCCMS}
STATES = [(maker, maker, key) for maker, table in EXPECTED.items() for key in table]


def _state(maker: str, key: str) -> tuple[str, State]:
    """Return the name of a case and the state that a key stands for."""
    case, _, step = key.partition(" ")
    return case, recordings.state(maker, case, int(step or -1))


def _namespace(maker: str, key: str) -> str:
    return f"{maker}-{key}".replace(" ", "-")


@pytest.fixture(scope="module")
def verdicts(cloud: Cloud, request: pytest.FixtureRequest) -> Iterator[Mapping[str, Verdict]]:
    """Make all states of a maker, verify them by name and all together, return what was odd."""
    maker = request.param
    states = {_namespace(maker, key): _state(maker, key) for key in EXPECTED[maker]}
    with replayed(cloud, states), kuryr.connect(cloud) as connection:
        among_all: dict[str, Verdict] = defaultdict(set)
        by_name: dict[str, Verdict] = defaultdict(set)
        found = [each for each in kuryrsctp.verify_all(connection) if _is_in(each.name, states)]
        for result in found:
            assert result.report, result.error
            among_all[_namespace_of(result.name)] |= _not_well(result.report)
        for result in kuryrsctp.verify_many(connection, [each.ref for each in found]):
            assert result.report, result.error
            by_name[_namespace_of(result.name)] |= _not_well(result.report)
        assert by_name == among_all
        yield among_all


def _namespace_of(service: str) -> str:
    return service.rpartition(":")[2].partition("/")[0]


def _is_in(service: str, namespaces: Mapping[str, Any]) -> bool:
    return _namespace_of(service) in namespaces


def _not_well(report: VerifyReport) -> Verdict:
    well = (Status.OK, Status.SKIP)
    return {(row.check, row.status.value) for row in report.findings if row.status not in well}


@pytest.mark.parametrize(("verdicts", "maker", "key"), STATES, indirect=["verdicts"])
def test_a_state_of_a_real_maker_is_judged_for_what_it_is(
    verdicts: Mapping[str, Verdict], maker: str, key: str
) -> None:
    assert verdicts[_namespace(maker, key)] == EXPECTED[maker][key]


@pytest.mark.parametrize("maker", EXPECTED)
def test_the_end_of_every_case_is_judged(maker: str) -> None:
    ends = {
        name for name in recordings.names(maker) if recordings.state(maker, name)["load_balancers"]
    }
    assert ends <= EXPECTED[maker].keys()
