# SPDX-License-Identifier: Apache-2.0

from dataclasses import replace

import pytest

from kuryrsctp.addresses import Endpoint
from kuryrsctp.model import Conclusion, Member, Outcome
from kuryrsctp.prober.targets import Target
from kuryrsctp.prober.verdict import TargetResult, Verdict, conclude
from kuryrsctp.providers.provider import Distribution

A, B = (
    Member(name, name, address, 9090, 1, True, "ACTIVE", "NO_MONITOR")
    for name, address in (("pod-a", "10.0.0.75"), ("pod-b", "10.0.0.88"))
)
OK, INCONCLUSIVE, WRONG = Conclusion.OK, Conclusion.INCONCLUSIVE, Conclusion.WRONG


def vip(
    distribution: Distribution = Distribution.ROUND_ROBIN, messages: int = 4, **answers: int
) -> TargetResult:
    """Return a result of messages through the VIP; `x` are answers that name no member."""
    names = {"a": "pod-a", "b": "pod-b", "x": ""}
    answered = {names[key]: count for key, count in answers.items()}
    return TargetResult(
        Target(Endpoint("10.0.0.158", 90), (A, B), distribution), messages, answered
    )


def direct(member: Member, answered: int) -> TargetResult:
    target = Target(Endpoint(member.address, 9090), (member,), direct=True)
    return TargetResult(target, 4, {member.name: answered} if answered else {})


def both(through: TargetResult, a: int, b: int) -> Verdict:
    return conclude([through, direct(A, a), direct(B, b)])


def test_all_is_well_if_everything_answers_on_both_paths() -> None:
    assert both(vip(a=2, b=2), 4, 4) == Verdict(OK)


@pytest.mark.parametrize(
    ("through", "a", "b", "conclusion", "words"),
    [
        (vip(), 4, 4, WRONG, "2 of 2 members answer directly and none through the VIP: the load"),
        (vip(), 4, 0, WRONG, "1 of 2 members answer directly and none through the VIP"),
        (vip(), 0, 0, WRONG, "no answer comes through the VIP, and none comes directly"),
        (vip(a=2, b=2), 0, 0, OK, "through the VIP only: the members cannot be reached from here"),
        (vip(a=2), 0, 0, WRONG, "through the VIP only: the members cannot be reached from here"),
        (vip(a=2, b=2), 4, 0, OK, "pod-b answers through the VIP only"),
        (vip(a=2), 4, 0, WRONG, "pod-b answers neither directly nor through the VIP: the pod"),
        (vip(a=4), 4, 0, WRONG, "pod-b answers neither directly nor through the VIP: the pod"),
        (
            vip(x=4),
            4,
            0,
            OK,
            "pod-b does not answer directly; whether it answers through the VIP is not",
        ),
        (vip(a=2, b=2), 4, 3, WRONG, "pod-b answers only 3 of 4 messages directly"),
        (vip(a=4), 4, 4, WRONG, "pod-b answers directly and never through the VIP"),
        (vip(a=2, b=1), 4, 4, WRONG, "through the VIP 1 of 4 messages are not answered: the load"),
        (vip(x=3), 4, 4, WRONG, "through the VIP 1 of 4 messages are not answered: the load"),
    ],
)
def test_one_line_says_what_is_at_fault(
    through: TargetResult, a: int, b: int, conclusion: Conclusion, words: str
) -> None:
    verdict = both(through, a, b)
    assert verdict.conclusion is conclusion
    (line,) = verdict.reasons
    assert line.startswith("10.0.0.158:90: ")
    assert words in line


BETWEEN = "the load balancer, or what filters packets between here, the load balancer and the"
UNKNOWN = "it is not known whether the pods, the load balancer or the way from here is at fault"


def result(target: Target, answered: dict[str, int], **failures: int) -> TargetResult:
    """Return a result with the messages that were answered, and others by their outcome."""
    outcomes = {Outcome[name]: count for name, count in failures.items()}
    return TargetResult(target, sum(answered.values()) + sum(failures.values()), answered, outcomes)


def through_vip(*members: Member, **failures: int) -> TargetResult:
    return result(Target(Endpoint("10.0.0.158", 90), members), {}, **failures)


def lines(*results: TargetResult) -> str:
    verdict = conclude(results)
    assert verdict.conclusion is WRONG
    return "\n".join(verdict.reasons)


def test_the_load_balancer_is_blamed_alone_only_if_all_that_it_uses_answer_directly() -> None:
    vip_target = through_vip(A, B, TIMEOUT=4)
    assert lines(vip_target, direct(A, 4), direct(B, 4)).endswith(
        "2 of 2 members answer directly and none through the VIP: the load balancer, or what"
        " filters packets between here, the load balancer and the members, is at fault"
    )
    assert lines(vip_target, direct(A, 4), direct(B, 0)).endswith(
        "is at fault, unless all 4 messages went to members that do not answer"
    )


def test_a_member_without_weight_that_answers_directly_does_not_blame_the_load_balancer() -> None:
    idle = replace(B, weight=0)
    assert lines(through_vip(A, idle, TIMEOUT=4), direct(A, 0), direct(idle, 4)).endswith(UNKNOWN)
    assert lines(through_vip(idle, REFUSED=4), direct(idle, 4)).endswith(
        "1 of 1 members answer directly and none through the VIP: the load balancer has no member"
        " that is in use"
    )
    lost = replace(through_vip(A, idle, TIMEOUT=2), messages=4, answered_by={"pod-a": 2})
    assert BETWEEN in lines(lost, direct(A, 4), direct(idle, 0))


def test_where_nothing_answers_nobody_is_blamed() -> None:
    assert lines(through_vip(A, B, TIMEOUT=4), direct(A, 0), direct(B, 0)).endswith(UNKNOWN)


def test_a_member_that_may_have_got_the_messages_is_named_before_the_load_balancer() -> None:
    assert lines(vip(Distribution.HASHED, a=3), direct(A, 4), direct(B, 0)).endswith(
        "through the VIP 1 of 4 messages are not answered: the members that do not answer directly"
        " either may have got them; otherwise the load balancer, or what filters packets between"
        " here, the load balancer and the members, is at fault"
    )


def test_a_member_that_got_no_message_may_have_lost_its_turns_to_other_clients() -> None:
    assert lines(vip(a=4), direct(A, 4), direct(B, 4)).endswith(
        "pod-b answers directly and never through the VIP: it got none of 4 messages: the load"
        " balancer does not use it, or other clients took its turns"
    )
    assert lines(vip(a=2), direct(A, 4), direct(B, 4)).endswith(
        "the load balancer does not send to it, or what it sends there is dropped on the way"
    )


def test_a_member_that_neither_way_got_a_message_may_only_be_out_of_reach() -> None:
    assert lines(vip(a=4), direct(A, 4), direct(B, 0)).endswith(
        "is at fault, or the load balancer sends it nothing and this host cannot reach it"
    )


def test_hosts_that_reply_at_the_members_addresses_were_reached() -> None:
    target = Target(Endpoint(A.address, 9090), (A,), direct=True)
    verdict = conclude([vip(a=4), result(target, {}, REFUSED=4)])
    assert verdict == Verdict(
        OK,
        (
            "10.0.0.158:90: answers come through the VIP only: what has the members' addresses, as"
            " seen from here, does not answer; the members are not judged",
        ),
    )


def test_answers_that_are_not_expected_are_no_fault_of_the_load_balancer() -> None:
    target = Target(Endpoint("10.0.0.158", 90), (A, B))
    unexpected = result(target, {}, UNEXPECTED=4)
    assert lines(unexpected, direct(A, 4), direct(B, 4)) == (
        "10.0.0.158:90: some answers do not match --expect: that is no fault of the way there, and"
        " the members are not compared"
    )


def test_a_member_of_two_listeners_is_compared_with_both() -> None:
    other = Target(Endpoint("10.0.0.158", 91), (replace(A, id="2", name="pod-z"),))
    verdict = conclude([vip(a=2, b=2), result(other, {"pod-z": 4}), direct(A, 4), direct(B, 4)])
    assert verdict == Verdict(OK)


def test_a_member_without_a_name_is_not_who_answered_without_a_name() -> None:
    nameless = replace(A, name="")
    verdict = conclude([direct(nameless, 0), direct(B, 4)], all_members=True)
    assert verdict.reasons == ("never answered: 10.0.0.75:9090",)


@pytest.mark.parametrize("distribution", [Distribution.HASHED, Distribution.STICKY])
def test_without_round_robin_no_member_has_to_answer(distribution: Distribution) -> None:
    assert both(vip(distribution, a=4), 4, 4) == Verdict(OK)
    assert conclude([vip(distribution, a=4)], all_members=True) == Verdict(OK)


def test_a_single_path_is_judged_by_whether_every_message_was_answered() -> None:
    assert conclude([vip(a=2, b=2)]) == Verdict(OK)
    assert conclude([vip(a=4)]) == Verdict(OK)
    assert conclude([vip(a=3)]) == Verdict(WRONG)
    assert conclude([direct(A, 4), direct(B, 4)]) == Verdict(OK)
    assert conclude([direct(A, 4), direct(B, 3)]) == Verdict(WRONG)


def test_a_target_that_got_no_message_is_not_judged() -> None:
    nothing = Verdict(INCONCLUSIVE, ("10.0.0.158:90: no message was sent",))
    assert conclude([vip(messages=0)]) == nothing
    assert conclude([vip(messages=0), direct(A, 4)]) == nothing


def test_members_that_never_answered_fail_if_all_have_to() -> None:
    assert conclude([vip(a=4)], all_members=True) == Verdict(WRONG, ("never answered: pod-b",))
    assert conclude([vip(a=2, b=2)], all_members=True) == Verdict(OK)
    assert conclude([vip(a=4), direct(A, 0), direct(B, 4)], all_members=True).conclusion is WRONG


def test_answers_without_a_name_leave_open_which_members_answered() -> None:
    verdict = conclude([vip(a=2, x=2)], all_members=True)
    assert verdict.conclusion is INCONCLUSIVE
    assert "--backend-pattern" in verdict.reasons[0]


def test_a_member_with_weight_0_need_not_answer() -> None:
    idle = Member("pod-c", "pod-c", "10.0.0.99", 9090, 0, True, "ACTIVE", "NO_MONITOR")
    through = TargetResult(Target(Endpoint("10.0.0.158", 90), (A, idle)), 4, {"pod-a": 4})
    assert conclude([through], all_members=True) == Verdict(OK)
    (line,) = conclude([through, direct(A, 4), direct(idle, 0)]).reasons
    assert "pod-c does not answer directly" in line


@pytest.mark.parametrize(
    ("name", "silent", "partial"),
    [
        ("default/pod-b:9090", "the pod, or what filters", "that pod, or the path to it"),
        ("worker-2", "the pod behind it, the node, or what filters", "a pod behind it, or the"),
    ],
)
def test_behind_a_node_any_pod_may_be_at_fault(name: str, silent: str, partial: str) -> None:
    member = replace(B, name=name)
    target = Target(Endpoint("10.0.0.158", 90), (A, member), Distribution.ROUND_ROBIN)
    through = TargetResult(target, 4, {"pod-a": 2})
    for answered, words in ((0, silent), (2, partial)):
        (reason,) = conclude([through, direct(A, 4), direct(member, answered)]).reasons
        assert words in reason
