# SPDX-License-Identifier: Apache-2.0


"""One association from a client's side, no call of which waits past a deadline."""

import errno
import itertools
import os
import select
import socket
import struct
import time
from collections.abc import Iterable
from types import TracebackType

from kuryrsctp.errors import Inconclusive, UsageError
from kuryrsctp.model import Outcome
from kuryrsctp.sctp.aborts import Aborts
from kuryrsctp.sctp.eventloop import Task, WaitFor
from kuryrsctp.sctp.outcomes import ExchangeFailed, from_connect_error, from_io_error
from kuryrsctp.sctp.route import Route
from kuryrsctp.sctp.sockets import (
    IP_RECVERR,
    IPV6_RECVERR,
    RTO,
    SCTP_INITMSG,
    SCTP_RTOINFO,
    SCTP_SNDINFO,
    SCTP_UNORDERED,
    client_socket,
    has_association,
    peer_addresses,
)

_ABORT = struct.pack("@ii", 1, 0)
_STREAMS, _MAX_STREAMS = 10, 65535  # that Linux asks for, and may be asked for
_CHUNK = 65536
_PORTS = 65536
_PATIENCE = 0.01
# A peer this near needs none of the care that is taken of one that may not be there.
_NEAR = 0.002
_END_OF_RECORD = int(socket.MSG_EOR)


class Association:
    """A one-to-one style socket with one association (RFC 6458, 4).

    `local_port` is the source port once it is bound. `peers` are the addresses that the
    peer announced for its end (RFC 9260, 3.3.3), once there is an association. `begun` is when
    the deadline began to run, in seconds on the monotonic clock: with the first wait for the
    port or the peer, before which nothing takes time.
    """

    def __init__(self, route: Route, timeout: float, *, streams: int = 1) -> None:
        """Open a socket for the way to a target; nothing is sent.

        `timeout` is the one deadline, in seconds, of all that waits; `streams` is how many
        outgoing streams are needed. Raises SctpUnavailable, Inconclusive.
        """
        self.local_port: int | None = None
        self.peers: tuple[str, ...] = ()
        self.begun: float | None = None
        self._route = route
        self._timeout = timeout
        self._socket = client_socket(route.family)
        try:
            self._socket.setsockopt(socket.IPPROTO_SCTP, SCTP_RTOINFO, RTO)
            if streams > _STREAMS:
                init = struct.pack("@HHHH", min(streams, _MAX_STREAMS), 0, 0, 0)
                self._socket.setsockopt(socket.IPPROTO_SCTP, SCTP_INITMSG, init)
        except OSError as error:
            self._socket.close()
            raise self._unexpected(error.errno) from error

    def __enter__(self) -> "Association":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Shut the association down; abort it if the exchange failed.

        The kernel would keep retransmitting to a silent peer for minutes.
        """
        if kind is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
        self._socket.close()

    def bind(self, ports: Iterable[int]) -> None:
        """Take the next free one of `ports` as the source port.

        The association has the one source address of its route: others would be announced
        to the peer, and NAT does not translate those.

        Raises ExchangeFailed, Inconclusive.
        """
        for port in itertools.islice(ports, _PORTS):
            if self._bind(port):
                return
        raise Inconclusive("every source port of this host is in use")

    def bind_fixed(self, port: int) -> Task[None]:
        """Take the source port given, as soon as its last association has shut down.

        Raises ExchangeFailed, Inconclusive.
        """
        while not self._bind(port):
            now = time.monotonic()
            if now >= self._end(now):
                raise Inconclusive(f"source port {port} of this host is in use")
            yield WaitFor(now, min(now + _PATIENCE, self._end(now)))

    def connect(self, aborts: Aborts) -> Task[float]:
        """Associate with the target; return when that was done, on the monotonic clock.

        `aborts` has been listening on the family. Raises ExchangeFailed, Inconclusive.
        """
        code = self._socket.connect_ex(self._route.address)
        if code != errno.EINPROGRESS:
            raise self._unexpected(code)
        up, now = self._is_up(), time.monotonic()
        end = self._end(now)
        if up:
            return now
        near = WaitFor(now, min(now + _NEAR, end), self._socket.fileno(), select.POLLOUT)
        if (yield near) and self._is_up():
            return time.monotonic()
        begun = time.monotonic()
        code = yield from self._finish(begun)
        now = time.monotonic()
        if code:
            self._fail(code, now - begun, aborts)
        self._is_up()
        return now

    def send(
        self, message: bytes, *, ppid: int = 0, stream: int = 0, unordered: bool = False
    ) -> Task[None]:
        """Send one message whole.

        Raises ExchangeFailed, UsageError if the message does not fit or the peer lacks the stream.
        """
        ancillary = []
        if ppid or stream or unordered:
            # struct sctp_sndinfo (RFC 6458, 5.3.4): the PPID is passed on as it is.
            flags = SCTP_UNORDERED if unordered else 0
            info = struct.pack("@HHIIi", stream, flags, socket.htonl(ppid), 0, 0)
            ancillary.append((socket.IPPROTO_SCTP, SCTP_SNDINFO, info))
        while True:
            try:
                self._socket.sendmsg([message], ancillary)
                return
            except BlockingIOError:
                if not (yield self._wait(time.monotonic(), select.POLLOUT)):
                    raise ExchangeFailed(
                        Outcome.NO_ANSWER, "the message could not be sent"
                    ) from None
            except OSError as error:
                if error.errno == errno.EMSGSIZE:
                    raise UsageError(f"a message of {len(message)} bytes is too long") from error
                if error.errno == errno.EINVAL and stream:
                    raise UsageError(f"the peer takes no messages on stream {stream}") from error
                raise from_io_error(error.errno) or self._unexpected(error.errno) from error

    def receive(self, limit: int, now: float) -> Task[tuple[bytes, bool]]:
        """Return one message, or its first `limit` bytes, and whether it is whole.

        `now`, on the monotonic clock, saves a look at it. Raises ExchangeFailed.
        """
        message = bytearray()
        while len(message) <= limit:
            if not (yield self._wait(now, select.POLLIN)):
                raise ExchangeFailed(Outcome.NO_ANSWER, _silence(len(message)))
            try:
                data, _, flags, _ = self._socket.recvmsg(_CHUNK)
            except BlockingIOError:
                now = time.monotonic()
                continue
            except OSError as error:
                raise from_io_error(error.errno, len(message)) or self._unexpected(
                    error.errno
                ) from error
            if not data:
                raise ExchangeFailed(Outcome.LOST, "the peer shut the association down")
            message += data
            if flags & _END_OF_RECORD:
                break
            now = time.monotonic()
        return bytes(message[:limit]), len(message) <= limit

    def _bind(self, port: int) -> bool:
        host, _, *scope = self._route.source
        try:
            self._socket.bind((host, port, *scope))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            if error.errno == errno.EADDRNOTAVAIL:
                lost = f"this host has lost its address {host}"
                raise ExchangeFailed(Outcome.UNREACHABLE, lost) from error
            raise self._unexpected(error.errno) from error
        self.local_port = port
        return True

    def _is_up(self) -> bool:
        self.peers = peer_addresses(self._socket)
        return bool(self.peers)

    def _finish(self, now: float) -> Task[int]:
        """Wait from `now` on until the association is up; return what went wrong, or 0."""
        # SCTP itself does not report that there is no way, and waits.
        self._route.ensure_exists()
        level, option = (
            (socket.IPPROTO_IPV6, IPV6_RECVERR)
            if self._route.family == socket.AF_INET6
            else (socket.IPPROTO_IP, IP_RECVERR)
        )
        # ICMP errors are reported at once, not after all retransmissions.
        self._socket.setsockopt(level, option, 1)
        # One may have come before that or meanwhile; poll() does not tell of those.
        code = self._error()
        if not code:
            connected = yield self._wait(now, select.POLLOUT)
            code = self._error() or (0 if connected else errno.ETIMEDOUT)
        # From here on an ICMP error is a hint, and no end: the message may yet get through.
        self._socket.setsockopt(level, option, 0)
        return code

    def _fail(self, code: int, seconds: float, aborts: Aborts) -> None:
        """Raise what the error means that connect() ended with after `seconds`."""
        # An ABORT ends the association, an ICMP message does not; both come as ECONNREFUSED.
        aborted = code == errno.ECONNREFUSED and not has_association(
            self._socket, self._route.address
        )
        begun = aborts.had_begun(self._route, self.local_port) if aborted else None
        end = from_connect_error(code, seconds, aborted=aborted, begun=begun)
        raise end or from_io_error(code) or self._unexpected(code)

    def _error(self) -> int:
        return self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def _end(self, now: float) -> float:
        """Return the deadline, which begins to run when it is first asked for."""
        if self.begun is None:
            self.begun = now
        return self.begun + self._timeout

    def _wait(self, now: float, event: int) -> WaitFor:
        return WaitFor(now, self._end(now), self._socket.fileno(), event)

    def _unexpected(self, code: int | None) -> Inconclusive:
        return Inconclusive(f"{self._route.target}: {os.strerror(code or 0)}")


def _silence(received: int) -> str:
    if received:
        return f"the answer stopped after {received} bytes"
    return "associated, sent, no answer"
