# SPDX-License-Identifier: Apache-2.0

"""ABORTs, ICMP errors and the kernel's other errors as outcomes and words (RFC 9260; Linux)."""

import errno
import os

from kuryrsctp.model import Outcome

# The kernel sends three ARP requests or neighbour solicitations, a second apart, before it reports
# that a host is down. A rejection comes with the first INIT or, where a firewall limits the rate
# of its rejections, with the next.
ADDRESS_RESOLUTION = 2.5

_CONNECT = {
    errno.ETIMEDOUT: (Outcome.TIMEOUT, "no association: no reply"),
    errno.ENOPROTOOPT: (Outcome.PEER_LACKS_SCTP, "protocol unreachable: the peer has no SCTP"),
    errno.EACCES: (Outcome.PROHIBITED, "administratively prohibited: a firewall rejects"),
    errno.ENETUNREACH: (Outcome.UNREACHABLE, "network unreachable"),
    errno.EHOSTDOWN: (Outcome.UNREACHABLE, "host unknown"),
    errno.ENONET: (Outcome.UNREACHABLE, "host isolated"),
}
_PORT_UNREACHABLE = (
    Outcome.NO_BACKEND,
    "port unreachable: no live member, or a firewall rejects",
)
# By whether the handshake had begun, None if that is not known.
_ABORTED = {
    True: (Outcome.NOT_ACCEPTING, "aborted in the handshake: the application does not accept"),
    False: (Outcome.REFUSED, "aborted: nothing listens"),
    None: (
        Outcome.REFUSED,
        "aborted: nothing listens, or it does not accept (CAP_NET_RAW is needed to tell)",
    ),
}
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


def from_connect_error(
    code: int, seconds: float, *, aborted: bool, handshake_begun: bool | None = None
) -> ExchangeFailed | None:
    """Return what an error of connect() means; None if it says nothing about the peer.

    `seconds` is how long the error took to come. `aborted` tells whether the association
    ended with it: an ABORT ends it, an ICMP message does not, and both come as ECONNREFUSED.
    `handshake_begun` tells whether the peer had answered the INIT before it aborted, None if
    that could not be seen.
    """
    if code == errno.ECONNREFUSED:
        return ExchangeFailed(*(_ABORTED[handshake_begun] if aborted else _PORT_UNREACHABLE))
    if code == errno.EHOSTUNREACH:
        if seconds < ADDRESS_RESOLUTION:
            return ExchangeFailed(
                Outcome.PROHIBITED, "host unreachable or prohibited: a firewall rejects"
            )
        return ExchangeFailed(
            Outcome.UNREACHABLE, f"host unreachable after {seconds:.1f} s: the host is down"
        )
    return ExchangeFailed(*_CONNECT[code]) if code in _CONNECT else None


def from_io_error(code: int | None, received: int = 0) -> ExchangeFailed | None:
    """Return what an error of an association means; None if it says nothing about the peer.

    `received` is how many bytes of the answer had come.
    """
    if code not in _BROKEN:
        return None
    after = f" after {received} bytes of the answer" if received else ""
    return ExchangeFailed(
        Outcome.LOST, f"the association broke{after}: {os.strerror(code).lower()}"
    )
