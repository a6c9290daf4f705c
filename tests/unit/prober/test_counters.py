# SPDX-License-Identifier: Apache-2.0

"""What the growth of a listener's counters proves, and what it does not."""

from collections import Counter

import pytest

from kuryrsctp.model import ListenerStatistics, Outcome
from kuryrsctp.prober.counters import Growth, Sent, explain

BEFORE_IT = "lost before it (route, floating IP, the VIP's security group)"
BEHIND_IT = "what it got was lost behind it (members, their security groups)"
LOST_REPORT = "unless one of its reports was lost: repeat the probe to be sure"
NO_MEMBER = "before a member got them: by the load balancer, or on the way to it"


def explained(
    growth: tuple[int, int, int],
    *,
    one_port: bool = False,
    current: bool = True,
    changed: bool = False,
    **outcomes: int,
) -> str:
    """Explain a growth of associations, bytes in and bytes out; outcomes as in TIMEOUT=8."""
    associations, bytes_in, bytes_out = growth
    return explain(
        Growth(associations=associations, bytes_in=bytes_in, bytes_out=bytes_out),
        Sent(
            outcomes=Counter({Outcome(name): number for name, number in outcomes.items()}),
            from_one_port=one_port,
        ),
        waited=15,
        is_current=current,
        was_changed=changed,
    )


def test_fewer_associations_than_were_sent_prove_a_loss_before_it() -> None:
    assert explained((0, 0, 0), TIMEOUT=8) == (
        f"the load balancer got none of 8 associations: they were {BEFORE_IT}, {LOST_REPORT}"
    )
    assert explained((5, 500, 900), TIMEOUT=6, ANSWERED=2) == (
        f"the load balancer got at most 5 of 8 associations: at least 3 were {BEFORE_IT},"
        f" {LOST_REPORT}"
    )


def test_no_byte_out_proves_a_loss_behind_it_whoever_else_uses_it() -> None:
    assert explained((8, 1300, 0), TIMEOUT=8) == (
        "the load balancer got 8 associations, 8 sent from here, and it passed nothing back:"
        f" {BEHIND_IT}"
    )
    assert explained((30, 5000, 0), TIMEOUT=8).endswith(f"passed nothing back: {BEHIND_IT}")


def test_both_losses_are_told() -> None:
    assert explained((3, 400, 0), TIMEOUT=8) == (
        f"the load balancer got at most 3 of 8 associations: at least 5 were {BEFORE_IT}; it passed"
        f" nothing back: {BEHIND_IT}, {LOST_REPORT}"
    )


def test_a_rejection_that_it_did_not_count_came_from_no_member() -> None:
    assert explained((0, 0, 0), NO_BACKEND=8) == (
        f"the load balancer got none of 8 associations: they were rejected {NO_MEMBER},"
        f" {LOST_REPORT}"
    )
    assert f"they were rejected {NO_MEMBER}" in explained((0, 0, 0), REFUSED=8)
    assert f"they were lost or rejected {NO_MEMBER}" in explained(
        (0, 0, 0), PROHIBITED=4, TIMEOUT=4
    )


@pytest.mark.parametrize(
    ("outcomes", "likely"),
    [
        (
            {"TIMEOUT": 8},
            "the 900 bytes that it passed back (answers or ICMP errors) were lost on the way to"
            " this host, or came too late",
        ),
        ({"REFUSED": 8}, "the rejections come from behind it"),
        ({"PROHIBITED": 4, "UNREACHABLE": 4}, "the rejections come from behind it"),
        ({"ANSWERED": 4, "TIMEOUT": 4}, "no message was lost before it"),
        ({"NO_ANSWER": 8}, "no message was lost before it"),
    ],
)
def test_as_many_as_were_sent_is_only_likely_to_be_the_same(
    outcomes: dict[str, int], likely: str
) -> None:
    assert explained((8, 1300, 900), **outcomes) == (
        "the load balancer got 8 associations, as many as were sent from here: if all of them"
        f" are this probe's, {likely}"
    )


def test_more_associations_prove_nothing() -> None:
    assert explained((9, 1300, 900), TIMEOUT=8) == (
        "the load balancer got 9 associations, 8 sent from here: some are other clients' or an"
        " earlier probe's, so its counters do not show where messages are lost"
    )


@pytest.mark.parametrize("outcome", ["ANSWERED", "UNEXPECTED", "NO_ANSWER", "LOST"])
def test_counters_that_lack_an_association_with_a_member_are_out_of_date(outcome: str) -> None:
    line = explained((1, 100, 100), **{outcome: 2, "TIMEOUT": 6})
    assert line == (
        "the load balancer's reports, up to 15 s later, do not have all associations that a member"
        " replied to: its counters say nothing about these messages"
    )


def test_what_no_new_report_confirms_is_told_with_a_reservation() -> None:
    quiet = explained((0, 0, 0), TIMEOUT=8, current=False)
    assert quiet.endswith(", unless it does not report: its counters did not change within 15 s")
    late = explained((3, 400, 0), TIMEOUT=8, current=False)
    assert late.endswith(
        ", unless it reports late: none of its reports within 15 s is newer than the messages"
    )


@pytest.mark.parametrize("growth", [(-1, 5, 5), (1, -5, 5), (1, 5, -5)])
def test_a_reset_leaves_nothing_to_conclude(growth: tuple[int, int, int]) -> None:
    assert explained(growth, TIMEOUT=8) == (
        "the load balancer's counters were reset: they say nothing about these messages"
    )


def test_nor_does_a_change_of_the_load_balancer() -> None:
    assert explained((3, 5, 0), TIMEOUT=8, changed=True) == (
        "the load balancer was changed at this time, which can reset its counters: they say nothing"
        " about these messages"
    )


def test_messages_from_one_port_may_be_one_association() -> None:
    assert explained((1, 900, 900), TIMEOUT=8, one_port=True) == (
        "messages from one port can share an association, so the load balancer's counters do not"
        " show where they are lost"
    )
    assert explained((0, 900, 0), TIMEOUT=8, one_port=True).startswith("messages from one port")
    assert "got none of 8" in explained((0, 0, 0), TIMEOUT=8, one_port=True)
    assert explained((1, 900, 0), TIMEOUT=8, one_port=True).endswith(BEHIND_IT)


def test_answered_messages_leave_the_figures() -> None:
    assert explained((8, 4224, 4064), ANSWERED=8) == (
        "every message was answered; the load balancer counted 8 associations, 4224 bytes from"
        " clients, 4064 bytes to them"
    )


def test_a_single_association_is_counted_as_one() -> None:
    assert explained((0, 0, 0), TIMEOUT=1).startswith(
        "the load balancer got none of 1 association:"
    )


def test_growth_is_the_difference_of_two_reports() -> None:
    before = ListenerStatistics(
        total_connections=5, active_connections=9, bytes_in=10, bytes_out=20
    )
    after = ListenerStatistics(total_connections=7, active_connections=1, bytes_in=40, bytes_out=60)
    assert Growth.between(before, after) == Growth(associations=2, bytes_in=30, bytes_out=40)
