# SPDX-License-Identifier: Apache-2.0


"""Hearing with a raw socket whether an ABORT answers an INIT or what comes after it."""

import ctypes
import socket
import struct
from collections import deque
from typing import NamedTuple

from kuryrsctp.sctp.route import Route

_ABORT, _T_BIT = 6, 1
_COMMON_HEADER = struct.Struct("!HH8xBB")  # ports, and the first chunk's type and flags
_SNAPSHOT = 96
_REMEMBERED = 1024

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


class _Heard(NamedTuple):
    address: str
    port: int
    local_port: int
    begun: bool


class Aborts:
    """Hears the ABORTs that come to this host, if this process may (CAP_NET_RAW).

    Who has nothing listening answers an INIT, with an ABORT that has the INIT's own tag.
    Who has no room to accept answers the COOKIE ECHO, having kept nothing of the handshake:
    that ABORT reflects the packet's tag, and says so with its T bit (RFC 9260, 8.4).
    """

    def __init__(self) -> None:
        """Hear nothing yet."""
        self._sockets: dict[int, socket.socket | None] = {}
        self._heard: deque[_Heard] = deque(maxlen=_REMEMBERED)

    def listen(self, family: int) -> None:
        """Listen on an address family from now on, if that is allowed."""
        if family not in self._sockets:
            self._sockets[family] = _listener(family)

    def had_begun(self, route: Route, local_port: int | None) -> bool | None:
        """Tell whether the handshake had begun that an ABORT ended; None if it was not heard."""
        self._hear(route.family)
        for one in reversed(self._heard):
            if one[:3] == (route.address[0], route.address[1], local_port):
                return one.begun
        return None

    def close(self) -> None:
        """Listen no more."""
        for one in self._sockets.values():
            if one:
                one.close()
        self._sockets.clear()

    def _hear(self, family: int) -> None:
        listener = self._sockets.get(family)
        while listener:
            try:
                packet, sender = listener.recvfrom(_SNAPSHOT)
            except BlockingIOError:
                return
            header = (packet[0] & 0xF) * 4 if family == socket.AF_INET and packet else 0
            if len(packet) < header + _COMMON_HEADER.size:
                continue
            port, local_port, kind, flags = _COMMON_HEADER.unpack_from(packet, header)
            if kind == _ABORT:
                self._heard.append(_Heard(sender[0], port, local_port, bool(flags & _T_BIT)))


def _listener(family: int) -> socket.socket | None:
    try:
        kind = socket.SOCK_RAW | socket.SOCK_NONBLOCK
        listener = socket.socket(family, kind, socket.IPPROTO_SCTP)
    except OSError:
        return None
    code = b"".join(struct.pack("@HBBI", *line) for line in _FILTERS[family])
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HP", len(_FILTERS[family]), ctypes.addressof(buffer))
    try:
        listener.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, program)
    except OSError:
        listener.close()
        return None
    return listener
