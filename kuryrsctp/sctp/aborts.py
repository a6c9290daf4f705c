# SPDX-License-Identifier: Apache-2.0

"""Reads ABORTs from a raw socket: did one answer the INIT, or a later packet?

A host where nothing listens on the port answers an INIT with an ABORT that has the INIT's own
tag. A host whose queue for accept() is full answers the COOKIE ECHO. It has kept nothing of the
handshake, so its ABORT has the packet's own tag, and the T bit says so (RFC 9260, section 8.4).
"""

import socket
import struct

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

_ABORT, _T_BIT = 6, 1
_COMMON_HEADER = struct.Struct("!HH8xBB")  # ports, and the first chunk's type and flags
_CHUNK_TYPE = 12
_ONLY_ABORTS: tuple[Instruction, ...] = ((JUMP_EQUAL, 0, 1, _ABORT), ACCEPT, REJECT)
_PROTOCOLS: dict[int, int] = {
    socket.AF_INET: socket.IPPROTO_SCTP,
    socket.AF_INET6: socket.IPPROTO_SCTP,
}
_FILTERS: dict[int, tuple[Instruction, ...]] = {
    socket.AF_INET: (
        (LOAD_HEADER_LENGTH, 0, 0, 0),
        (LOAD_BYTE_AFTER_HEADER, 0, 0, _CHUNK_TYPE),
        *_ONLY_ABORTS,
    ),
    socket.AF_INET6: ((LOAD_BYTE, 0, 0, _CHUNK_TYPE), *_ONLY_ABORTS),
}


def aborts() -> RawReceiver[bool]:
    """Return a receiver of ABORTs: each tells whether the handshake had begun."""
    return RawReceiver(_PROTOCOLS, _FILTERS, _read)


def _read(_family: int, packet: bytes, sender: str) -> tuple[AssociationKey, bool] | None:
    if len(packet) < _COMMON_HEADER.size:
        return None
    port, local_port, kind, flags = _COMMON_HEADER.unpack_from(packet)
    if kind != _ABORT:
        return None
    return AssociationKey(sender, port, local_port), bool(flags & _T_BIT)
