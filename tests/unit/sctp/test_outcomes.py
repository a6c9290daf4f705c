# SPDX-License-Identifier: Apache-2.0


import errno

import pytest

from kuryrsctp.model import Outcome
from kuryrsctp.sctp.outcomes import from_connect_error, from_io_error


def outcome(
    code: int, seconds: float = 0.0, aborted: bool = False, handshake_begun: bool | None = None
) -> Outcome | None:
    failure = from_connect_error(code, seconds, aborted=aborted, handshake_begun=handshake_begun)
    return failure.outcome if failure else None


def test_a_refusal_with_an_abort_is_a_closed_port_and_without_is_icmp() -> None:
    assert outcome(errno.ECONNREFUSED, aborted=True) is Outcome.REFUSED
    assert outcome(errno.ECONNREFUSED, aborted=False) is Outcome.NO_BACKEND


def test_an_abort_after_the_peer_had_answered_is_an_application_that_does_not_accept() -> None:
    for handshake_begun, expected in (
        (True, Outcome.NOT_ACCEPTING),
        (False, Outcome.REFUSED),
        (None, Outcome.REFUSED),
    ):
        assert (
            outcome(errno.ECONNREFUSED, aborted=True, handshake_begun=handshake_begun) is expected
        )


def test_without_a_raw_socket_the_detail_names_the_capability_that_is_missing() -> None:
    failure = from_connect_error(errno.ECONNREFUSED, 0.0, aborted=True, handshake_begun=None)
    assert failure is not None
    assert "CAP_NET_RAW" in failure.detail


def test_an_answer_that_breaks_off_says_how_much_of_it_had_come() -> None:
    failure = from_io_error(errno.ECONNRESET, 4096)
    assert failure is not None
    assert "after 4096 bytes of the answer" in failure.detail


def test_an_unreachable_host_means_a_firewall_unless_it_took_three_arp_requests() -> None:
    assert outcome(errno.EHOSTUNREACH, 0.001) is Outcome.PROHIBITED
    assert outcome(errno.EHOSTUNREACH, 1.02) is Outcome.PROHIBITED
    assert outcome(errno.EHOSTUNREACH, 3.1) is Outcome.UNREACHABLE


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOBUFS, errno.EINVAL])
def test_an_error_of_this_host_says_nothing_about_the_peer(code: int) -> None:
    assert outcome(code) is None
    assert from_io_error(code) is None


def test_a_reset_is_a_lost_association() -> None:
    failure = from_io_error(errno.ECONNRESET)
    assert failure is not None
    assert failure.outcome is Outcome.LOST
    assert failure.detail == "the association broke: connection reset by peer"
