# SPDX-License-Identifier: Apache-2.0

"""Concludes from who answered, and on which path, where a service is broken. No I/O."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kuryrsctp import makers
from kuryrsctp.addresses import Endpoint
from kuryrsctp.model import Conclusion, Member, Outcome
from kuryrsctp.prober.targets import Target
from kuryrsctp.providers.provider import Distribution
from kuryrsctp.terminal_text import printable

_MAX_NAME_LENGTH = 255
_BETWEEN = (
    "the load balancer, or what filters packets between here, the load balancer and the members, is"
    " at fault"
)
# What only a host that was reached replies with; an ICMP error may come from anywhere.
_REPLIES = (Outcome.NO_ANSWER, Outcome.REFUSED, Outcome.NOT_ACCEPTING, Outcome.LOST)


@dataclass(frozen=True, slots=True)
class TargetResult:
    """How many messages a target got, and how many of them each of its members answered.

    Answers that name no member are under "". `outcomes` has the messages by their outcome, and
    `unexpected_from` the members whose answers were not as expected.
    """

    target: Target
    messages: int
    answered_by: dict[str, int]
    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    unexpected_from: frozenset[str] = frozenset()

    @property
    def answered(self) -> int:
        """How many messages were answered."""
        return sum(self.answered_by.values())

    @property
    def complete(self) -> bool:
        """Whether every message was answered."""
        return self.messages == self.answered

    @property
    def is_idle(self) -> bool:
        """Whether it is a member, probed directly, that a health monitor has taken out of use."""
        return self.target.direct and self.target.members[0] in self.target.idle

    @property
    def replied(self) -> bool:
        """Whether a host was reached that did not answer."""
        return any(self.outcomes.get(outcome) for outcome in _REPLIES)


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
    # Where every member is idle, nobody has answered.
    in_use = [result for result in vips or direct if not result.is_idle]
    complete = all(result.complete for result in in_use or direct)
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
    name = vip.target.endpoint
    if not direct:
        yield _Reason(Conclusion.OK, f"{name}: it has no member to compare the load balancer with")
    elif any(result.outcomes.get(Outcome.UNEXPECTED) for result in (vip, *direct)):
        yield _wrong(
            f"{name}: some answers do not match --expect: that is no fault of the way there, and"
            " the members are not compared"
        )
    elif not vip.answered:
        yield _wrong(f"{name}: {_why_none(vip, direct)}")
    elif not any(result.answered for result in direct):
        yield _Reason(Conclusion.OK, f"{name}: {_why_not_direct(direct)}")
    else:
        yield from _compare_members(vip, direct)


def _why_none(vip: TargetResult, direct: Sequence[TargetResult]) -> str:
    """Say what is known where no message through the VIP was answered."""
    in_use = {_socket(member) for member in vip.target.expected}
    used = [result for result in direct if _socket(result.target.members[0]) in in_use]
    reached = [result for result in direct if result.answered]
    answer = f"{len(reached)} of {len(direct)} members answer directly and none through the VIP"
    if not reached:
        return (
            "no answer comes through the VIP, and none comes directly: it is not known whether the"
            " pods, the load balancer or the way from here is at fault"
        )
    if not used:
        return f"{answer}: the load balancer has no member that is in use"
    if not any(result.answered for result in used):
        return (
            f"{answer}: those that are in use do not answer directly either, so it is not known"
            " whether the pods, the load balancer or the way from here is at fault"
        )
    if all(result.complete for result in used):
        return f"{answer}: {_BETWEEN}"
    return (
        f"{answer}: {_BETWEEN}, unless all {vip.messages} messages went to members that do not"
        " answer"
    )


def _why_not_direct(direct: Iterable[TargetResult]) -> str:
    """Say what is known where answers come through the VIP, and none comes directly."""
    if any(result.replied for result in direct):
        return (
            "answers come through the VIP only: what has the members' addresses, as seen from here,"
            " does not answer; the members are not judged"
        )
    return (
        "answers come through the VIP only: the members cannot be reached from here and are not"
        " judged"
    )


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
    failed = f"{vip.messages - vip.answered} of {vip.messages} messages are not answered"
    in_use = {_socket(member) for member in vip.target.expected}
    if all(result.complete for result in direct if _socket(result.target.members[0]) in in_use):
        yield _wrong(
            f"{vip.target.endpoint}: the members answer directly, and through the VIP {failed}:"
            f" {_BETWEEN}"
        )
    else:
        yield _wrong(
            f"{vip.target.endpoint}: through the VIP {failed}: the members that do not answer"
            f" directly either may have got them; otherwise {_BETWEEN}"
        )


def _compare_member(vip: TargetResult, direct: TargetResult) -> _Reason | None:
    socket = _socket(direct.target.members[0])
    member = next(member for member in vip.target.members if _socket(member) == socket)
    name = f"{vip.target.endpoint}: {printable(label_of(member), _MAX_NAME_LENGTH)}"
    through_vip = bool(member.name and vip.answered_by.get(member.name))
    # It is known that a member did not answer through the VIP only where each message had its
    # turn and each answer a name.
    had_turn = (
        member in vip.target.expected
        and vip.target.distribution is Distribution.ROUND_ROBIN
        and vip.messages >= vip.target.round_length
        and not vip.answered_by.get("")
    )
    if not direct.answered and through_vip:
        return _Reason(
            Conclusion.OK,
            f"{name} answers through the VIP only: from here it does not answer, and is not judged",
        )
    if not direct.answered and not had_turn:
        return _Reason(
            Conclusion.OK,
            f"{name} does not answer directly; whether it answers through the VIP is not known",
        )
    if not direct.answered:
        idle = ", or the load balancer sends it nothing and this host cannot reach it"
        pod = "the pod" if makers.is_pod(member) else "the pod behind it, the node"
        return _wrong(
            f"{name} answers neither directly nor through the VIP: {pod}, or what filters its"
            f" traffic, is at fault{idle if vip.complete else ''}"
        )
    if not direct.complete:
        # Behind a node's port any pod of the Service may answer.
        pod = "that pod" if makers.is_pod(member) else "a pod behind it"
        return _wrong(
            f"{name} answers only {direct.answered} of {direct.messages} messages directly: {pod},"
            " or the path to it, is at fault"
        )
    if had_turn and not through_vip:
        why = (
            f"it got none of {vip.messages} messages: the load balancer does not use it, or other"
            " clients took its turns"
            if vip.complete
            else "the load balancer does not send to it, or what it sends there is dropped on the"
            " way"
        )
        return _wrong(f"{name} answers directly and never through the VIP: {why}")
    return None


def _missing_members(results: Sequence[TargetResult]) -> Iterator[_Reason]:
    """Name the members that should have answered, through the VIP or directly, and never did."""
    answered = {_socket(member) for result in results for member in _answering(result)}
    expected = {
        _socket(member): member
        for result in results
        if result.target.direct or result.target.distribution is Distribution.ROUND_ROBIN
        for member in result.target.expected
    }
    missing = [member for socket, member in expected.items() if socket not in answered]
    shared = Counter(member.name for member in expected.values())
    listed = printable(
        ", ".join(sorted(label_of(member, shared[member.name] > 1) for member in missing)),
        4 * _MAX_NAME_LENGTH,
    )
    unnamed = any(
        result.answered_by.get("") or "" in result.unexpected_from
        for result in results
        if not result.target.direct
    )
    if missing and unnamed:
        yield _Reason(
            Conclusion.INCONCLUSIVE,
            "not every answer names a member (see --backend-pattern), so it is not known whether"
            f" these answered: {listed}",
        )
    elif missing:
        yield _wrong(f"never answered: {listed}")


def _answering(result: TargetResult) -> Iterator[Member]:
    """Yield the members that answered; one that was probed directly is known by its address."""
    names = {name for name, count in result.answered_by.items() if count} | result.unexpected_from
    for member in result.target.members:
        if names and (result.target.direct or (member.name and member.name in names)):
            yield member


def label_of(member: Member, with_address: bool = False) -> str:
    """Return a member's name, or what tells it from others where its name does not."""
    endpoint = str(Endpoint(member.address, member.protocol_port))
    if not member.name:
        return endpoint
    return f"{member.name} ({endpoint})" if with_address else member.name


def _wrong(line: str) -> _Reason:
    return _Reason(Conclusion.WRONG, line)


def _socket(member: Member) -> tuple[str, int]:
    return member.address, member.protocol_port
