# SPDX-License-Identifier: Apache-2.0

"""What the shares of the members show that the settings of the pool do not say."""

from dataclasses import replace

import pytest

from kuryrsctp.addresses import Endpoint
from kuryrsctp.prober.shares import remarks
from kuryrsctp.prober.targets import Target
from kuryrsctp.prober.verdict import TargetResult
from kuryrsctp.providers import provider_named
from kuryrsctp.providers.provider import Distribution
from tests.support.model import member, other_member

VIP = Endpoint("10.0.0.158", 90)
A, B = member(name="amf-0", weight=3), other_member(name="amf-1", weight=1)
TARGET = Target(VIP, (A, B), provider=provider_named("amphora"))


def lines(target: Target, lost: int = 0, **answers: int) -> list[str]:
    """Return the remarks about the answers of the members, and of unnamed ones as `nobody`."""
    by_name = {"amf-0": answers.get("a", 0), "amf-1": answers.get("b", 0)}
    by_name[""] = answers.get("nobody", 0)
    answered = {name: count for name, count in by_name.items() if count}
    return list(remarks(TargetResult(target, sum(answered.values()) + lost, answered)))


@pytest.mark.parametrize(("a", "b"), [(12, 4), (11, 5), (13, 3), (6, 2), (3, 1), (2, 2), (1, 0)])
def test_shares_that_may_follow_the_weights_are_not_remarked_on(a: int, b: int) -> None:
    assert lines(TARGET, a=a, b=b) == []


def test_shares_that_do_not_follow_the_weights_are_told() -> None:
    assert lines(TARGET, a=8, b=8) == [
        "10.0.0.158:90: the shares (50:50) do not follow the weights (75:25): amf-0, amf-1"
    ]


@pytest.mark.parametrize(
    "target",
    [
        replace(TARGET, provider=provider_named("ovn")),
        replace(TARGET, provider=provider_named("brick")),
        replace(TARGET, distribution=Distribution.HASHED),
        replace(TARGET, distribution=Distribution.UNKNOWN),
        replace(TARGET, direct=True),
        replace(TARGET, members=(A, replace(B, name="amf-0"))),
    ],
)
def test_where_weights_need_not_show_nothing_is_said_of_them(target: Target) -> None:
    assert lines(target, a=8, b=8) == []


def test_messages_that_were_lost_or_name_nobody_say_nothing_of_shares() -> None:
    assert lines(TARGET, a=8, b=8, lost=1) == []
    assert lines(TARGET, a=8, b=7, nobody=1) == []


@pytest.mark.parametrize("promise", ["SOURCE_IP", "session persistence SOURCE_IP"])
def test_a_promise_that_the_answers_contradict_is_told(promise: str) -> None:
    sticky = replace(TARGET, distribution=Distribution.STICKY, promise=promise)
    (line,) = lines(sticky, a=7, b=5)
    assert line == (
        f"10.0.0.158:90: 2 members answered this client, though the pool has {promise}, which"
        " promises that one client reaches one member"
    )


@pytest.mark.parametrize(
    ("distribution", "words"),
    [
        (Distribution.HASHED, "hash of the source port, so these may have got no message: amf-1"),
        (Distribution.STICKY, "so nothing is known of the others: amf-1"),
        (Distribution.UNKNOWN, "is not known, so these may have got no message: amf-1"),
    ],
)
def test_a_member_that_never_answered_may_have_got_no_message(
    distribution: Distribution, words: str
) -> None:
    target = replace(TARGET, distribution=distribution)
    (line,) = lines(target, a=5)
    assert line.endswith(words)
    assert lines(target, lost=4) == []
    assert lines(target, nobody=4) == []
    assert lines(replace(target, members=()), lost=4) == []


def test_where_all_have_answered_a_hash_explains_nothing() -> None:
    assert lines(replace(TARGET, distribution=Distribution.HASHED), a=3, b=1) == []
