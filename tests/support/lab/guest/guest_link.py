# SPDX-License-Identifier: Apache-2.0

"""The guest's end of the host link: listens where servers of the host seem to be.

``python -m tests.support.lab.guest.guest_link LINE PORT ...`` listens on each port of the loopback
of the namespace that it is started in, and prints ``ready``. It ends with the line.
"""

import asyncio
import functools
import os
import sys
import tty

from tests.support.lab import multiplexer

_LOOPBACK = "127.0.0.1"


async def serve(number: int, ports: list[int]) -> None:
    """Carry what connects to the ports over a serial line, until that is closed."""
    line = os.open(f"/dev/ttyS{number}", os.O_RDWR | os.O_NOCTTY)
    tty.setraw(line)
    link = multiplexer.Multiplexer(line, {})
    for port in ports:
        connect = functools.partial(link.connect, port)
        await asyncio.start_server(connect, _LOOPBACK, port, backlog=multiplexer.MOST)
    print("ready", flush=True)
    await link.serve()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), [int(port) for port in sys.argv[2:]]))
