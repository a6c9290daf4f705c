# SPDX-License-Identifier: Apache-2.0

"""A server that answers every message of every association with the same bytes."""

import errno
import logging
import resource
import selectors
import socket
import time
from collections import OrderedDict
from collections.abc import Sequence

from kuryrsctp.sctp.sockets import LINGER_ABORT, READ_SIZE

LOG = logging.getLogger(__name__)

# The limits for a client, and for all of them together.
IDLE_TIMEOUT = 300.0
MAX_MESSAGE_SIZE = 1 << 20
MAX_ASSOCIATIONS = 512

# Descriptors of this process that are not associations.
_OWN_DESCRIPTORS = 32
_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class _Client:
    """One association: the bytes of a message received so far, and whether an answer is due."""

    def __init__(self, association: socket.socket, peer: str) -> None:
        self.socket = association
        self.peer = peer
        self.received = 0
        self.due = False
        self.active = time.monotonic()


class Server:
    """An event loop over listening sockets and their associations.

    While a client does not read its answer, nothing more is read from it. A client that is
    idle for too long or sends too long a message is aborted. When there are too many clients,
    the one that has been idle for longest is aborted.
    """

    def __init__(
        self, listeners: Sequence[socket.socket], answer: bytes, idle_timeout: float = IDLE_TIMEOUT
    ) -> None:
        """Take over the listening sockets, which do not block; `idle_timeout` is in seconds."""
        self._answer = answer
        self._idle_timeout = idle_timeout
        self._listeners = tuple(listeners)
        self._clients: OrderedDict[int, _Client] = OrderedDict()  # the one idle for longest first
        self._selector = selectors.DefaultSelector()
        descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._max_associations = max(1, min(MAX_ASSOCIATIONS, descriptors - _OWN_DESCRIPTORS))
        for listener in self._listeners:
            self._selector.register(listener, selectors.EVENT_READ)

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop listening, and shut all associations down."""
        for client in list(self._clients.values()):
            self._drop(client)
        self._selector.close()
        for listener in self._listeners:
            listener.close()

    def serve(self, until: socket.socket) -> None:
        """Serve until `until` becomes readable."""
        self._selector.register(until, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select(self._seconds_until_idle()):
                if key.fileobj is until:
                    return
                if key.fileobj in self._listeners:
                    self._accept(key.fileobj)
                elif key.fd in self._clients:
                    self._handle(self._clients[key.fd])
            self._drop_idle()

    def _seconds_until_idle(self) -> float | None:
        """Return the seconds until a client has been idle for too long, None without a client."""
        if not self._clients:
            return None
        longest_idle = next(iter(self._clients.values()))
        return max(0.0, longest_idle.active + self._idle_timeout - time.monotonic())

    def _accept(self, listener: socket.socket) -> None:
        # Accept once for each event: on an SCTP socket, the accept() that finds no further
        # association takes a tick of the kernel's clock (4 to 10 ms).
        try:
            association, peer = listener.accept()
        except OSError as error:
            if error.errno not in _EXHAUSTED:
                return  # the client is gone already
            if not self._clients:
                raise
            self._abort_longest_idle(f"no resources: {error.strerror}")
            return
        association.setblocking(False)
        if len(self._clients) >= self._max_associations:
            self._abort_longest_idle("too many associations")
        client = _Client(association, f"{peer[0]} port {peer[1]}")
        self._clients[association.fileno()] = client
        self._selector.register(association, selectors.EVENT_READ)

    def _handle(self, client: _Client) -> None:
        try:
            if client.due:
                self._send(client)
            else:
                self._receive(client)
        except BlockingIOError:
            return
        except OSError as error:
            LOG.info("%s: %s", client.peer, error.strerror)
            self._drop(client)

    def _receive(self, client: _Client) -> None:
        data, _, flags, _ = client.socket.recvmsg(READ_SIZE)
        self._touch(client)
        if not data:
            self._drop(client)
            return
        client.received += len(data)
        if client.received > MAX_MESSAGE_SIZE:
            self._abort(client, "the message is too long")
        elif flags & socket.MSG_EOR:
            client.due = True
            self._selector.modify(client.socket, selectors.EVENT_WRITE)
            self._send(client)

    def _send(self, client: _Client) -> None:
        client.socket.send(self._answer)
        self._touch(client)
        LOG.info("%s: answered a message of %d bytes", client.peer, client.received)
        client.received, client.due = 0, False
        self._selector.modify(client.socket, selectors.EVENT_READ)

    def _touch(self, client: _Client) -> None:
        client.active = time.monotonic()
        self._clients.move_to_end(client.socket.fileno())

    def _drop_idle(self) -> None:
        while self._seconds_until_idle() == 0:
            self._abort_longest_idle(f"idle for {self._idle_timeout:g} s")

    def _abort_longest_idle(self, reason: str) -> None:
        self._abort(next(iter(self._clients.values())), reason)

    def _abort(self, client: _Client, reason: str) -> None:
        LOG.info("%s: aborted: %s", client.peer, reason)
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ABORT)
        self._drop(client)

    def _drop(self, client: _Client) -> None:
        self._selector.unregister(client.socket)
        del self._clients[client.socket.fileno()]
        client.socket.close()
