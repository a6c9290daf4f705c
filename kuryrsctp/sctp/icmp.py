# SPDX-License-Identifier: Apache-2.0

"""Reads ICMP errors from a raw socket: their type and code, and who sent them.

Linux puts no ICMP error of an SCTP socket into its error queue (IP_RECVERR), and gives the same
errno for several codes: EHOSTUNREACH for a host that is down and for a firewall that rejects.
"""

import socket
import struct
from typing import NamedTuple

from kuryrsctp.sctp.rawsockets import (
    ACCEPT,
    JUMP_EQUAL,
    LOAD_BYTE,
    LOAD_BYTE_AFTER_HEADER,
    LOAD_HEADER_LENGTH,
    REJECT,
    AssociationKey,
    Instruction,
    RawReceiver,
)

_HEADER_LENGTH = 8  # of the ICMP error; the packet that it is about follows
_PORTS = struct.Struct("!HH")
# Where IP has its protocol and the destination, and how long an IPv6 header is.
_PROTOCOL_V4, _DESTINATION_V4 = 9, slice(16, 20)
_PROTOCOL_V6, _DESTINATION_V6, _LENGTH_V6 = 6, slice(24, 40), 40

_PROTOCOLS: dict[int, int] = {
    socket.AF_INET: socket.IPPROTO_ICMP,
    socket.AF_INET6: socket.IPPROTO_ICMPV6,
}
_ONLY_SCTP: tuple[Instruction, ...] = ((JUMP_EQUAL, 0, 1, socket.IPPROTO_SCTP), ACCEPT, REJECT)
# An echo or another message may have the same byte there: `_read` looks at the type as well.
_FILTERS: dict[int, tuple[Instruction, ...]] = {
    socket.AF_INET: (
        (LOAD_HEADER_LENGTH, 0, 0, 0),
        (LOAD_BYTE_AFTER_HEADER, 0, 0, _HEADER_LENGTH + _PROTOCOL_V4),
        *_ONLY_SCTP,
    ),
    socket.AF_INET6: ((LOAD_BYTE, 0, 0, _HEADER_LENGTH + _PROTOCOL_V6), *_ONLY_SCTP),
}
_UNREACHABLE_V4, _TIME_EXCEEDED_V4 = 3, 11
# Unreachable, too big, time exceeded.
_ERRORS: dict[int, frozenset[int]] = {
    socket.AF_INET: frozenset((_UNREACHABLE_V4, _TIME_EXCEEDED_V4)),
    socket.AF_INET6: frozenset((1, 2, 3)),
}


class IcmpError(NamedTuple):
    """An ICMP error, or an ICMPv6 error, about a packet of an association."""

    family: int
    kind: int
    code: int
    sender: str

    def __str__(self) -> str:
        """Return its type, code and sender."""
        name = "ICMPv6" if self.family == socket.AF_INET6 else "ICMP"
        return f"{name} type {self.kind} code {self.code} from {self.sender}"


def icmp_errors() -> RawReceiver[IcmpError]:
    """Return a receiver of the ICMP errors about packets of SCTP."""
    return RawReceiver(_PROTOCOLS, _FILTERS, _read)


def _read(family: int, packet: bytes, sender: str) -> tuple[AssociationKey, IcmpError] | None:
    original = packet[_HEADER_LENGTH:]
    if not original or packet[0] not in _ERRORS[family]:
        return None
    if family == socket.AF_INET:
        length, destination = (original[0] & 0xF) * 4, original[_DESTINATION_V4]
    else:
        length, destination = _LENGTH_V6, original[_DESTINATION_V6]
    if len(original) < length + _PORTS.size or length < _DESTINATION_V4.stop:
        return None
    local_port, port = _PORTS.unpack_from(original, length)
    key = AssociationKey(socket.inet_ntop(family, destination), port, local_port)
    return key, IcmpError(family, packet[0], packet[1], sender)
