# SPDX-License-Identifier: Apache-2.0

"""Many TCP connections over one serial line of the guest.

Whoever reads the line never waits for a connection, so that one which nobody reads holds up no
other; and of each connection at most `CREDIT` bytes wait to be handed on: memory is bounded.
"""

import asyncio
import contextlib
import itertools
import socket
import struct
from collections.abc import Mapping

from tests.support.lab.serial_line import Kind, Line

CREDIT = 32768
MOST = 256
"""Connections at a time; the next are refused."""
CONNECT_TIMEOUT = 10.0

_CHUNK = 1024


class Stream:
    """One TCP connection whose other half is at the other end of the line."""

    def __init__(self, line: Line, number: int) -> None:
        self._line = line
        self._number = number
        self._credit = CREDIT
        self._pending = bytearray()
        self._sent_all = self._got_all = self._peer_is_gone = False
        self._changed = asyncio.Event()
        self._broken = asyncio.Event()

    def take(self, kind: Kind, number: int, data: bytes) -> None:
        """Note what the other end says of this connection."""
        if kind == Kind.DATA:
            self._pending += data
        elif kind == Kind.HANDED_ON:
            self._credit += number
        elif kind == Kind.END:
            self._got_all = True
        elif kind == Kind.GONE:
            self._peer_is_gone = True
            if not (self._sent_all and self._got_all):
                self._broken.set()
        self._changed.set()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry a connection until both directions have ended, or either end breaks it off."""
        both = asyncio.ensure_future(self._carry(reader, writer))
        broken = asyncio.ensure_future(self._broken.wait())
        try:
            await asyncio.wait((both, broken), return_when=asyncio.FIRST_COMPLETED)
            if not both.done() or both.exception() is not None:
                _break_off(writer)
        finally:
            both.cancel()
            broken.cancel()
            await asyncio.gather(both, broken, return_exceptions=True)
            writer.close()
        await self.let_go()

    async def let_go(self) -> None:
        """Say that this was all, and wait until the other end has said so, too."""
        with contextlib.suppress(ConnectionError):
            await self._line.send(Kind.GONE, self._number)
            while not self._peer_is_gone:
                await self._change()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._send(reader))
            group.create_task(self._hand_on(writer))

    async def _send(self, reader: asyncio.StreamReader) -> None:
        while True:
            while self._credit == 0:
                await self._change()
            data = await reader.read(min(_CHUNK, self._credit))
            if not data:
                break
            self._credit -= len(data)
            await self._line.send(Kind.DATA, self._number, len(data), data)
        await self._line.send(Kind.END, self._number)
        self._sent_all = True

    async def _hand_on(self, writer: asyncio.StreamWriter) -> None:
        handed_on = 0
        while self._pending or not self._got_all:
            if not self._pending:
                await self._change()
                continue
            data = bytes(self._pending)
            self._pending.clear()
            writer.write(data)
            await writer.drain()
            handed_on += len(data)
            if handed_on >= CREDIT // 4:
                await self._line.send(Kind.HANDED_ON, self._number, handed_on)
                handed_on = 0
        writer.write_eof()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()


class Multiplexer:
    """One end of the line; `servers` are what the other end may connect to, by its port."""

    def __init__(self, line: int, servers: Mapping[int, tuple[str, int]]) -> None:
        self._line = Line(line, self._deliver)
        self._servers = servers
        self._streams: dict[int, Stream] = {}
        self._numbers = itertools.cycle(range(1 << 16))
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Return when the line is closed, and every connection with it."""
        try:
            await self._line.closed.wait()
        finally:
            self._line.close()
            for stream in self._streams.values():
                stream.take(Kind.GONE, 0, b"")
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=CONNECT_TIMEOUT)

    async def connect(
        self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Connect a connection of this end to a server of the other; return when it is over."""
        if len(self._streams) >= MOST or self._line.closed.is_set():
            _break_off(writer)
            return
        number = next(n for n in self._numbers if n not in self._streams)
        stream = self._streams[number] = Stream(self._line, number)
        try:
            await self._line.send(Kind.OPEN, number, port)
            await stream.carry(reader, writer)
        except ConnectionError:
            _break_off(writer)
        finally:
            del self._streams[number]

    def _deliver(self, kind: Kind, number: int, count: int, data: bytes) -> None:
        if kind == Kind.OPEN:
            stream = self._streams[number] = Stream(self._line, number)
            task = asyncio.ensure_future(self._answer(stream, number, count))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif number in self._streams:
            self._streams[number].take(kind, count, data)

    async def _answer(self, stream: Stream, number: int, port: int) -> None:
        try:
            opening = asyncio.open_connection(*self._servers[port])
            reader, writer = await asyncio.wait_for(opening, CONNECT_TIMEOUT)
        except (KeyError, OSError, asyncio.TimeoutError):
            await stream.let_go()
        else:
            await stream.carry(reader, writer)
        finally:
            del self._streams[number]


def _break_off(writer: asyncio.StreamWriter) -> None:
    """Let the connection's other side see that it did not end well."""
    with contextlib.suppress(OSError):
        opened: socket.socket = writer.get_extra_info("socket")
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
