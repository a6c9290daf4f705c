# SPDX-License-Identifier: Apache-2.0

import errno
import socket

import pytest

from kuryrsctp.model import Outcome
from kuryrsctp.sctp.icmp import IcmpError
from kuryrsctp.sctp.outcomes import ExchangeFailed, from_abort, from_connect_error, from_io_error

ROUTER = "10.0.0.1"


def failed(code: int, *icmp: int, family: int = socket.AF_INET, hears: bool = True) -> str:
    """Return the outcome and the detail of an errno, and the ICMP type and code if heard."""
    heard = IcmpError(family, *icmp, ROUTER) if icmp else None
    failure = from_connect_error(code, heard, hears_icmp=hears)
    assert failure is not None
    return f"{failure.outcome.value}: {failure.detail}"


def test_an_abort_after_the_peer_had_answered_is_an_application_that_does_not_accept() -> None:
    for handshake_begun, expected in (
        (True, Outcome.NOT_ACCEPTING),
        (False, Outcome.REFUSED),
        (None, Outcome.REFUSED),
    ):
        assert from_abort(handshake_begun).outcome is expected


def test_without_a_raw_socket_the_detail_names_the_capability_that_is_missing() -> None:
    assert "CAP_NET_RAW" in from_abort(None).detail
    for code in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        assert failed(code, hears=False).endswith("(CAP_NET_RAW is needed to tell)")
        assert "CAP_NET_RAW" not in failed(code)


def test_a_refusal_without_an_abort_is_icmp() -> None:
    assert failed(errno.ECONNREFUSED) == (
        "NO_BACKEND: port unreachable: a load balancer has no live member for the port, or a"
        " firewall rejects"
    )
    assert failed(errno.ECONNREFUSED, 3, 3).endswith("(ICMP type 3 code 3 from 10.0.0.1)")


@pytest.mark.parametrize("code", [errno.EHOSTUNREACH, errno.ENETUNREACH])
def test_an_errno_that_has_two_causes_names_both(code: int) -> None:
    assert failed(code).startswith("UNREACHABLE: ")
    assert failed(code).endswith("unreachable, or a firewall rejects")


@pytest.mark.parametrize(
    ("code", "icmp", "expected"),
    [
        (errno.ENETUNREACH, (3, 0), "UNREACHABLE: network unreachable"),
        (errno.EHOSTUNREACH, (3, 1), "UNREACHABLE: host unreachable"),
        (errno.EHOSTUNREACH, (11, 0), "UNREACHABLE: the packets passed too many routers"),
        (errno.ENETUNREACH, (3, 9), "PROHIBITED: administratively prohibited"),
        (errno.EHOSTUNREACH, (3, 10), "PROHIBITED: administratively prohibited"),
        (errno.EHOSTUNREACH, (3, 13), "PROHIBITED: administratively prohibited"),
    ],
)
def test_the_code_of_an_icmp_error_tells_a_firewall_from_a_host_that_is_down(
    code: int, icmp: tuple[int, int], expected: str
) -> None:
    assert failed(code, *icmp).startswith(expected)
    assert failed(code, *icmp).endswith(f"(ICMP type {icmp[0]} code {icmp[1]} from 10.0.0.1)")
    assert ("firewall" in failed(code, *icmp)) is expected.startswith("PROHIBITED")


@pytest.mark.parametrize(
    ("code", "icmp", "outcome"),
    [
        (errno.ENETUNREACH, (1, 0), "UNREACHABLE"),
        (errno.EACCES, (1, 1), "PROHIBITED"),
        (errno.EHOSTUNREACH, (1, 3), "UNREACHABLE"),
        (errno.ECONNREFUSED, (1, 4), "NO_BACKEND"),
        (errno.EACCES, (1, 5), "PROHIBITED"),
        (errno.EACCES, (1, 6), "PROHIBITED"),
        (errno.EHOSTUNREACH, (3, 0), "UNREACHABLE"),
    ],
)
def test_icmpv6_has_codes_of_its_own(code: int, icmp: tuple[int, int], outcome: str) -> None:
    detail = failed(code, *icmp, family=socket.AF_INET6)
    assert detail.startswith(f"{outcome}: ")
    assert detail.endswith(f"(ICMPv6 type {icmp[0]} code {icmp[1]} from 10.0.0.1)")


def test_a_code_that_tells_nothing_more_leaves_both_causes_open() -> None:
    assert failed(errno.EHOSTUNREACH, 3, 14) == (
        "UNREACHABLE: host unreachable, or a firewall rejects (ICMP type 3 code 14 from 10.0.0.1)"
    )


def broken(code: int, received: int = 0) -> ExchangeFailed:
    failure = from_io_error(code, received)
    assert failure is not None
    assert failure.outcome is Outcome.LOST
    return failure


def test_an_answer_that_breaks_off_says_how_much_of_it_had_come() -> None:
    assert "after 4096 bytes of the answer" in broken(errno.ECONNRESET, 4096).detail


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOBUFS, errno.EINVAL])
def test_an_error_of_this_host_says_nothing_about_the_peer(code: int) -> None:
    assert from_connect_error(code, None, hears_icmp=True) is None
    assert from_io_error(code) is None


def test_a_reset_is_a_lost_association() -> None:
    assert broken(errno.ECONNRESET).detail == "the association broke: connection reset by peer"


def test_an_association_that_the_kernel_gave_up_was_not_ended_by_the_peer() -> None:
    assert broken(errno.ETIMEDOUT).detail == (
        "the association broke: what was sent was never acknowledged: lost on the way, or the peer"
        " is gone"
    )
