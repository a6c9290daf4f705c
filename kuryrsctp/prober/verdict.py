# SPDX-License-Identifier: Apache-2.0

"""Concludes from who answered, and on which path, where a service is broken. No I/O."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kuryrsctp.model import Conclusion, Member
from kuryrsctp.prober.targets import Target
from kuryrsctp.providers.provider import Distribution
from kuryrsctp.terminal_text import printable

_MAX_NAME_LENGTH = 255
_BALANCER = "the load balancer, its security group or the way from here to the VIP"


@dataclass(frozen=True, slots=True)
class TargetResult:
    """How many messages a target got, and how many of them each of its members answered.

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
    """A conclusion, and a line for each reason."""

    conclusion: Conclusion
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Reason:
    conclusion: Conclusion
    line: str


def conclude(results: Sequence[TargetResult], *, all_members: bool = False) -> Verdict:
    """Return what the results mean together.

    Every message through the VIP has to be answered. If the members were probed directly as
    well, they show where the service is broken; if only they do not answer, this host may just
    not be able to reach them. With `all_members`, every member that can be expected to answer
    has to have answered.
    """
    reasons = [
        _Reason(Conclusion.INCONCLUSIVE, f"{result.target.endpoint}: no message was sent")
        for result in results
        if not result.messages
    ]
    results = [result for result in results if result.messages]
    vips = [result for result in results if not result.target.direct]
    direct = [result for result in results if result.target.direct]
    if vips and direct:
        for vip in vips:
            reasons.extend(_compare(vip, direct))
    if all_members:
        reasons.extend(_missing_members(results))
    complete = all(result.complete for result in vips or direct)
    conclusions = {reason.conclusion for reason in reasons}
    if not complete or Conclusion.WRONG in conclusions:
        conclusion = Conclusion.WRONG
    elif Conclusion.INCONCLUSIVE in conclusions:
        conclusion = Conclusion.INCONCLUSIVE
    else:
        conclusion = Conclusion.OK
    return Verdict(conclusion, tuple(reason.line for reason in reasons))


def _compare(vip: TargetResult, results: Iterable[TargetResult]) -> Iterator[_Reason]:
    """Compare the answers of the VIP's members with the answers through the VIP."""
    sockets = {_socket(member) for member in vip.target.members}
    direct = [result for result in results if _socket(result.target.members[0]) in sockets]
    reached = [result for result in direct if result.answered]
    name = vip.target.endpoint
    if not direct:
        yield _Reason(Conclusion.OK, f"{name}: it has no member to compare the load balancer with")
    elif not vip.answered and len(reached) == len(direct):
        yield _wrong(
            f"{name}: all of its {len(direct)} members answer directly and none through the VIP:"
            f" {_BALANCER} is at fault"
        )
    elif not vip.answered and reached:
        yield _wrong(
            f"{name}: {len(reached)} of {len(direct)} members answer directly and none through the"
            f" VIP: {_BALANCER} is at fault, unless all {vip.messages} messages went to members"
            " that do not answer"
        )
    elif not vip.answered:
        yield _wrong(
            f"{name}: no answer comes through the VIP, and none comes directly: the pods are at"
            " fault, or this host can reach neither the VIP nor the members"
        )
    elif not reached:
        yield _Reason(
            Conclusion.OK,
            f"{name}: answers come through the VIP only: the members cannot be reached from here"
            " and are not judged",
        )
    else:
        yield from _compare_members(vip, direct)


def _compare_members(vip: TargetResult, direct: Sequence[TargetResult]) -> Iterator[_Reason]:
    """Yield what is wrong with each member; some of them answer directly."""
    blamed = False
    for result in direct:
        reason = _compare_member(vip, result)
        if reason:
            blamed = blamed or reason.conclusion is Conclusion.WRONG
            yield reason
    if vip.complete or blamed:
        return
    lost = f"{vip.messages - vip.answered} of {vip.messages} messages are lost"
    if all(result.complete for result in direct):
        yield _wrong(
            f"{vip.target.endpoint}: the members answer directly, and through the VIP {lost}:"
            f" {_BALANCER} is at fault"
        )
    else:
        yield _wrong(
            f"{vip.target.endpoint}: through the VIP {lost}: a member that does not answer directly"
            f" either, or {_BALANCER}, is at fault"
        )


def _compare_member(vip: TargetResult, direct: TargetResult) -> _Reason | None:
    member = direct.target.members[0]
    name = f"{vip.target.endpoint}: {printable(member.name, _MAX_NAME_LENGTH)}"
    through_vip = bool(vip.answered_by.get(member.name))
    all_named = not vip.answered_by.get("")
    had_turn = (
        member in vip.target.expected
        and vip.target.distribution is Distribution.ROUND_ROBIN
        and vip.messages >= vip.target.round_length
    )
    if not direct.answered and through_vip:
        return _Reason(
            Conclusion.OK,
            f"{name} answers through the VIP only: it cannot be reached from here, and is not"
            " judged",
        )
    if not direct.answered and not (had_turn and all_named):
        return _Reason(
            Conclusion.OK,
            f"{name} does not answer directly; whether it answers through the VIP is not known",
        )
    if not direct.answered:
        return _wrong(
            f"{name} answers neither directly nor through the VIP: the pod, or what filters its"
            " traffic, is at fault"
        )
    if not direct.complete:
        return _wrong(
            f"{name} answers only {direct.answered} of {direct.messages} messages directly: that"
            " pod, or the path to it, is at fault"
        )
    if had_turn and all_named and not through_vip:
        why = (
            "the load balancer sent it none of them"
            if vip.complete
            else "the load balancer does not send to it, or what it sends does not arrive there"
            " (see the member's security group)"
        )
        return _wrong(
            f"{name} answers directly, and none of {vip.messages} messages through the VIP: {why}"
        )
    return None


def _missing_members(results: Sequence[TargetResult]) -> Iterator[_Reason]:
    """Name the members that should have answered, through the VIP or directly, and never did."""
    answered = {name for result in results for name in result.answered_by}
    expected = {
        member.name
        for result in results
        if result.target.direct or result.target.distribution is Distribution.ROUND_ROBIN
        for member in result.target.expected
    }
    missing = sorted(expected - answered)
    if missing and "" in answered:
        yield _Reason(
            Conclusion.INCONCLUSIVE,
            "not every answer names a member (see --backend-pattern), so it is not known whether"
            f" these answered: {_listed(missing)}",
        )
    elif missing:
        yield _wrong(f"never answered: {_listed(missing)}")


def _wrong(line: str) -> _Reason:
    return _Reason(Conclusion.WRONG, line)


def _listed(names: Iterable[str]) -> str:
    return printable(", ".join(names), 4 * _MAX_NAME_LENGTH)


def _socket(member: Member) -> tuple[str, int]:
    return member.address, member.protocol_port
