# SPDX-License-Identifier: Apache-2.0


import math
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from kuryrsctp import prober
from kuryrsctp.addresses import Endpoint
from kuryrsctp.errors import AddressError, Inconclusive, ServiceLacksSctp, UsageError
from kuryrsctp.model import Listener, LoadBalancer, Member, Pool
from kuryrsctp.prober.schedule import Schedule
from kuryrsctp.prober.targets import Target, Via, notes, targets_of
from kuryrsctp.sctp.messages import Message

STATE: dict[str, Any] = {
    "admin_state_up": True,
    "provisioning_status": "ACTIVE",
    "operating_status": "ONLINE",
}
MEMBERS = tuple(
    Member(
        id=name,
        name=f"default/{name}:9090",
        address="10.0.0.75",
        protocol_port=9090,
        weight=weight,
        **STATE,
    )
    for name, weight in (("a", 1), ("b", 4))
)
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
    assert [(one.endpoint, one.members) for one in targets] == [
        (Endpoint("10.0.0.158", 90), MEMBERS),
        (Endpoint("10.0.0.158", 91), ()),
    ]


def test_a_load_balancer_without_sctp_says_what_it_has() -> None:
    with pytest.raises(ServiceLacksSctp, match=r"no SCTP listener \(it has TCP 80, UDP 53\)"):
        targets_of(load_balancer(listener("TCP", 80), listener("UDP", 53)))


def test_messages_are_counted_for_each_target() -> None:
    targets = targets_of(load_balancer(listener("SCTP", 90), listener("SCTP", 91, None)))
    plan = prober.Plan("default/sctp-demo", targets, Message(b"hello"), 5.0)
    assert [plan.messages_to(one) for one in targets] == [10, 4]
    assert plan.messages == 14
    assert replace(plan, count=3).messages == 6


def test_a_duration_without_a_count_has_no_end_of_messages() -> None:
    target = Target(Endpoint("10.0.0.158", 90))
    plan = prober.Plan(None, (target,), Message(b"hello"), 5.0, schedule=Schedule(duration=1))
    assert plan.messages is None
    assert replace(plan, count=7).messages == 7


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "give either a service, or an address and a port"),
        ({"service": "a", "address": "::1", "port": 9}, "give either a service, or an address"),
        ({"address": "::1"}, "an address and a port go together"),
        ({"service": "a", "port": 9}, "an address and a port go together"),
        ({"service": "a"}, "a connection is needed"),
        ({"address": "::1", "port": 0}, "ports go from 1 to 65535"),
        ({"address": "::1", "port": 65536}, "ports go from 1 to 65535"),
        ({"address": "::1", "port": 9, "count": 0}, "at least one message"),
        ({"address": "::1", "port": 9, "timeout": 0}, "timeout is 0"),
        ({"address": "::1", "port": 9, "timeout": math.nan}, "timeout is nan"),
        ({"address": "::1", "port": 9, "timeout": math.inf}, "timeout is inf"),
        ({"address": "::1", "port": 9, "message": ""}, "cannot carry an empty message"),
        ({"address": "::1", "port": 9, "message": b"x" * 2**21}, "longer than 1048576 bytes"),
        ({"address": "::1", "port": 9, "message": Message(b"x", ppid=2**32)}, "PPIDs go from 0"),
        ({"address": "::1", "port": 9, "message": Message(b"x", stream=-1)}, "streams go from 0"),
        ({"address": "::1", "port": 9, "message": Message(b"x", source_port=0)}, "source port is"),
        ({"address": "::1", "port": 9, "expect": "("}, r"'\(' is no regular expression"),
        ({"address": "::1", "port": 9, "backend_pattern": "*"}, "is no regular expression"),
        ({"address": "::1", "port": 9, "via": "both"}, "members and floating IPs are a service's"),
        ({"address": "::1", "port": 9, "all_members": True}, "members and floating IPs are"),
        ({"service": "a", "connection": object(), "via": "moon"}, "'moon' is no way"),
        (
            {
                "address": "::1",
                "port": 9,
                "message": Message(b"x", source_port=9),
                "schedule": Schedule(concurrency=2),
            },
            "a fixed source port serves one association at a time",
        ),
    ],
)
def test_arguments_that_make_no_sense_are_usage_errors(
    arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        prober.probe(**arguments)


def test_a_name_that_does_not_resolve_is_no_verdict() -> None:
    with pytest.raises(AddressError, match=r"cannot resolve 'no-such-host\.invalid'"):
        prober.probe(address="no-such-host.invalid", port=90)


def test_a_message_may_be_text_or_bytes() -> None:
    target: dict[str, Any] = {"address": "127.0.0.1", "port": 90}
    assert prober.plan(**target, message="größe").message.payload == "größe".encode()
    assert prober.plan(**target, message="\udcff").message.payload == b"\xff"
    assert prober.plan(**target, message=b"\x00").message.payload == b"\x00"
    sending = Message(b"hello", ppid=46)
    assert prober.plan(**target, message=sending).message is sending


def test_the_command_module_imports_neither_sdk_nor_sctp() -> None:
    script = (
        "import sys, kuryrsctp.plugin, kuryrsctp.osc.probe\n"
        "print([one for one in ('openstack.connection', 'sctp', 'kuryrsctp.prober')"
        " if one in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_the_members_of_a_service_are_targets_once_each() -> None:
    shared = replace(MEMBERS[0], name="default/c:9090")
    other = replace(MEMBERS[1], address="10.0.0.88")
    pool = replace(POOL, members=(MEMBERS[0], shared, other))
    balancer = load_balancer(listener("SCTP", 90, pool), listener("SCTP", 91, pool))
    direct = [
        Target(Endpoint("10.0.0.75", 9090), (MEMBERS[0],), direct=True),
        Target(Endpoint("10.0.0.88", 9090), (other,), direct=True),
    ]
    assert list(targets_of(balancer, Via.MEMBERS)) == direct
    assert [one.endpoint.port for one in targets_of(balancer, Via.BOTH)] == [90, 91, 9090, 9090]


def test_a_service_without_members_has_none_to_probe() -> None:
    with pytest.raises(Inconclusive, match="has no members to probe"):
        targets_of(load_balancer(listener("SCTP", 90, None)), Via.MEMBERS)


def test_another_address_takes_the_place_of_the_vips() -> None:
    (target,) = targets_of(load_balancer(listener("SCTP", 90)), address="203.0.113.9")
    assert target == Target(Endpoint("203.0.113.9", 90), MEMBERS)


@pytest.mark.parametrize(
    ("change", "source_port", "said"),
    [
        ({}, None, []),
        ({"lb_algorithm": "LEAST_CONNECTIONS"}, None, []),
        ({"lb_algorithm": "SOURCE_IP"}, None, ["always to one member"]),
        ({"session_persistence": "SOURCE_IP"}, None, ["always to one member"]),
        ({"lb_algorithm": "SOURCE_IP_PORT"}, None, ["may have had no turn"]),
        ({"lb_algorithm": "SOURCE_IP_PORT"}, 4040, ["every message leaves from port 4040"]),
        ({}, 4040, ["every message leaves from port 4040"]),
    ],
)
def test_what_keeps_messages_from_spreading_is_said(
    change: dict[str, Any], source_port: int | None, said: list[str]
) -> None:
    targets = targets_of(load_balancer(listener("SCTP", 90, replace(POOL, **change))))
    lines = list(notes(targets, source_port))
    assert len(lines) == len(said)
    assert all(part in line for part, line in zip(said, lines, strict=True))


def test_targets_taketurns() -> None:
    targets = targets_of(load_balancer(listener("SCTP", 90), listener("SCTP", 91, None)))
    plan = prober.Plan(None, targets, Message(b"x"), 5.0)
    turns = [endpoint.port for _, endpoint in plan.turns()]
    assert turns == [90, 91] * 4 + [90] * 6
