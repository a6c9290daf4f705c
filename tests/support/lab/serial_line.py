# SPDX-License-Identifier: Apache-2.0

"""Frames over a serial line of the guest that never holds more than its reader has room for.

A line towards the guest stops for good once its buffer of 4096 bytes is full, and no end learns it.
So each end sends at most `WINDOW` bytes that the other has not said it has read.
"""

import asyncio
import enum
import os
import struct
from collections.abc import Callable

WINDOW = 3072
STALL_TIMEOUT = 60.0
"""Seconds after which a line that takes nothing any more is given up."""

_HEADER = struct.Struct("!BHH")
_READ_AT_ONCE = 1 << 16


class Kind(enum.IntEnum):
    """What a frame says of a stream; only DATA has more than a header, which ends in a number."""

    OPEN = 1
    """Connect to this port."""
    DATA = 2
    """So many bytes follow."""
    HANDED_ON = 3
    """So many bytes were handed on; as many more may be sent."""
    END = 4
    """No more bytes come."""
    GONE = 5
    """This is the last frame of this stream."""
    READ = 6
    """So many bytes of the line were read."""


Deliver = Callable[[Kind, int, int, bytes], None]
"""Takes a frame: its kind, its stream, its number, its bytes."""


class Line:
    """One end of a serial line; `deliver` is called with each frame and must not wait."""

    def __init__(self, descriptor: int, deliver: Deliver) -> None:
        self._descriptor = descriptor
        self._deliver = deliver
        self._turn = asyncio.Lock()
        self._room = asyncio.Event()
        self._unread = 0
        self._taken = 0
        self._output = bytearray()
        self._input = bytearray()
        self._loop = asyncio.get_running_loop()
        self.closed = asyncio.Event()
        os.set_blocking(descriptor, False)
        self._loop.add_reader(descriptor, self._read)

    async def send(self, kind: Kind, stream: int, number: int = 0, data: bytes = b"") -> None:
        """Send a frame when its turn has come and the other end has room for it.

        Raises ConnectionError when the line is closed, or takes nothing any more.
        """
        frame = _HEADER.pack(kind, stream, number) + data
        async with self._turn:
            while self._unread + len(frame) > WINDOW and not self.closed.is_set():
                self._room.clear()
                try:
                    await asyncio.wait_for(self._room.wait(), STALL_TIMEOUT)
                except asyncio.TimeoutError:
                    self.close()
            if self.closed.is_set():
                raise ConnectionError("the serial line is closed")
            self._unread += len(frame)
            self._write(frame)

    def close(self) -> None:
        """Stop; whoever waits for room learns it."""
        if not self.closed.is_set():
            self._loop.remove_reader(self._descriptor)
            self._loop.remove_writer(self._descriptor)
        self.closed.set()
        self._room.set()

    def _write(self, frame: bytes = b"") -> None:
        self._output += frame
        try:
            while self._output:
                del self._output[: os.write(self._descriptor, self._output)]
        except BlockingIOError:
            self._loop.add_writer(self._descriptor, self._write)
        except OSError:
            self.close()
        else:
            self._loop.remove_writer(self._descriptor)

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, _READ_AT_ONCE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            return
        self._input += data
        while self._next():
            pass
        # These need no room of their own: no more than four are on their way at once.
        if self._taken >= WINDOW // 4:
            taken, self._taken = self._taken, 0
            self._write(_HEADER.pack(Kind.READ, 0, taken))

    def _next(self) -> bool:
        """Take one frame out of what was read; return whether there was one."""
        if len(self._input) < _HEADER.size:
            return False
        kind, stream, number = _HEADER.unpack_from(self._input)
        size = _HEADER.size + (number if kind == Kind.DATA else 0)
        if len(self._input) < size:
            return False
        data = bytes(self._input[_HEADER.size : size])
        del self._input[:size]
        if kind == Kind.READ:
            self._unread -= number
            self._room.set()
        else:
            self._taken += size
            self._deliver(Kind(kind), stream, number, data)
        return True
