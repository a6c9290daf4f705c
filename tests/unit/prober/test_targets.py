# SPDX-License-Identifier: Apache-2.0

from dataclasses import replace
from typing import Any

import pytest

from kuryrsctp.addresses import Endpoint
from kuryrsctp.errors import Inconclusive, ServiceLacksSctp
from kuryrsctp.model import (
    Conclusion,
    FloatingIp,
    Listener,
    LoadBalancer,
    Member,
    Outcome,
    Pool,
    Vip,
)
from kuryrsctp.prober import shares
from kuryrsctp.prober.targets import Target, Via, notes, targets_of
from kuryrsctp.prober.verdict import TargetResult, conclude
from kuryrsctp.providers.amphora import AMPHORA
from kuryrsctp.providers.ovn import OVN
from kuryrsctp.providers.provider import Distribution
from tests.support.monitored_service import nodes, pool_of, service

VIP = Endpoint("10.0.0.158", 90)
STATE: dict[str, Any] = {
    "admin_state_up": True,
    "provisioning_status": "ACTIVE",
    "operating_status": "ONLINE",
}


def member(name: str, weight: int = 1, **changes: Any) -> Member:
    found = Member(
        id=name,
        name=f"default/{name}:9090",
        address="10.0.0.75",
        protocol_port=9090,
        weight=weight,
        **STATE,
    )
    return replace(found, **changes)


MEMBERS = (member("a", 1), member("b", 4))
POOL = Pool(id="p", name="p", protocol="SCTP", lb_algorithm="ROUND_ROBIN", members=MEMBERS, **STATE)


def listener(protocol: str, port: int, pool: Pool | None = POOL) -> Listener:
    return Listener(id="l", name="l", protocol=protocol, protocol_port=port, pool=pool, **STATE)


def load_balancer(*listeners: Listener) -> LoadBalancer:
    return LoadBalancer(
        id="96b38be3",
        name="default/sctp-demo",
        project_id="p",
        provider="amphora",
        vip_address="10.0.0.158",
        listeners=listeners,
        **STATE,
    )


def test_each_sctp_listener_is_a_target_with_its_members() -> None:
    targets = targets_of(
        load_balancer(listener("SCTP", 91, None), listener("TCP", 90), listener("SCTP", 90))
    )
    assert [(target.endpoint, target.members) for target in targets] == [
        (VIP, MEMBERS),
        (Endpoint("10.0.0.158", 91), ()),
    ]


def test_a_load_balancer_without_sctp_says_what_it_has() -> None:
    with pytest.raises(ServiceLacksSctp, match=r"no SCTP listener \(it has TCP 80, UDP 53\)"):
        targets_of(load_balancer(listener("TCP", 80), listener("UDP", 53)))


def test_the_members_of_a_service_are_targets_once_each() -> None:
    shared = replace(MEMBERS[0], name="default/c:9090")
    other = replace(MEMBERS[1], address="10.0.0.88")
    pool = replace(POOL, members=(MEMBERS[0], shared, other))
    balancer = load_balancer(listener("SCTP", 90, pool), listener("SCTP", 91, pool))
    direct = [
        Target(Endpoint("10.0.0.75", 9090), (MEMBERS[0],), direct=True, provider=AMPHORA),
        Target(Endpoint("10.0.0.88", 9090), (other,), direct=True, provider=AMPHORA),
    ]
    assert list(targets_of(balancer, Via.MEMBERS)) == direct
    assert [target.endpoint.port for target in targets_of(balancer, Via.BOTH)] == [
        90,
        91,
        9090,
        9090,
    ]


def test_a_service_without_members_has_none_to_probe() -> None:
    with pytest.raises(Inconclusive, match="has no members to probe"):
        targets_of(load_balancer(listener("SCTP", 90, None)), Via.MEMBERS)


def test_another_address_is_used_instead_of_the_vips() -> None:
    bound = FloatingIp("f", "vip-port", "203.0.113.9", "10.0.0.158", "ACTIVE")
    (target,) = targets_of(load_balancer(listener("SCTP", 90)), floating_ip=bound)
    assert target == Target(Endpoint("203.0.113.9", 90), MEMBERS, provider=AMPHORA, listener_id="l")


def test_each_vip_is_a_target_with_the_members_of_its_family() -> None:
    v6 = member("c", address="fd00:75::a1")
    port = listener("SCTP", 90, replace(POOL, members=(*MEMBERS, v6)))
    balancer = replace(load_balancer(port), additional_vips=(Vip("fd00:158::9"),))
    assert [(str(target.endpoint), target.members) for target in targets_of(balancer)] == [
        ("10.0.0.158:90", MEMBERS),
        ("[fd00:158::9]:90", (v6,)),
    ]
    bound = FloatingIp("f", "vip-port", "203.0.113.9", "10.0.0.158", "ACTIVE")
    (target,) = targets_of(balancer, floating_ip=bound)
    assert (str(target.endpoint), target.members) == ("203.0.113.9:90", MEMBERS)


@pytest.mark.parametrize(
    ("change", "distribution", "promise"),
    [
        ({}, Distribution.ROUND_ROBIN, ""),
        ({"lb_algorithm": "LEAST_CONNECTIONS"}, Distribution.UNKNOWN, ""),
        ({"lb_algorithm": "SOURCE_IP"}, Distribution.STICKY, "SOURCE_IP"),
        (
            {"session_persistence": "SOURCE_IP"},
            Distribution.STICKY,
            "session persistence SOURCE_IP",
        ),
        ({"lb_algorithm": "SOURCE_IP_PORT"}, Distribution.HASHED, ""),
    ],
)
def test_the_pool_tells_how_the_members_of_a_target_are_chosen(
    change: dict[str, Any], distribution: Distribution, promise: str
) -> None:
    (target,) = targets_of(load_balancer(listener("SCTP", 90, replace(POOL, **change))))
    assert (target.distribution, target.promise) == (distribution, promise)


@pytest.mark.parametrize(
    ("change", "distribution"),
    [
        ({"lb_algorithm": "SOURCE_IP"}, Distribution.UNKNOWN),
        ({"lb_algorithm": "SOURCE_IP_PORT"}, Distribution.HASHED),
        (
            {"lb_algorithm": "SOURCE_IP_PORT", "session_persistence": "SOURCE_IP"},
            Distribution.HASHED,
        ),
        (
            {
                "lb_algorithm": "SOURCE_IP_PORT",
                "session_persistence": "SOURCE_IP",
                "persistence_timeout": 360,
            },
            Distribution.STICKY,
        ),
    ],
)
def test_ovn_does_not_do_all_that_the_pool_says(
    change: dict[str, Any], distribution: Distribution
) -> None:
    changed = replace(POOL, **change)
    own = load_balancer(listener("SCTP", 90, changed))
    assert OVN.distribution(changed, own) is distribution


def test_with_ovn_the_settings_of_one_pool_may_hold_for_all_of_a_load_balancer() -> None:
    hashed = replace(POOL, lb_algorithm="SOURCE_IP_PORT")
    sticky = replace(hashed, id="other", session_persistence="SOURCE_IP", persistence_timeout=360)
    both = (listener("SCTP", 90, hashed), listener("SCTP", 91, sticky))
    alone = targets_of(replace(load_balancer(both[0]), provider="ovn"))
    assert [target.distribution for target in alone] == [Distribution.HASHED]
    beside = targets_of(replace(load_balancer(*both), provider="ovn"))
    assert [target.distribution for target in beside] == [Distribution.UNKNOWN] * 2
    of_others = replace(load_balancer(both[0]), provider="ovn", neighbours=both[1:])
    assert [target.distribution for target in targets_of(of_others)] == [Distribution.UNKNOWN]
    with_amphorae = targets_of(load_balancer(*both))
    assert Distribution.UNKNOWN not in {target.distribution for target in with_amphorae}


def test_where_weights_are_not_applied_every_member_that_is_on_has_to_answer() -> None:
    members = (member("a", weight=0), member("b", weight=7), member("c", admin_state_up=False))
    assert Target(VIP, members, provider=OVN).expected == members[:2]
    assert Target(VIP, members, provider=AMPHORA).expected == members[1:2]


@pytest.mark.parametrize(
    ("source_port", "words"),
    [(None, []), (4040, ["every message is sent from port 4040"])],
)
def test_a_note_says_what_a_fixed_source_port_does(
    source_port: int | None, words: list[str]
) -> None:
    targets = targets_of(load_balancer(listener("SCTP", 90)), Via.BOTH)
    lines = list(notes(targets, source_port))
    assert len(lines) == len(words)
    assert all(part in line for part, line in zip(words, lines, strict=True))
    assert all("an amphora drops the first INIT" in line for line in lines)


@pytest.mark.parametrize(
    ("weights", "count"),
    [((), 4), ((1, 1), 4), ((1, 1, 1), 6), ((2, 4), 6), ((10, 1), 22), ((1, 256), 100), ((0,), 4)],
)
def test_the_default_count_is_two_rounds_of_weighted_round_robin(
    weights: tuple[int, ...], count: int
) -> None:
    members = tuple(member(f"m{weight}", weight) for weight in weights)
    assert Target(VIP, members).default_count == count


def test_a_disabled_member_takes_no_turn() -> None:
    members = (member("a"), member("b", weight=50, admin_state_up=False))
    assert Target(VIP, members).default_count == 4


@pytest.mark.parametrize("number", [2, 3, 10])
def test_with_a_hash_one_probe_in_a_hundred_misses_a_member(number: int) -> None:
    members = tuple(member(f"m{index}") for index in range(number))
    count = Target(VIP, members, Distribution.HASHED).default_count
    assert number * (1 - 1 / number) ** count < 0.01
    assert number * (1 - 1 / number) ** (count - 2) > 0.01


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ["worker-1"]),
        ({"monitor_port": None}, ["worker-1", "worker-2"]),
        ({"monitor_port": 31412}, ["worker-1", "worker-2"]),
    ],
    ids=str,
)
def test_a_node_that_a_health_monitor_found_without_a_pod_is_not_expected_to_answer(
    changes: dict[str, Any], expected: list[str]
) -> None:
    found = service(pool_of(nodes("ONLINE", "ERROR", **changes)))
    for via in (Via.VIP, Via.MEMBERS):
        targets = targets_of(found, via)
        assert [member.name for target in targets for member in target.expected] == expected


def test_a_node_without_a_pod_that_is_silent_is_no_fault_of_the_service() -> None:
    through, first, second = targets_of(service(pool_of(nodes("ONLINE", "ERROR"))), Via.BOTH)
    answered = {"worker-1": 4}
    silent = TargetResult(second, 4, {}, {Outcome.TIMEOUT: 4})
    results = [TargetResult(through, 4, answered), TargetResult(first, 4, answered), silent]
    verdict = conclude(results, all_members=True)
    assert verdict.conclusion is Conclusion.OK
    assert not any("at fault" in reason for reason in verdict.reasons)
    assert not list(shares.remarks(results[0]))


def test_members_alone_are_judged_by_those_in_use_and_not_well_where_none_is() -> None:
    first, second = targets_of(service(pool_of(nodes("ONLINE", "ERROR"))), Via.MEMBERS)
    silent = TargetResult(second, 4, {}, {Outcome.TIMEOUT: 4})
    assert conclude([TargetResult(first, 4, {"": 4}), silent]).conclusion is Conclusion.OK
    assert conclude([silent]).conclusion is Conclusion.WRONG


def test_without_a_health_monitor_a_silent_node_is_a_fault() -> None:
    left = pool_of(nodes("ONLINE", "ERROR"), health_monitor_id=None)
    (target,) = targets_of(service(left))
    assert len(target.expected) == 2


def test_the_listeners_of_others_are_not_denied_where_a_service_has_none() -> None:
    found = service(pool_of(nodes("ONLINE")))
    with pytest.raises(
        ServiceLacksSctp, match=r"of the Service \(it has SCTP 38412 of prod:core/amf\)"
    ):
        targets_of(replace(found, listeners=(), neighbours=found.listeners))
