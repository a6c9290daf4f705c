# SPDX-License-Identifier: Apache-2.0

"""What a listener's counters, before and after a probe, prove about its messages. No I/O.

Others may use the listener as well, so its counters are only a bound: fewer new associations than
were sent from here prove a loss before the load balancer, more prove nothing.
"""

from collections import Counter
from dataclasses import dataclass

from kuryrsctp.addresses import Endpoint
from kuryrsctp.model import ListenerStatistics, Outcome

# A member took part in the handshake, so the load balancer must have counted the association.
_REACHED_A_MEMBER = (
    Outcome.ANSWERED,
    Outcome.UNEXPECTED,
    Outcome.NO_ANSWER,
    Outcome.LOST,
    Outcome.NOT_ACCEPTING,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerCounters:
    """The counters of the listener of one target, before and after the messages.

    - `target`: the endpoint that the messages were sent to
    - `before`, `after`: the counters (`ListenerStatistics`), None if they could not be read.
      They are as old as the load balancer's last report, up to about 12 seconds.
    - `waited`: seconds from the end of the last message until `after` was read
    - `is_current`: whether the load balancer is known to have made `after` when all messages had
      ended
    - `meaning`: what this proves about the messages, as a sentence
    """

    target: Endpoint
    before: ListenerStatistics | None = None
    after: ListenerStatistics | None = None
    waited: float = 0.0
    is_current: bool = False
    meaning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How much a listener's counters have grown."""

    associations: int
    bytes_in: int
    bytes_out: int

    @classmethod
    def between(cls, before: ListenerStatistics, after: ListenerStatistics) -> "Growth":
        """Return how much they have grown from one report to another."""
        return cls(
            associations=after.total_connections - before.total_connections,
            bytes_in=after.bytes_in - before.bytes_in,
            bytes_out=after.bytes_out - before.bytes_out,
        )

    @property
    def is_reset(self) -> bool:
        """Whether a counter is smaller than before."""
        return min(self.associations, self.bytes_in, self.bytes_out) < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of the messages to one target: each had an association of its own.

    With `from_one_port`, the load balancer may have counted several as one association.
    """

    outcomes: Counter[Outcome]
    from_one_port: bool = False

    @property
    def messages(self) -> int:
        """How many messages were sent."""
        return self.outcomes.total()

    @property
    def all_answered(self) -> bool:
        """Whether every message was answered."""
        return self.messages == self.outcomes[Outcome.ANSWERED]

    @property
    def reached_a_member(self) -> int:
        """How many messages a member has replied to, through the load balancer."""
        return sum(self.outcomes[outcome] for outcome in _REACHED_A_MEMBER)

    @property
    def silent(self) -> int:
        """How many messages nobody has replied to."""
        return self.outcomes[Outcome.TIMEOUT]

    @property
    def rejected(self) -> int:
        """How many messages were rejected, by whomever on the way."""
        return self.messages - self.reached_a_member - self.silent


def explain(
    growth: Growth, sent: Sent, *, waited: float, is_current: bool, was_changed: bool = False
) -> str:
    """Return what counters prove about the messages to a target, as a sentence.

    `waited` and `is_current` are those of `ListenerCounters`. `was_changed` tells whether the load
    balancer was changed at the same time.
    """
    if growth.is_reset:
        return "the load balancer's counters were reset: they say nothing about these messages"
    if was_changed and not sent.all_answered:
        return (
            "the load balancer was changed at this time, which can reset its counters: they say"
            " nothing about these messages"
        )
    if growth.associations < sent.reached_a_member and not sent.from_one_port:
        return (
            f"the load balancer's reports, up to {waited:.0f} s later, do not have all associations"
            " that a member replied to: its counters say nothing about these messages"
        )
    if sent.all_answered:
        return (
            "every message was answered; the load balancer counted"
            f" {_associations(growth.associations)}, {growth.bytes_in} bytes from clients,"
            f" {growth.bytes_out} bytes to them"
        )
    if proof := _proof(growth, sent):
        doubt = _doubt(growth, sent, None if is_current else waited)
        return f"{proof}, unless {doubt}" if doubt else proof
    return _bound(growth, sent)


def _proof(growth: Growth, sent: Sent) -> str:
    """Return on which side of the load balancer messages are lost, "" if that is not proved."""
    missing = _missing(growth, sent)
    nothing_back = growth.associations and not growth.bytes_out
    if missing == sent.messages:
        got = f"the load balancer got none of {_associations(missing)}"
        return f"{got}: they were {_before(sent)}"
    if missing:
        line = (
            f"the load balancer got at most {growth.associations} of"
            f" {_associations(sent.messages)}: at least {missing} were {_before(sent)}"
        )
        return f"{line}; it passed nothing back: {_BEHIND}" if nothing_back else line
    if nothing_back:
        return (
            f"the load balancer got {_associations(growth.associations)}, {sent.messages} sent from"
            f" here, and it passed nothing back: {_BEHIND}"
        )
    return ""


def _missing(growth: Growth, sent: Sent) -> int:
    """Return how many messages the load balancer has not counted at least."""
    # Without a byte, no message can have been part of an association that was counted earlier.
    if sent.from_one_port and growth.bytes_in:
        return 0
    return max(0, sent.messages - growth.associations)


def _bound(growth: Growth, sent: Sent) -> str:
    """Return what holds if nobody else uses the listener, or that nothing can be told."""
    if sent.from_one_port:
        return (
            "messages from one port can share an association, so the load balancer's counters do"
            " not show where they are lost"
        )
    if growth.associations > sent.messages:
        return (
            f"the load balancer got {_associations(growth.associations)}, {sent.messages} sent from"
            " here: some are other clients' or an earlier probe's, so its counters do not show"
            " where messages are lost"
        )
    if sent.silent == sent.messages:
        then = (
            f"the {growth.bytes_out} bytes that it passed back (answers or ICMP errors) were lost"
            " on the way to this host, or came too late"
        )
    elif sent.rejected == sent.messages:
        then = "the rejections come from behind it"
    else:
        then = "no message was lost before it"
    return (
        f"the load balancer got {_associations(growth.associations)}, as many as were sent from"
        f" here: if all of them are this probe's, {then}"
    )


_BEHIND = "what it got was lost behind it (members, their security groups)"


def _before(sent: Sent) -> str:
    if not sent.rejected:
        return "lost before it (route, floating IP, the VIP's security group)"
    verb = "lost or rejected" if sent.silent else "rejected"
    return f"{verb} before a member got them: by the load balancer, or on the way to it"


def _doubt(growth: Growth, sent: Sent, waited: float | None) -> str:
    """Return why the counters may be too low, "" if they cannot be.

    `waited` is None if the last report is newer than the messages. Reports travel over UDP, and
    each has only what was counted since the one before.
    """
    if waited is None:
        lost = "one of its reports was lost: repeat the probe to be sure"
        return lost if _missing(growth, sent) else ""
    if growth == Growth(associations=0, bytes_in=0, bytes_out=0):
        return f"it does not report: its counters did not change within {waited:.0f} s"
    return f"it reports late: none of its reports within {waited:.0f} s is newer than the messages"


def _associations(number: int) -> str:
    return f"{number} association{'' if number == 1 else 's'}"
