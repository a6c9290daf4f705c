# SPDX-License-Identifier: Apache-2.0

"""ABORTs, ICMP errors and the kernel's other errors as outcomes and words (RFC 9260; Linux)."""

import errno
import os
import socket

from kuryrsctp.model import Outcome
from kuryrsctp.sctp.icmp import IcmpError

_CONNECT = {
    errno.ETIMEDOUT: (Outcome.TIMEOUT, "no association: no reply"),
    errno.ENOPROTOOPT: (
        Outcome.PEER_LACKS_SCTP,
        "protocol unreachable: the peer has no SCTP, or a firewall rejects",
    ),
    errno.ECONNREFUSED: (
        Outcome.NO_BACKEND,
        "port unreachable: a load balancer has no live member for the port, or a firewall rejects",
    ),
    # Only IPv6 has an errno of its own for this.
    errno.EACCES: (
        Outcome.PROHIBITED,
        "administratively prohibited: a firewall or router rejects",
    ),
    errno.EHOSTDOWN: (Outcome.UNREACHABLE, "host unknown"),
    errno.ENONET: (Outcome.UNREACHABLE, "host isolated"),
}
# A router that cannot forward and a firewall that rejects have these in common: the code of the
# ICMP error tells them apart.
_AMBIGUOUS = {
    errno.EHOSTUNREACH: "host unreachable, or a firewall rejects",
    errno.ENETUNREACH: "network unreachable, or a firewall rejects",
}
_NETWORK_UNREACHABLE = (Outcome.UNREACHABLE, "network unreachable")
_HOST_UNREACHABLE = (Outcome.UNREACHABLE, "host unreachable")
_PROHIBITED = (Outcome.PROHIBITED, "administratively prohibited: a firewall or router rejects")
_LOOP = (Outcome.UNREACHABLE, "the packets passed too many routers: is there a routing loop?")
# By family, type and code (RFC 792, 1122, 1812 and 4443).
_ICMP: dict[tuple[int, int, int], tuple[Outcome, str]] = {
    (socket.AF_INET, 3, 0): _NETWORK_UNREACHABLE,
    (socket.AF_INET, 3, 1): _HOST_UNREACHABLE,
    (socket.AF_INET, 3, 6): (Outcome.UNREACHABLE, "network unknown"),
    (socket.AF_INET, 3, 9): _PROHIBITED,
    (socket.AF_INET, 3, 10): _PROHIBITED,
    (socket.AF_INET, 3, 11): _NETWORK_UNREACHABLE,
    (socket.AF_INET, 3, 12): _HOST_UNREACHABLE,
    (socket.AF_INET, 3, 13): _PROHIBITED,
    (socket.AF_INET, 11, 0): _LOOP,
    (socket.AF_INET6, 1, 0): _NETWORK_UNREACHABLE,
    (socket.AF_INET6, 1, 1): _PROHIBITED,
    (socket.AF_INET6, 1, 3): _HOST_UNREACHABLE,
    (socket.AF_INET6, 1, 5): _PROHIBITED,
    (socket.AF_INET6, 1, 6): _PROHIBITED,
    (socket.AF_INET6, 3, 0): _LOOP,
}
# By whether the handshake had begun, None if that is not known.
_ABORTED = {
    True: (Outcome.NOT_ACCEPTING, "aborted in the handshake: the application does not accept"),
    False: (Outcome.REFUSED, "aborted: nothing listens"),
    None: (
        Outcome.REFUSED,
        "aborted: nothing listens, or it does not accept (CAP_NET_RAW is needed to tell)",
    ),
}
# The kernel gives an association up when it has sent data or heartbeats again and again.
_NOT_ACKNOWLEDGED = "what was sent was never acknowledged: lost on the way, or the peer is gone"
_BROKEN = frozenset(
    (
        errno.ECONNABORTED,
        errno.ECONNREFUSED,
        errno.ECONNRESET,
        errno.ENOTCONN,
        errno.EPIPE,
        errno.ESHUTDOWN,
        errno.ETIMEDOUT,
    )
)


class ExchangeFailed(Exception):
    """An exchange ended without an answer: `outcome`, and in `detail` what was seen."""

    def __init__(self, outcome: Outcome, detail: str) -> None:
        """Keep the outcome, and what was seen."""
        super().__init__(detail)
        self.outcome = outcome
        self.detail = detail


def from_abort(handshake_begun: bool | None) -> ExchangeFailed:
    """Return what an ABORT of connect() means.

    `handshake_begun` tells whether the peer had answered the INIT before it aborted, None if
    that could not be seen.
    """
    return ExchangeFailed(*_ABORTED[handshake_begun])


def from_connect_error(
    code: int, icmp: IcmpError | None, *, hears_icmp: bool
) -> ExchangeFailed | None:
    """Return what an error of connect() that is no ABORT means; None if it is not the peer's.

    `icmp` is the ICMP error behind it, if that was received; `hears_icmp` tells whether it could
    be. The time that an error took does not tell its cause: a router that waits for an address
    already, or knows that nobody has it, answers at once.
    """
    if icmp and (meaning := _ICMP.get((icmp.family, icmp.kind, icmp.code))):
        outcome, words = meaning
    elif code in _AMBIGUOUS:
        outcome, words = Outcome.UNREACHABLE, _AMBIGUOUS[code]
        if not hears_icmp:
            words += " (CAP_NET_RAW is needed to tell)"
    elif code in _CONNECT:
        outcome, words = _CONNECT[code]
    else:
        return None
    return ExchangeFailed(outcome, f"{words} ({icmp})" if icmp else words)


def from_io_error(code: int | None, received: int = 0) -> ExchangeFailed | None:
    """Return what an error of an association means; None if it says nothing about the peer.

    `received` is how many bytes of the answer had come.
    """
    if code not in _BROKEN:
        return None
    after = f" after {received} bytes of the answer" if received else ""
    reason = _NOT_ACKNOWLEDGED if code == errno.ETIMEDOUT else os.strerror(code).lower()
    return ExchangeFailed(Outcome.LOST, f"the association broke{after}: {reason}")
