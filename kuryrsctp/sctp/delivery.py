# SPDX-License-Identifier: Apache-2.0

"""Did the peer's kernel acknowledge the message? (SCTP_STATUS: RFC 6458, section 8.2.1)"""

import socket
import struct
from dataclasses import dataclass

# linux/sctp.h
_SCTP_STATUS = 14
_SCTP_GET_ASSOC_STATS = 112

# struct sctp_status: the peer's window and the chunks that are not acknowledged; after them the
# size of a fragment, and in the primary path's struct sctp_paddrinfo the path MTU.
_STATUS = struct.Struct("@8xIH6xI")
_STATUS_SIZE, _PATH_MTU = 176, 172
# struct sctp_assoc_stats: the SACKs that came, and the chunks that were sent again.
_STATS = struct.Struct("@144xQ24xQ")
_STATS_SIZE = 256

# A message that is longer makes a packet longer than any of the handshake that got through.
_LONG_MESSAGE = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How far a message got, as this host's kernel knows it.

    - `unacknowledged`: chunks that were sent, and not acknowledged
    - `acknowledgements`: SACKs that came, None if not known
    - `retransmissions`: chunks that were sent again, None if not known
    - `window`: bytes that the peer still takes
    - `fragment`: the most bytes of a message that are sent as one chunk
    - `path_mtu`: the longest packet that this host sends, in bytes
    """

    unacknowledged: int
    acknowledgements: int | None
    retransmissions: int | None
    window: int
    fragment: int
    path_mtu: int


def read_delivery(association: socket.socket) -> Delivery | None:
    """Return how far the message of an association got; None if the kernel does not tell."""
    try:
        status = association.getsockopt(socket.IPPROTO_SCTP, _SCTP_STATUS, _STATUS_SIZE)
    except OSError:
        return None
    if len(status) < _STATUS_SIZE:
        return None
    window, unacknowledged, fragment = _STATUS.unpack_from(status)
    (path_mtu,) = struct.unpack_from("@I", status, _PATH_MTU)
    acknowledgements, retransmissions = _counters(association)
    return Delivery(
        unacknowledged=unacknowledged,
        acknowledgements=acknowledgements,
        retransmissions=retransmissions,
        window=window,
        fragment=fragment,
        path_mtu=path_mtu,
    )


def no_answer(delivery: Delivery | None, length: int) -> str:
    """Say what is known of a message of `length` bytes that was not answered in time."""
    if delivery is None:
        return (
            "associated and sent, but no answer came; it is not known whether the peer's kernel"
            " acknowledged the message"
        )
    if not delivery.unacknowledged:
        return "the peer's kernel acknowledged the message, but no answer came"
    lost = "lost on the way" + (" (path MTU?)" if length > _LONG_MESSAGE else "")
    packets = min(delivery.path_mtu, length + delivery.path_mtu - delivery.fragment)
    sent = f", sent in packets of up to {packets} bytes" if length > _LONG_MESSAGE else ""
    if delivery.acknowledgements == 0 or length <= delivery.fragment:
        # The first retransmission comes after a second. Before that, the way may just be long.
        slow = "" if delivery.retransmissions else ", or slower than the deadline"
        return f"the peer's kernel never acknowledged the message: {lost}{slow}{sent}"
    if delivery.acknowledgements and delivery.window < delivery.fragment:
        return (
            "the peer's kernel acknowledged only a part of the message, and its receive window is"
            " full: the program does not read, or reads slowly"
        )
    return (
        "the peer's kernel did not acknowledge the whole message: the rest was"
        f" {lost}, or slower than the deadline{sent}"
    )


def _counters(association: socket.socket) -> tuple[int | None, int | None]:
    """Return the SACKs that came and the chunks that were sent again, None where not known."""
    try:
        stats = association.getsockopt(socket.IPPROTO_SCTP, _SCTP_GET_ASSOC_STATS, _STATS_SIZE)
    except OSError:
        return None, None
    # Where integers of 64 bits are aligned otherwise, the structure is shorter.
    if len(stats) != _STATS_SIZE:
        return None, None
    acknowledgements, retransmissions = _STATS.unpack_from(stats)
    return acknowledgements, retransmissions
