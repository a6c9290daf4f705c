# SPDX-License-Identifier: Apache-2.0

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuryrsctp.addresses import Endpoint
from kuryrsctp.model import Member, Outcome
from kuryrsctp.prober.outages import MAX_OUTAGES, Outage, OutageDetector
from kuryrsctp.prober.targets import Target
from kuryrsctp.sctp.messages import Exchange

VIP = Endpoint("10.0.0.158", 90)


def member(name: str) -> Member:
    return Member(name, name, "10.0.0.75", 9090, 1, True, "ACTIVE", "NO_MONITOR")


ONE = Target(VIP, (member("a"),), direct=True)
TWO = Target(VIP, (member("a"), member("b")))


def outages(target: Target, answers: str, start: float = 0.0) -> tuple[Outage, ...]:
    """Detect outages in a message each second: a letter answers, `.` is silent, `!` refuses."""
    detector = OutageDetector(target)
    for seq, letter in enumerate(answers):
        outcome = {".": Outcome.TIMEOUT, "!": Outcome.REFUSED}.get(letter, Outcome.ANSWERED)
        backend = letter if outcome is Outcome.ANSWERED else ""
        detector.add(Exchange(seq + 1, VIP, outcome, sent_at=start + seq), backend)
    return detector.outages()


def test_an_outage_lasts_from_the_first_failure_to_the_first_answer_after() -> None:
    (outage,) = outages(ONE, "aa!..aa")
    assert (outage.began, outage.ended, outage.seconds) == (2, 5, 3)
    assert (outage.messages, outage.before, outage.after) == (3, "a", "a")
    assert outage.failures == ((Outcome.TIMEOUT, 2), (Outcome.REFUSED, 1))


def test_the_turns_of_other_members_do_not_end_an_outage() -> None:
    (outage,) = outages(TWO, "abab.b.b.bababab")
    assert (outage.began, outage.ended) == (4, 9)
    assert (outage.messages, outage.failures) == (5, ((Outcome.TIMEOUT, 3),))
    assert (outage.before, outage.after) == ("b", "b")


def test_unknown_members_take_turns_as_well() -> None:
    (outage,) = outages(Target(VIP), ".b.b.bababab")
    assert (outage.began, outage.ended, outage.messages) == (0, 5, 5)


def test_an_outage_may_not_be_over() -> None:
    (outage,) = outages(ONE, "aa..")
    assert (outage.ended, outage.seconds, outage.after) == (None, None, "")
    assert "not over: 2 of 2 messages not answered (2 TIMEOUT), last before: a" in str(outage)


def test_who_answers_after_an_outage_may_be_another() -> None:
    (outage,) = outages(TWO, "aaa..bbb")
    assert (outage.before, outage.after) == ("a", "b")


def test_an_outage_is_a_line_in_local_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.localtime", __import__("time").gmtime)
    (outage,) = outages(ONE, "a..\x1b", start=1_700_000_000.25)
    assert str(outage) == (
        "10.0.0.158:90: outage from 2023-11-14 22:13:21.250, 2.000 s: 2 of 2 messages not answered"
        " (2 TIMEOUT), last before: a, first after: \\x1b"
    )


def test_answers_that_are_not_expected_are_not_said_to_be_missing() -> None:
    detector = OutageDetector(ONE)
    detector.add(Exchange(1, VIP, Outcome.UNEXPECTED, sent_at=1.0), "a")
    (outage,) = detector.outages()
    assert "1 of 1 messages not answered as expected (1 UNEXPECTED)" in str(outage)


@given(st.text("ab.!", max_size=60))
def test_every_failure_is_in_one_outage_and_outages_do_not_overlap(answers: str) -> None:
    detected = outages(TWO, answers)
    failed = sum(count for outage in detected for _, count in outage.failures)
    assert failed == answers.count(".") + answers.count("!")
    for outage, following in itertools.pairwise(detected):
        assert outage.ended is not None
        assert outage.began < outage.ended < following.began


@given(st.integers(1, 20), st.integers(1, 20), st.integers(2, 20))
def test_an_outage_of_everything_is_known_to_the_message(
    before: int, length: int, after: int
) -> None:
    (outage,) = outages(TWO, "a" * before + "." * length + "b" * after)
    assert (outage.began, outage.seconds, outage.messages) == (before, length, length)


def test_more_outages_than_are_kept_are_counted() -> None:
    detector = OutageDetector(ONE)
    for seq in range(2 * MAX_OUTAGES + 20):
        outcome = Outcome.ANSWERED if seq % 2 else Outcome.LOST
        detector.add(Exchange(seq, VIP, outcome, sent_at=float(seq)), "a")
    assert (len(detector.outages()), detector.not_kept) == (MAX_OUTAGES, 10)
