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


from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuryrsctp.model import Endpoint, Exchange, Member, Outcome
from kuryrsctp.summary import ProbeReport, Target, backend_of, default_count

VIP = Endpoint("10.0.0.158", 90)
ZG7NQ, VNRQ = "sctp-demo-65fcf85ddb-zg7nq", "sctp-demo-65fcf85ddb-8vnrq"


def member(name: str, weight: int = 1, admin_state_up: bool = True) -> Member:
    return Member(
        id=f"id of {name}",
        name=name,
        address="10.0.0.75",
        protocol_port=9090,
        weight=weight,
        admin_state_up=admin_state_up,
        provisioning_status="ACTIVE",
        operating_status="NO_MONITOR",
    )


def answered(backend: str, rtt: float = 0.001) -> Exchange:
    answer = f"{backend}: HELLO, I AM ALIVE!!!".encode()
    return Exchange(1, VIP, Outcome.ANSWERED, rtt=rtt, answer=answer)


def failed(outcome: Outcome = Outcome.TIMEOUT, detail: str = "silence") -> Exchange:
    return Exchange(1, VIP, outcome, detail=detail)


def report(*exchanges: Exchange, members: tuple[str, ...] = (ZG7NQ, VNRQ)) -> ProbeReport:
    target = Target(VIP, tuple(member(f"default/{name}:9090") for name in members))
    return ProbeReport("default/sctp-demo", (target,), exchanges)


EXCHANGES = st.lists(
    st.one_of(
        st.builds(answered, st.sampled_from([ZG7NQ, VNRQ, "stranger"]), st.floats(0, 10)),
        st.builds(failed, st.sampled_from(list(Outcome)[2:])),
    )
)


@given(EXCHANGES)
def test_every_message_is_in_one_group(exchanges: list[Exchange]) -> None:
    groups = report(*exchanges).groups
    assert sum(one.messages for one in groups) == len(exchanges)
    outcomes = Counter[Outcome | None]()
    for one in groups:
        outcomes[one.outcome] += one.messages
    assert +outcomes == Counter(one.outcome for one in exchanges)


@given(EXCHANGES)
def test_shares_of_a_target_make_one(exchanges: list[Exchange]) -> None:
    total = sum(one.share for one in report(*exchanges).groups)
    assert total == pytest.approx(1 if exchanges else 0)


@given(EXCHANGES)
def test_times_are_in_order(exchanges: list[Exchange]) -> None:
    for one in report(*exchanges).groups:
        if one.outcome is Outcome.ANSWERED:
            lowest, p95, highest = one.rtt(0), one.rtt(95), one.rtt(100)
            assert lowest is not None
            assert p95 is not None
            assert highest is not None
            assert one.rtt_avg is not None
            assert lowest <= p95 <= highest
            assert lowest <= one.rtt_avg + 1e-9
            assert one.rtt_avg <= highest + 1e-9
        else:
            assert one.rtt_avg is None
            assert one.rtt(95) is None


def test_the_95th_percentile_of_twenty_times_is_the_nineteenth() -> None:
    (group, *_) = report(*(answered(ZG7NQ, number / 1000) for number in range(1, 21))).groups
    assert group.rtt(95) == 0.019


def test_an_answer_is_mapped_to_the_member_of_its_hosts_name() -> None:
    (group, *_) = report(answered(ZG7NQ)).groups
    assert (group.backend, group.member) == (ZG7NQ, f"default/{ZG7NQ}:9090")


def test_a_member_that_never_answered_has_a_group_without_messages() -> None:
    groups = report(answered(ZG7NQ), answered(ZG7NQ), failed()).groups
    assert [(one.outcome, one.member, one.messages) for one in groups] == [
        (Outcome.ANSWERED, f"default/{ZG7NQ}:9090", 2),
        (Outcome.TIMEOUT, "", 1),
        (None, f"default/{VNRQ}:9090", 0),
    ]


def test_no_member_is_called_silent_when_an_answer_may_be_its() -> None:
    groups = report(answered(ZG7NQ), answered("node-1")).groups
    assert [one.member for one in groups] == ["", f"default/{ZG7NQ}:9090"]


def test_members_that_share_a_name_share_a_group() -> None:
    groups = report(members=(ZG7NQ, ZG7NQ)).groups
    assert [(one.member, one.messages) for one in groups] == [(f"default/{ZG7NQ}:9090", 0)]


def test_groups_of_one_target_hold_nothing_of_another() -> None:
    other = Endpoint(VIP.address, 91)
    exchanges = (answered(ZG7NQ), Exchange(2, other, Outcome.REFUSED, detail="aborted"))
    both = ProbeReport(None, (Target(VIP), Target(other)), exchanges)
    assert [(one.target, one.share) for one in both.groups] == [(VIP, 1.0), (other, 1.0)]
    assert both.warnings == ("10.0.0.158:91: 1 of 1 messages REFUSED: aborted",)


@pytest.mark.parametrize(
    ("answer", "backend"),
    [
        (f"{ZG7NQ}: HELLO, I AM ALIVE!!!".encode(), ZG7NQ),
        (b"worker-3.example.org: fine", "worker-3.example.org"),
        (b"HELLO, I AM A CLIENT", ""),
        (b"12:30 and all is well", ""),
        (b"\x1b[31mred: alert", ""),
        (b"two words: no", ""),
        (b"x" * 300 + b": no", ""),
        (b": no", ""),
        (b"", ""),
    ],
)
def test_only_a_hosts_name_before_a_colon_is_a_backend(answer: bytes, backend: str) -> None:
    assert backend_of(Exchange(1, VIP, Outcome.ANSWERED, answer=answer)) == backend


@given(st.binary())
def test_a_backend_is_fit_for_any_terminal(answer: bytes) -> None:
    backend = backend_of(Exchange(1, VIP, Outcome.ANSWERED, answer=answer))
    assert backend.isascii()
    assert backend.isprintable()


@pytest.mark.parametrize(
    ("weights", "count"),
    [((), 4), ((1, 1), 4), ((1, 1, 1), 6), ((2, 4), 6), ((10, 1), 22), ((1, 256), 100), ((0,), 4)],
)
def test_the_default_count_is_two_cycles_of_weighted_round_robin(
    weights: tuple[int, ...], count: int
) -> None:
    assert default_count(member(f"m{weight}", weight) for weight in weights) == count


def test_a_disabled_member_takes_no_turn() -> None:
    members = [member("a"), member("b", weight=50, admin_state_up=False)]
    assert default_count(members) == 4


def test_nothing_sent_is_not_answered() -> None:
    assert not report().answered
    assert report(answered(ZG7NQ)).answered
    assert not report(answered(ZG7NQ), failed()).answered


def test_each_kind_of_failure_is_one_warning() -> None:
    warnings = report(answered(ZG7NQ), failed(), failed(), failed(Outcome.LOST, "broke")).warnings
    assert warnings == (
        "10.0.0.158:90: 2 of 4 messages TIMEOUT: silence",
        "10.0.0.158:90: 1 of 4 messages LOST: broke",
    )


def test_addresses_that_nat_does_not_know_are_warned_of() -> None:
    exchange = Exchange(1, VIP, Outcome.ANSWERED, peers=("10.0.0.158", "10.0.0.75", "fd00:75::75"))
    (warning,) = report(exchange).warnings
    assert "announces more addresses (10.0.0.75, fd00:75::75)" in warning
