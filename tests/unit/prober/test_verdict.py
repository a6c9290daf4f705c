# SPDX-License-Identifier: Apache-2.0

import pytest

from kuryrsctp.addresses import Endpoint
from kuryrsctp.model import Conclusion, Member
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
        (
            vip(),
            4,
            4,
            WRONG,
            "all of its 2 members answer directly and none through the VIP: the load",
        ),
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
        (
            vip(a=4),
            4,
            4,
            WRONG,
            "pod-b answers directly, and none of 4 messages through the VIP: the load",
        ),
        (vip(a=2, b=1), 4, 4, WRONG, "through the VIP 1 of 4 messages are lost: the load balancer"),
        (vip(x=3), 4, 4, WRONG, "through the VIP 1 of 4 messages are lost: the load balancer"),
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
