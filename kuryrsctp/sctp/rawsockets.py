# SPDX-License-Identifier: Apache-2.0

"""Receives packets on raw sockets, where this process may (CAP_NET_RAW)."""

import ctypes
import socket
import struct
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")

# linux/filter.h: struct sock_filter and its codes
_ATTACH_FILTER = 26
LOAD_BYTE, LOAD_BYTE_AFTER_HEADER, LOAD_HEADER_LENGTH = 0x30, 0x50, 0xB1
JUMP_EQUAL, _RETURN = 0x15, 0x06

Instruction = tuple[int, int, int, int]

SNAPSHOT = 160
"""Bytes of a packet that are read."""

ACCEPT: Instruction = (_RETURN, 0, 0, SNAPSHOT)
REJECT: Instruction = (_RETURN, 0, 0, 0)

_MAX_REMEMBERED = 1024


class AssociationKey(NamedTuple):
    """An association of this host: the peer's address and port, and the source port."""

    address: str
    port: int
    local_port: int | None


Reader = Callable[[int, bytes, str], tuple[AssociationKey, T] | None]


class RawReceiver(Generic[T]):
    """Remembers what the last packets of one kind say about this host's associations.

    `protocols` and `filters` are, for each address family, the protocol and the program that
    chooses its packets. `read` is called with the family, a packet without IP header, and its
    sender. It returns None for a packet that says nothing.
    """

    def __init__(
        self,
        protocols: Mapping[int, int],
        filters: Mapping[int, Sequence[Instruction]],
        read: Reader[T],
    ) -> None:
        """Start without a socket."""
        self._protocols = protocols
        self._filters = filters
        self._read = read
        self._sockets: dict[int, socket.socket | None] = {}
        self._received: deque[tuple[AssociationKey, T]] = deque(maxlen=_MAX_REMEMBERED)

    def listen(self, family: int) -> None:
        """Listen on an address family from now on, if that is allowed."""
        if family not in self._sockets:
            self._sockets[family] = _raw_socket(
                family, self._protocols[family], self._filters[family]
            )

    def listens(self, family: int) -> bool:
        """Return whether packets of an address family are received."""
        return self._sockets.get(family) is not None

    def take(self, family: int, key: AssociationKey) -> T | None:
        """Return what the last packet says about an association, and forget its packets.

        Another association may have the same source port later.
        """
        self._receive(family)
        key = key._replace(address=key.address.partition("%")[0])
        latest = next((value for about, value in reversed(self._received) if about == key), None)
        if latest is not None:
            others = (entry for entry in self._received if entry[0] != key)
            self._received = deque(others, maxlen=_MAX_REMEMBERED)
        return latest

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
                packet, sender = raw_socket.recvfrom(SNAPSHOT)
            except BlockingIOError:
                return
            # A raw IPv4 socket gets the IP header with the packet, an IPv6 one does not.
            header = (packet[0] & 0xF) * 4 if family == socket.AF_INET and packet else 0
            entry = self._read(family, packet[header:], sender[0].partition("%")[0])
            if entry:
                self._received.append(entry)


def _raw_socket(
    family: int, protocol: int, instructions: Sequence[Instruction]
) -> socket.socket | None:
    try:
        kind = socket.SOCK_RAW | socket.SOCK_NONBLOCK
        raw_socket = socket.socket(family, kind, protocol)
    except OSError:
        return None
    code = b"".join(struct.pack("@HBBI", *instruction) for instruction in instructions)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HP", len(instructions), ctypes.addressof(buffer))
    try:
        raw_socket.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, program)
    except OSError:
        raw_socket.close()
        return None
    return raw_socket
