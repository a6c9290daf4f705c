# SPDX-License-Identifier: Apache-2.0


"""What the kernel's errors say about the way to the peer (RFC 9260; Linux)."""

import errno
import os

from kuryrsctp.model import Outcome

# A host that does not answer ARP or neighbour solicitation is given up after three tries, a second
# apart. A rejection comes with the first INIT or, where rejections are rationed, with the next.
ADDRESS_RESOLUTION = 2.5

_CONNECT = {
    errno.ETIMEDOUT: (Outcome.TIMEOUT, "no association: silence"),
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
    """An exchange came to its end before its answer."""

    def __init__(self, outcome: Outcome, detail: str) -> None:
        """Say which outcome it is, and what was seen."""
        super().__init__(detail)
        self.outcome = outcome
        self.detail = detail


def from_connect_error(
    code: int, seconds: float, *, aborted: bool, begun: bool | None = None
) -> ExchangeFailed | None:
    """Say what an error of connect() means; None if it says nothing about the peer.

    `seconds` is how long the error took to come. `aborted` tells whether the
    association ended with it: an ABORT ends it, an ICMP message does not, and both
    come as ECONNREFUSED. `begun` tells whether the peer had answered the INIT before it
    aborted, None if that was not to be seen.
    """
    if code == errno.ECONNREFUSED:
        return ExchangeFailed(*_ABORTED[begun]) if aborted else ExchangeFailed(*_PORT_UNREACHABLE)
    if code == errno.EHOSTUNREACH:
        if seconds < ADDRESS_RESOLUTION:
            return ExchangeFailed(
                Outcome.PROHIBITED, "host unreachable or prohibited: a firewall rejects"
            )
        return ExchangeFailed(
            Outcome.UNREACHABLE, f"host unreachable after {seconds:.1f} s: host down"
        )
    return ExchangeFailed(*_CONNECT[code]) if code in _CONNECT else None


def from_io_error(code: int | None, received: int = 0) -> ExchangeFailed | None:
    """Say what an error of an association means; None if it says nothing about the peer.

    `received` is how many bytes of the answer had come.
    """
    if code not in _BROKEN:
        return None
    after = f" after {received} bytes of the answer" if received else ""
    return ExchangeFailed(
        Outcome.LOST, f"the association broke{after}: {os.strerror(code).lower()}"
    )
