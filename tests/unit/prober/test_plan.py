# SPDX-License-Identifier: Apache-2.0

import inspect
import math
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from kuryrsctp import prober
from kuryrsctp.addresses import Endpoint
from kuryrsctp.errors import AddressError, UsageError
from kuryrsctp.model import Member, Outcome
from kuryrsctp.prober.schedule import Schedule
from kuryrsctp.prober.targets import Target
from kuryrsctp.sctp.messages import Exchange, Message

VIP = Endpoint("10.0.0.158", 90)
OTHER = Endpoint("10.0.0.158", 91)
MEMBERS = tuple(
    Member(name, name, "10.0.0.75", 9090, weight, True, "ACTIVE", "NO_MONITOR")
    for name, weight in (("a", 1), ("b", 4))
)
TARGETS = (Target(VIP, MEMBERS), Target(OTHER))


def make_plan(**fields: Any) -> prober.Plan:
    return prober.Plan(**{"targets": TARGETS, "message": Message(b"hello")} | fields)


def test_messages_are_counted_for_each_target() -> None:
    plan = make_plan()
    assert [plan.messages_to(target) for target in plan.targets] == [10, 4]
    assert plan.messages == 14
    assert make_plan(count=3).messages == 6


def test_a_duration_without_a_count_sets_no_limit_of_messages() -> None:
    watch = Schedule(duration=1)
    assert make_plan(schedule=watch).messages is None
    assert make_plan(schedule=watch, count=7).messages == 14


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({}, "give either a service, or an address and a port"),
        ({"service": "a", "address": "::1", "port": 9}, "give either a service, or an address"),
        ({"address": "::1"}, "give an address and a port together"),
        ({"service": "a", "port": 9}, "give an address and a port together"),
        ({"service": "a"}, "a connection to a cloud is needed"),
        ({"address": "::1", "port": 0}, "ports go from 1 to 65535"),
        ({"address": "::1", "port": 65536}, "ports go from 1 to 65535"),
        ({"address": "::1", "port": 9, "count": 0}, "at least one message"),
        ({"address": "::1", "port": 9, "timeout": 0}, "invalid timeout '0'"),
        ({"address": "::1", "port": 9, "timeout": math.nan}, "invalid timeout 'nan'"),
        ({"address": "::1", "port": 9, "timeout": math.inf}, "invalid timeout 'inf'"),
        ({"address": "::1", "port": 9, "message": ""}, "cannot carry an empty message"),
        ({"address": "::1", "port": 9, "message": b"x" * 2**21}, "longer than 1048576 bytes"),
        ({"address": "::1", "port": 9, "expect": "("}, r"invalid regular expression '\('"),
        ({"address": "::1", "port": 9, "backend_pattern": "*"}, "invalid regular expression"),
        ({"address": "::1", "port": 9, "via": "both"}, "only a service has members"),
        ({"address": "::1", "port": 9, "all_members": True}, "only a service has members"),
        ({"address": "::1", "port": 9, "stats": True}, "statistics count what a service's load"),
        ({"service": "a", "via": "members", "stats": True}, "give a service, and probe its VIP"),
        (
            {"service": "a", "connection": object(), "via": "moon"},
            "invalid path 'moon': choose vip, members or both",
        ),
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
    arguments: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(UsageError, match=complaint):
        prober.probe(**arguments)


def test_a_name_that_does_not_resolve_is_inconclusive() -> None:
    with pytest.raises(AddressError, match=r"cannot resolve 'no-such-host\.invalid'"):
        prober.probe(address="no-such-host.invalid", port=90)


def test_a_message_may_be_text_or_bytes() -> None:
    target: dict[str, Any] = {"address": "127.0.0.1", "port": 90}
    assert prober.plan(**target, message="größe").message.payload == "größe".encode()
    assert prober.plan(**target, message="\udcff").message.payload == b"\xff"
    assert prober.plan(**target, message=b"\x00").message.payload == b"\x00"
    message = Message(b"hello", ppid=46)
    assert prober.plan(**target, message=message).message is message


def test_the_command_module_imports_neither_sdk_nor_sctp() -> None:
    script = (
        "import sys, kuryrsctp.plugin, kuryrsctp.osc.probe\n"
        "print([name for name in ('openstack.connection', 'sctp', 'kuryrsctp.prober')"
        " if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_targets_take_turns() -> None:
    ports = [endpoint.port for _, endpoint in make_plan().numbered_targets()]
    assert ports == [90, 91] * 4 + [90] * 6


def test_a_plan_reports_and_hands_on_each_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    def fake_run(plan: prober.Plan) -> Iterator[Exchange]:
        for seq, endpoint in plan.numbered_targets():
            yield Exchange(seq, endpoint, Outcome.ANSWERED, backend="a")

    monkeypatch.setattr(prober.Plan, "run", fake_run)
    seen: list[Exchange] = []
    report = make_plan(service="default/sctp-demo", count=2).execute(seen.append)
    assert [exchange.seq for exchange in seen] == [1, 2, 3, 4]
    assert (report.service, report.messages, report.ok) == ("default/sctp-demo", 4, True)


def test_probe_takes_the_parameters_of_plan_and_returns_a_report() -> None:
    probe, plan = inspect.signature(prober.probe), inspect.signature(prober.plan)
    assert probe.parameters == plan.parameters
    assert probe.return_annotation is prober.ProbeReport
