# SPDX-License-Identifier: Apache-2.0

"""The words for what a client has seen, on the page that compares the providers."""

import pytest

from kuryrsctp.addresses import Endpoint
from kuryrsctp.model import Outcome
from kuryrsctp.sctp.messages import Exchange
from tests.support.comparison import seen
from tests.support.lab import topology

A, B = (f"{pod.name}: HELLO, I AM ALIVE!!!".encode() for pod in topology.PODS)
VIP = Endpoint("10.0.0.158", 90)


def exchange(outcome: Outcome, answer: bytes = b"", detail: str = "") -> Exchange:
    return Exchange(1, VIP, outcome, answer=answer, detail=detail)


def answers(*given: bytes) -> list[Exchange]:
    return [exchange(Outcome.ANSWERED, answer) for answer in given]


def test_outcomes_are_told_with_who_answered_and_who_sent_an_error() -> None:
    sent = "port unreachable (ICMP type 3 code 3 from {})"
    mixed = [
        *answers(B, A),
        exchange(Outcome.TIMEOUT),
        exchange(Outcome.NO_BACKEND, detail=sent.format(VIP.address)),
        exchange(Outcome.NO_BACKEND, detail=sent.format(topology.PODS[0].ipv4)),
    ]
    assert seen.words(mixed, VIP.address) == (
        "``ANSWERED`` by A and B,"
        " ``NO_BACKEND`` (ICMP type 3 code 3 from the VIP),"
        " ``NO_BACKEND`` (ICMP type 3 code 3 from the pod),"
        " ``TIMEOUT``"
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((A, B, A, B), "to A and B in turn"),
        ((A, A, B, A), "to A and B, in no order"),
        ((B, B, B, B), "always to the same member"),
    ],
)
def test_the_order_of_answers_has_words(given: tuple[bytes, ...], words: str) -> None:
    assert seen.order(answers(*given)) == words


def test_messages_that_were_not_all_answered_have_no_order() -> None:
    lost = exchange(Outcome.TIMEOUT)
    assert seen.order([*answers(A), lost, *answers(A), lost]) == "``ANSWERED`` by A, ``TIMEOUT``"
