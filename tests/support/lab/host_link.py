# SPDX-License-Identifier: Apache-2.0

"""The host's end of the host link: lets the guest's client reach servers of this host.

The client finds them on its own loopback at the very ports that they have on this host's, so that
a URL such as those of a catalogue holds in both places.
"""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Collection, Iterator

from tests.support.lab import multiplexer, topology, uml
from tests.support.lab.errors import LabError
from tests.support.lab.machine import Lab

_LOOPBACK = "127.0.0.1"
_START_TIMEOUT = 30.0
_STOP_TIMEOUT = 20.0


@contextlib.contextmanager
def to_host(lab: Lab, ports: Collection[int], namespace: str = topology.CLIENT) -> Iterator[None]:
    """Let a namespace of a lab that has a link reach TCP ports of this host's loopback.

    Raises LabError when the guest's end does not come up.
    """
    if lab.link is None:
        raise LabError("this lab was started without a link to the host")
    argv = ["/usr/bin/python3", "-S", "-m", "tests.support.lab.guest.guest_link", str(uml.LINK)]
    with _HostEnd(lab.link, ports):
        guest_end = lab.spawn([*argv, *map(str, ports)], ns=namespace)
        try:
            guest_end.wait_for("ready", _START_TIMEOUT)
            yield
        finally:
            guest_end.kill()
            guest_end.close()


class _HostEnd:
    """A thread that connects the guest's connections to servers of this host."""

    def __init__(self, line: socket.socket, ports: Collection[int]) -> None:
        self._line = line
        self._servers = {port: (_LOOPBACK, port) for port in ports}
        self._loop = asyncio.new_event_loop()
        self._serving: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="host link", daemon=True)

    def __enter__(self) -> "_HostEnd":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended with the guest
            self._loop.call_soon_threadsafe(self._cancel)
        self._thread.join(_STOP_TIMEOUT)

    def _run(self) -> None:
        with contextlib.closing(self._loop), contextlib.suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        self._serving = asyncio.current_task()
        await multiplexer.Multiplexer(self._line.fileno(), self._servers).serve()

    def _cancel(self) -> None:
        if self._serving is not None:
            self._serving.cancel()
