# SPDX-License-Identifier: Apache-2.0


"""Reads ABORTs from a raw socket: did one answer the INIT, or a later packet?"""

import ctypes
import socket
import struct
from collections import deque
from typing import NamedTuple

from kuryrsctp.sctp.route import Route

_ABORT, _T_BIT = 6, 1
_COMMON_HEADER = struct.Struct("!HH8xBB")  # ports, and the first chunk's type and flags
_SNAPSHOT = 96
_MAX_REMEMBERED = 1024

# linux/filter.h: struct sock_filter and its codes
_ATTACH_FILTER = 26
_LOAD_BYTE, _LOAD_BYTE_AFTER_HEADER, _LOAD_HEADER_LENGTH = 0x30, 0x50, 0xB1
_JUMP_EQUAL, _RETURN = 0x15, 0x06
_CHUNK_TYPE = 12
_ONLY_ABORTS = (
    (_JUMP_EQUAL, 0, 1, _ABORT),
    (_RETURN, 0, 0, _SNAPSHOT),
    (_RETURN, 0, 0, 0),
)
_FILTERS: dict[int, tuple[tuple[int, int, int, int], ...]] = {
    # A raw IPv4 socket gets the IP header with the packet, an IPv6 one does not.
    socket.AF_INET: (
        (_LOAD_HEADER_LENGTH, 0, 0, 0),
        (_LOAD_BYTE_AFTER_HEADER, 0, 0, _CHUNK_TYPE),
        *_ONLY_ABORTS,
    ),
    socket.AF_INET6: ((_LOAD_BYTE, 0, 0, _CHUNK_TYPE), *_ONLY_ABORTS),
}


class _Abort(NamedTuple):
    address: str
    port: int
    local_port: int
    handshake_begun: bool


class Aborts:
    """Receives the ABORTs that come to this host, if this process may (CAP_NET_RAW).

    A host where nothing listens on the port answers an INIT with an ABORT that has the INIT's
    own tag. A host whose queue for accept() is full answers the COOKIE ECHO. It has kept nothing
    of the handshake, so its ABORT has the packet's own tag, and the T bit says so (RFC 9260,
    section 8.4).
    """

    def __init__(self) -> None:
        """Start without a socket."""
        self._sockets: dict[int, socket.socket | None] = {}
        self._received: deque[_Abort] = deque(maxlen=_MAX_REMEMBERED)

    def listen(self, family: int) -> None:
        """Listen on an address family from now on, if that is allowed."""
        if family not in self._sockets:
            self._sockets[family] = _raw_socket(family)

    def handshake_begun(self, route: Route, local_port: int | None) -> bool | None:
        """Return whether the handshake had begun that the peer aborted, None if not known."""
        self._receive(route.family)
        association = (route.address[0], route.address[1], local_port)
        for abort in reversed(self._received):
            if abort[:3] == association:
                return abort.handshake_begun
        return None

    def close(self) -> None:
        """Stop listening."""
        for raw_socket in self._sockets.values():
            if raw_socket:
                raw_socket.close()
        self._sockets.clear()

    def _receive(self, family: int) -> None:
        raw_socket = self._sockets.get(family)
        while raw_socket:
            try:
                packet, sender = raw_socket.recvfrom(_SNAPSHOT)
            except BlockingIOError:
                return
            header = (packet[0] & 0xF) * 4 if family == socket.AF_INET and packet else 0
            if len(packet) < header + _COMMON_HEADER.size:
                continue
            port, local_port, kind, flags = _COMMON_HEADER.unpack_from(packet, header)
            if kind == _ABORT:
                self._received.append(_Abort(sender[0], port, local_port, bool(flags & _T_BIT)))


def _raw_socket(family: int) -> socket.socket | None:
    try:
        kind = socket.SOCK_RAW | socket.SOCK_NONBLOCK
        raw_socket = socket.socket(family, kind, socket.IPPROTO_SCTP)
    except OSError:
        return None
    code = b"".join(struct.pack("@HBBI", *instruction) for instruction in _FILTERS[family])
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HP", len(_FILTERS[family]), ctypes.addressof(buffer))
    try:
        raw_socket.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, program)
    except OSError:
        raw_socket.close()
        return None
    return raw_socket
