# SPDX-License-Identifier: Apache-2.0

import socket

import pytest

from kuryrsctp.sctp.delivery import Delivery, no_answer, read_delivery

SHORT, LONG, HUGE = 21, 1400, 60_000


def words(
    length: int,
    unacknowledged: int = 1,
    acknowledgements: int | None = 0,
    retransmissions: int | None = 2,
    window: int = 100_000,
) -> str:
    delivery = Delivery(
        unacknowledged=unacknowledged,
        acknowledgements=acknowledgements,
        retransmissions=retransmissions,
        window=window,
        fragment=1452,
        path_mtu=1500,
    )
    return no_answer(delivery, length)


def test_a_message_that_was_acknowledged_was_not_lost() -> None:
    detail = "the peer's kernel acknowledged the message, but no answer came"
    assert words(LONG, unacknowledged=0, acknowledgements=1) == detail
    assert words(HUGE, unacknowledged=0, acknowledgements=None) == detail


def test_a_message_that_was_never_acknowledged_was_lost() -> None:
    assert words(SHORT) == "the peer's kernel never acknowledged the message: lost on the way"
    assert words(LONG) == (
        "the peer's kernel never acknowledged the message: lost on the way (path MTU?), sent in"
        " packets of up to 1448 bytes"
    )
    assert words(HUGE).endswith("sent in packets of up to 1500 bytes")


def test_a_message_that_was_not_sent_again_may_only_be_slow() -> None:
    for retransmissions in (0, None):
        assert "lost on the way, or slower than the deadline" in words(
            SHORT, retransmissions=retransmissions
        )
    assert "slower" not in words(SHORT)


def test_a_message_of_which_a_part_was_acknowledged_is_not_said_to_be_lost() -> None:
    detail = words(HUGE, unacknowledged=2, acknowledgements=3)
    assert detail.startswith("the peer's kernel did not acknowledge the whole message: the rest")
    assert words(HUGE, unacknowledged=2, acknowledgements=None) == detail
    assert "never" not in detail


@pytest.mark.parametrize("window", [0, 740])
def test_a_peer_with_a_full_receive_window_does_not_read(window: int) -> None:
    assert words(HUGE, acknowledgements=3, window=window) == (
        "the peer's kernel acknowledged only a part of the message, and its receive window is"
        " full: the program does not read, or reads slowly"
    )


def test_where_the_kernel_does_not_tell_it_is_left_open() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as no_association:
        assert read_delivery(no_association) is None
    assert no_answer(None, LONG) == (
        "associated and sent, but no answer came; it is not known whether the peer's kernel"
        " acknowledged the message"
    )
