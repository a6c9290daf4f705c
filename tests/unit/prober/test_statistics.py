# SPDX-License-Identifier: Apache-2.0

import tracemalloc
from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuryrsctp.addresses import Endpoint
from kuryrsctp.model import Conclusion, Member, Outcome
from kuryrsctp.prober.statistics import OTHERS, ProbeReport, Summary
from kuryrsctp.prober.targets import Target
from kuryrsctp.sctp.messages import Exchange

VIP = Endpoint("10.0.0.158", 90)
ZG7NQ, VNRQ = "sctp-demo-65fcf85ddb-zg7nq", "sctp-demo-65fcf85ddb-8vnrq"


def member(
    name: str, weight: int = 1, admin_state_up: bool = True, address: str = "10.0.0.75"
) -> Member:
    return Member(
        id=f"id of {name}",
        name=name,
        address=address,
        protocol_port=9090,
        weight=weight,
        admin_state_up=admin_state_up,
        provisioning_status="ACTIVE",
        operating_status="NO_MONITOR",
    )


def answered(backend: str, rtt: float = 0.001) -> Exchange:
    return Exchange(1, VIP, Outcome.ANSWERED, rtt=rtt, backend=backend)


def failed(outcome: Outcome = Outcome.TIMEOUT, detail: str = "silence") -> Exchange:
    return Exchange(1, VIP, outcome, detail=detail)


def report(*exchanges: Exchange, members: tuple[str, ...] = (ZG7NQ, VNRQ)) -> ProbeReport:
    target = Target(VIP, tuple(member(f"default/{name}:9090") for name in members))
    return summed(exchanges, target)


def summed(
    exchanges: Iterable[Exchange], *targets: Target, all_members: bool = False
) -> ProbeReport:
    summary = Summary("default/sctp-demo", targets, all_members=all_members)
    for exchange in exchanges:
        summary.add(exchange)
    return summary.report()


EXCHANGES = st.lists(
    st.one_of(
        st.builds(answered, st.sampled_from([ZG7NQ, VNRQ, "stranger"]), st.floats(0, 10)),
        st.builds(failed, st.sampled_from(list(Outcome)[2:])),
    )
)


@given(EXCHANGES)
def test_every_message_is_in_one_group(exchanges: list[Exchange]) -> None:
    groups = report(*exchanges).groups
    assert sum(group.messages for group in groups) == len(exchanges)
    outcomes = Counter[Outcome | None]()
    for group in groups:
        outcomes[group.outcome] += group.messages
    assert +outcomes == Counter(exchange.outcome for exchange in exchanges)


@given(EXCHANGES)
def test_shares_of_a_target_make_one(exchanges: list[Exchange]) -> None:
    total = sum(group.share for group in report(*exchanges).groups)
    assert total == pytest.approx(1 if exchanges else 0)


@given(EXCHANGES)
def test_times_are_in_order(exchanges: list[Exchange]) -> None:
    for group in report(*exchanges).groups:
        if group.outcome is Outcome.ANSWERED:
            lowest, p95, highest = (
                group.latency.min,
                group.latency.percentile(95),
                group.latency.max,
            )
            assert lowest is not None
            assert p95 is not None
            assert highest is not None
            assert group.latency.mean is not None
            assert lowest <= p95 <= highest
            assert lowest <= group.latency.mean + 1e-9
            assert group.latency.mean <= highest + 1e-9
        else:
            assert group.latency.mean is None
            assert group.latency.percentile(95) is None


def test_an_answer_is_mapped_to_the_member_of_its_hosts_name() -> None:
    (group, *_) = report(answered(ZG7NQ)).groups
    assert (group.backend, group.member) == (ZG7NQ, f"default/{ZG7NQ}:9090")


def test_a_member_that_never_answered_has_a_group_without_messages() -> None:
    groups = report(answered(ZG7NQ), answered(ZG7NQ), failed()).groups
    assert [(group.outcome, group.member, group.messages) for group in groups] == [
        (Outcome.ANSWERED, f"default/{ZG7NQ}:9090", 2),
        (Outcome.TIMEOUT, "", 1),
        (None, f"default/{VNRQ}:9090", 0),
    ]


def test_no_member_is_called_silent_if_an_answer_may_come_from_it() -> None:
    groups = report(answered(ZG7NQ), answered("node-1")).groups
    assert [group.member for group in groups] == ["", f"default/{ZG7NQ}:9090"]


def test_members_that_share_a_name_share_a_group() -> None:
    groups = report(members=(ZG7NQ, ZG7NQ)).groups
    assert [(group.member, group.messages) for group in groups] == [(f"default/{ZG7NQ}:9090", 0)]


def test_groups_of_one_target_do_not_count_messages_to_another() -> None:
    other = Endpoint(VIP.address, 91)
    exchanges = (answered(ZG7NQ), Exchange(2, other, Outcome.REFUSED, detail="aborted"))
    both = summed(exchanges, Target(VIP), Target(other))
    assert [(group.target, group.share) for group in both.groups] == [(VIP, 1.0), (other, 1.0)]
    assert both.warnings == ("10.0.0.158:91: 1 of 1 messages REFUSED: aborted",)


def test_nothing_sent_is_not_answered() -> None:
    assert not report().answered
    assert report(answered(ZG7NQ)).answered
    assert not report(answered(ZG7NQ), failed()).answered


NODES = Target(VIP, (member("worker-1"), member("worker-2", address="10.0.0.102")))


def test_answers_that_name_nodes_are_mapped_to_the_members_of_these() -> None:
    both = summed([answered("worker-1"), answered("worker-2")], NODES, all_members=True)
    assert [group.member for group in both.groups] == ["worker-1", "worker-2"]
    assert both.ok
    one = summed([answered("worker-1"), answered("worker-1")], NODES, all_members=True)
    assert one.conclusion is Conclusion.WRONG
    assert one.reasons == ("never answered: worker-2",)


def test_answers_that_name_pods_behind_node_ports_tell_no_member() -> None:
    report = summed([answered("amf-0"), answered("amf-1")], NODES, all_members=True)
    assert [group.member for group in report.groups] == ["", ""]
    assert report.warnings == ()
    assert report.conclusion is Conclusion.INCONCLUSIVE
    mixed = summed([answered("worker-1"), answered("amf-1")], NODES)
    assert mixed.warnings == ()


def test_members_that_share_a_name_are_not_told_apart_by_answers() -> None:
    name = "default/sctp-demo:9090"
    shared = Target(VIP, (member(name), member(name, address="10.0.0.88")))
    report = summed([answered("sctp-demo")] * 2, shared, all_members=True)
    assert [(group.member, group.messages) for group in report.groups] == [("", 2)]
    assert report.conclusion is Conclusion.INCONCLUSIVE
    direct = (Target(Endpoint(each.address, 9090), (each,), direct=True) for each in shared.members)
    first, second = direct
    exchanges = [
        Exchange(1, first.endpoint, Outcome.ANSWERED),
        Exchange(2, second.endpoint, Outcome.TIMEOUT),
    ]
    report = summed(exchanges, first, second, all_members=True)
    assert report.reasons == (f"never answered: {name} (10.0.0.88:9090)",)


def test_members_without_a_name_are_called_by_their_address() -> None:
    nameless = Target(VIP, (member(""), member("", address="10.0.0.88")))
    groups = summed([failed()], nameless).groups
    assert [group.member for group in groups] == ["", "10.0.0.75:9090", "10.0.0.88:9090"]


def test_a_member_whose_answer_is_not_expected_has_answered() -> None:
    exchanges = [
        Exchange(1, VIP, Outcome.UNEXPECTED, backend=name, detail="no match")
        for name in ("worker-1", "worker-2")
    ]
    report = summed(exchanges, NODES, all_members=True)
    assert [group.messages for group in report.groups] == [1, 1]
    assert report.reasons == ()
    assert report.conclusion is Conclusion.WRONG


def test_each_reason_for_an_outcome_has_its_own_line_and_count() -> None:
    exchanges = [failed(detail=detail) for detail in ("lost", "silent", "lost", "lost")]
    assert report(*exchanges).warnings == (
        "10.0.0.158:90: 3 of 4 messages TIMEOUT: lost",
        "10.0.0.158:90: 1 of 4 messages TIMEOUT: silent",
    )


def test_many_reasons_are_summed_up() -> None:
    warnings = report(*(failed(detail=f"reason {number}") for number in range(1000))).warnings
    assert len(warnings) == 5
    assert warnings[0] == "10.0.0.158:90: 996 of 1000 messages TIMEOUT: other reasons"


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


def test_a_direct_target_is_its_member_whatever_it_answers() -> None:
    target = Target(VIP, (member("default/amf-0:9090"),), direct=True)
    (group,) = summed([answered("node-7")], target).groups
    assert (group.backend, group.member) == ("node-7", "default/amf-0:9090")
    (silent,) = summed([failed()], target).groups
    assert (silent.outcome, silent.member) == (Outcome.TIMEOUT, "default/amf-0:9090")


def test_a_peer_that_makes_up_names_costs_no_memory() -> None:
    groups = report(*(answered(f"name-{number}") for number in range(1000))).groups
    assert len(groups) < 300
    assert sum(group.messages for group in groups) == 1000
    assert groups[0].backend == OTHERS


@given(st.permutations(range(1, 9)))
def test_outages_are_the_same_in_whatever_order_messages_end(order: list[int]) -> None:
    def exchange(seq: int) -> Exchange:
        outcome = Outcome.TIMEOUT if seq in (3, 4, 5) else Outcome.ANSWERED
        return Exchange(seq, VIP, outcome, sent_at=float(seq))

    (outage,) = summed(map(exchange, order), Target(VIP)).outages
    assert (outage.began, outage.ended, outage.messages) == (3.0, 6.0, 3)


def test_a_backend_that_was_not_a_member_at_first_is_warned_of() -> None:
    (warning,) = report(answered(ZG7NQ), answered("new-pod")).warnings
    assert "answers also come from new-pod, not a member when the probe began" in warning
    assert report(answered("node-1"), answered("node-2")).warnings == ()


def test_ten_thousand_long_answers_take_no_memory() -> None:
    summary = Summary(None, (Target(VIP),))
    tracemalloc.start()
    try:
        for seq in range(1, 10_001):
            answer = seq.to_bytes(2, "big") * 32768
            rtt = seq * 1e-5
            summary.add(Exchange(seq, VIP, Outcome.ANSWERED, rtt=rtt, answer=answer))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert summary.report().messages == 10_000
    assert held < 500_000
