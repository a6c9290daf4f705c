# SPDX-License-Identifier: Apache-2.0

"""What follows from who answered which way: where a service breaks. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kuryrsctp.model import Conclusion, Member
from kuryrsctp.prober.targets import Distribution, Target
from kuryrsctp.terminal_text import printable

_MAX_NAME_LENGTH = 255


@dataclass(frozen=True, slots=True)
class TargetResult:
    """How many messages a target got, and how many which of its members answered.

    Answers that name no member are under "".
    """

    target: Target
    messages: int
    answered_by: dict[str, int]

    @property
    def answered(self) -> int:
        """How many messages were answered."""
        return sum(self.answered_by.values())

    @property
    def complete(self) -> bool:
        """Whether every message was answered."""
        return self.messages == self.answered


@dataclass(frozen=True, slots=True)
class Verdict:
    """What it comes to, and why: a line for each thing that follows."""

    conclusion: Conclusion
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Reason:
    conclusion: Conclusion
    line: str


def conclude(results: Sequence[TargetResult], *, all_members: bool = False) -> Verdict:
    """Say what the results mean together.

    Through the VIP every message has to be answered. Members that were probed directly as
    well tell where it breaks; if they alone do not answer, they may just not be reachable
    from here. With `all_members`, every one that can be expected to has to have answered.
    """
    found = [
        _Reason(Conclusion.INCONCLUSIVE, f"{one.target.endpoint}: no message was sent")
        for one in results
        if not one.messages
    ]
    results = [one for one in results if one.messages]
    vips = [one for one in results if not one.target.direct]
    direct = [one for one in results if one.target.direct]
    if vips and direct:
        for vip in vips:
            found.extend(_both_ways(vip, direct))
    if all_members:
        found.extend(_silent(results))
    complete = all(one.complete for one in vips or direct)
    codes = {one.conclusion for one in found}
    if not complete or Conclusion.WRONG in codes:
        code = Conclusion.WRONG
    else:
        code = Conclusion.INCONCLUSIVE if Conclusion.INCONCLUSIVE in codes else Conclusion.OK
    return Verdict(code, tuple(one.line for one in found))


def _both_ways(vip: TargetResult, results: Iterable[TargetResult]) -> Iterator[_Reason]:
    """Compare what the VIP's members do directly with what comes through the VIP."""
    places = {_place(one) for one in vip.target.members}
    direct = [one for one in results if _place(one.target.members[0]) in places]
    reached = [one for one in direct if one.answered]
    name = vip.target.endpoint
    if not direct:
        yield _Reason(Conclusion.OK, f"{name}: no member to compare the load balancer with")
    elif not vip.answered and reached:
        yield _wrong(
            f"{name}: {len(reached)} of {len(direct)} members answer directly and none through the"
            " VIP: the load balancer or its security group is at fault"
        )
    elif not vip.answered:
        yield _wrong(
            f"{name}: nothing answers, neither through the VIP nor directly: the pods are at fault,"
            " or neither way is open from here"
        )
    elif not reached:
        yield _Reason(
            Conclusion.OK,
            f"{name}: answers come through the VIP only: the members cannot be reached from here"
            " and are not judged",
        )
    else:
        yield from _members(vip, direct)


def _members(vip: TargetResult, direct: Sequence[TargetResult]) -> Iterator[_Reason]:
    """Say of each member what is wrong; some of them are known to answer directly."""
    blamed = False
    for one in direct:
        conclusion = _member(vip, one)
        if conclusion:
            blamed = blamed or conclusion.conclusion is Conclusion.WRONG
            yield conclusion
    if not (vip.complete or blamed):
        yield _wrong(
            f"{vip.target.endpoint}: the members answer directly, and through the VIP"
            f" {vip.messages - vip.answered} of {vip.messages} messages are lost: the load balancer"
            " or its security group is at fault"
        )


def _member(vip: TargetResult, direct: TargetResult) -> _Reason | None:
    member = direct.target.members[0]
    name = f"{vip.target.endpoint}: {printable(member.name, _MAX_NAME_LENGTH)}"
    through = bool(vip.answered_by.get(member.name))
    named = not vip.answered_by.get("")
    if not direct.answered and through:
        return _Reason(
            Conclusion.OK,
            f"{name} answers through the VIP only: it cannot be reached from here, so not judged",
        )
    if not direct.answered and (member not in vip.target.expected or not named):
        return _Reason(
            Conclusion.OK,
            f"{name} does not answer directly; of what it does through the VIP nothing is known",
        )
    if not direct.answered:
        return _wrong(f"{name} answers neither directly nor through the VIP: that pod is at fault")
    if not direct.complete:
        return _wrong(
            f"{name} answers only {direct.answered} of {direct.messages} messages directly: that"
            " pod is at fault, or the way to it"
        )
    turn = member in vip.target.expected and vip.target.distribution is Distribution.ROUND_ROBIN
    if turn and named and not through and vip.messages >= vip.target.round_length:
        return _wrong(
            f"{name} answers directly and never through the VIP: the load balancer does not send to"
            " it, or the member's security group rejects the load balancer"
        )
    return None


def _silent(results: Sequence[TargetResult]) -> Iterator[_Reason]:
    """Name the members that should have answered, one way or the other, and never did."""
    answered = {name for one in results for name in one.answered_by}
    expected = {
        member.name
        for one in results
        if one.target.direct or one.target.distribution is Distribution.ROUND_ROBIN
        for member in one.target.expected
    }
    missing = sorted(expected - answered)
    if missing and "" in answered:
        yield _Reason(
            Conclusion.INCONCLUSIVE,
            "not every answer names a member (see --backend-pattern), so it cannot be told whether"
            f" all of them answered: {_listed(missing)}",
        )
    elif missing:
        yield _wrong(f"never answered: {_listed(missing)}")


def _wrong(line: str) -> _Reason:
    return _Reason(Conclusion.WRONG, line)


def _listed(names: Iterable[str]) -> str:
    return printable(", ".join(names), 4 * _MAX_NAME_LENGTH)


def _place(member: Member) -> tuple[str, int]:
    return member.address, member.protocol_port
