# SPDX-License-Identifier: Apache-2.0

"""The client's side of one association; no call waits past its deadline."""

import errno
import itertools
import math
import os
import select
import socket
import struct
import time
from collections.abc import Iterable
from types import TracebackType

from kuryrsctp.errors import Inconclusive, UsageError
from kuryrsctp.model import Outcome
from kuryrsctp.sctp import delivery
from kuryrsctp.sctp.eventloop import Task, WaitFor, sleep_until
from kuryrsctp.sctp.icmp import IcmpError
from kuryrsctp.sctp.outcomes import (
    ExchangeFailed,
    from_abort,
    from_connect_error,
    from_io_error,
)
from kuryrsctp.sctp.rawsockets import AssociationKey, RawReceiver
from kuryrsctp.sctp.route import Route
from kuryrsctp.sctp.sockets import (
    IP_RECVERR,
    IPV6_RECVERR,
    LINGER_ABORT,
    READ_SIZE,
    RTO,
    SCTP_INITMSG,
    SCTP_RTOINFO,
    SCTP_SNDINFO,
    SCTP_UNORDERED,
    client_socket,
    has_association,
    peer_addresses,
)

# Outgoing streams: what Linux asks for by default, and the most that it can ask for.
_DEFAULT_STREAMS, _MAX_STREAMS = 10, 65535
_MAX_PORTS = 65536
_PORT_POLL_INTERVAL = 0.01
# A nearby peer completes the handshake in this time. Waiting for it takes a few system calls less
# than for one that may not be there: see `_await_handshake`.
_FAST_PEER_WAIT = 0.002
_END_OF_RECORD = int(socket.MSG_EOR)


class Association:
    """A one-to-one style socket with one association (RFC 6458, section 4).

    `began` is when its deadline began to run, in seconds on the monotonic clock: with the first
    call that may wait, None before. `local_port` is the source port, None until it is bound.
    `peers` are the addresses that the peer announced for its end (RFC 9260, section 3.3.3), none
    until the association is up.
    """

    def __init__(self, route: Route, timeout: float, *, streams: int = 1) -> None:
        """Open a socket for the route to a target; nothing is sent.

        `timeout` is the one deadline, in seconds, of everything that waits. `streams` is the
        number of outgoing streams that are needed.

        Raises SctpUnavailable, Inconclusive.
        """
        self.began: float | None = None
        self.local_port: int | None = None
        self.peers: tuple[str, ...] = ()
        self._route = route
        self._timeout = timeout
        self._icmp_errors: RawReceiver[IcmpError] | None = None
        self._sent_bytes = 0
        self._clock: float | None = None  # when it was read, if nothing has been waited for since
        self._deadline = math.inf
        self._socket = client_socket(route.family)
        try:
            self._socket.setsockopt(socket.IPPROTO_SCTP, SCTP_RTOINFO, RTO)
            if streams > _DEFAULT_STREAMS:
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
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ABORT)
        self._socket.close()

    def bind(self, ports: Iterable[int]) -> None:
        """Take the first of `ports` that is free as the source port.

        The association has only the source address of its route: others would be announced
        to the peer, and NAT does not translate those.

        Raises ExchangeFailed, Inconclusive.
        """
        for port in itertools.islice(ports, _MAX_PORTS):
            if self._bind(port):
                return
        raise Inconclusive("every source port of this host is in use")

    def bind_fixed(self, port: int) -> Task[None]:
        """Take `port` as the source port, as soon as its last association has shut down.

        Raises ExchangeFailed, Inconclusive.
        """
        while not self._bind(port):
            now = self._now()
            if now >= self._deadline:
                raise Inconclusive(f"source port {port} of this host is in use")
            yield sleep_until(min(now + _PORT_POLL_INTERVAL, self._deadline))

    def connect(
        self, aborts: RawReceiver[bool], icmp_errors: RawReceiver[IcmpError]
    ) -> Task[float]:
        """Associate with the target; return when that was done, on the monotonic clock.

        `aborts` and `icmp_errors` already listen on the address family, where they may.

        Raises ExchangeFailed, Inconclusive.
        """
        self._icmp_errors = icmp_errors
        code = self._socket.connect_ex(self._route.address)
        if code != errno.EINPROGRESS:
            raise self._unexpected(code)
        up, now = self._is_up(), self._now()
        if up:
            return now
        fast = min(now + _FAST_PEER_WAIT, self._deadline)
        if (yield WaitFor(self._socket.fileno(), select.POLLOUT, fast, now)) and self._is_up():
            return self._now()
        code = yield from self._await_handshake()
        now = self._now()
        if code:
            raise self._connect_error(code, aborts)
        self._is_up()
        return now

    def send(
        self, message: bytes, *, ppid: int = 0, stream: int = 0, unordered: bool = False
    ) -> Task[None]:
        """Send one whole message.

        Raises ExchangeFailed, UsageError if the message does not fit or the peer lacks the stream.
        """
        ancillary = []
        if ppid or stream or unordered:
            # struct sctp_sndinfo (RFC 6458, section 5.3.4): the kernel does not change the PPID.
            flags = SCTP_UNORDERED if unordered else 0
            info = struct.pack("@HHIIi", stream, flags, socket.htonl(ppid), 0, 0)
            ancillary.append((socket.IPPROTO_SCTP, SCTP_SNDINFO, info))
        while True:
            try:
                self._socket.sendmsg([message], ancillary)
                self._sent_bytes = len(message)
                return
            except BlockingIOError:
                came = yield self._wait_for(select.POLLOUT)
                self._clock = None
                if not came:
                    raise ExchangeFailed(
                        Outcome.NO_ANSWER, "the message could not be sent in time"
                    ) from None
            except OSError as error:
                if error.errno == errno.EMSGSIZE:
                    raise UsageError(f"a message of {len(message)} bytes is too long") from error
                if error.errno == errno.EINVAL and stream:
                    raise UsageError(f"the peer does not have stream {stream}") from error
                raise from_io_error(error.errno) or self._unexpected(error.errno) from error

    def receive(self, limit: int) -> Task[tuple[bytes, bool]]:
        """Return one message, or its first `limit` bytes, and whether it is whole.

        Raises ExchangeFailed, Inconclusive.
        """
        message = bytearray()
        while len(message) <= limit:
            if not (yield self._wait_for(select.POLLIN)):
                raise ExchangeFailed(Outcome.NO_ANSWER, self._no_answer(len(message)))
            self._clock = None
            try:
                data, _, flags, _ = self._socket.recvmsg(READ_SIZE)
            except BlockingIOError:
                continue
            except OSError as error:
                failure = from_io_error(error.errno, len(message))
                raise failure or self._unexpected(error.errno) from error
            if not data:
                raise ExchangeFailed(Outcome.LOST, "the peer shut the association down")
            message += data
            if flags & _END_OF_RECORD:
                break
        return bytes(message[:limit]), len(message) <= limit

    def _bind(self, port: int) -> bool:
        host, _, *scope = self._route.source
        try:
            self._socket.bind((host, port, *scope))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            if error.errno == errno.EADDRNOTAVAIL:
                raise ExchangeFailed(
                    Outcome.UNREACHABLE, f"this host no longer has the address {host}"
                ) from error
            raise self._unexpected(error.errno) from error
        self.local_port = port
        return True

    def _is_up(self) -> bool:
        """Ask the kernel for the peer's addresses: it has them once the association is up."""
        self.peers = peer_addresses(self._socket)
        return bool(self.peers)

    def _await_handshake(self) -> Task[int]:
        """Wait until the association is up; return 0, or the number of the error."""
        # SCTP itself does not report that there is no route, and waits.
        self._route.ensure_exists()
        level, option = (
            (socket.IPPROTO_IPV6, IPV6_RECVERR)
            if self._route.family == socket.AF_INET6
            else (socket.IPPROTO_IP, IP_RECVERR)
        )
        # With this option ICMP errors are reported at once, not after all retransmissions.
        self._socket.setsockopt(level, option, 1)
        # An error may have come before, or just now; poll() does not report it again.
        code = self._error()
        if not code:
            connected = yield self._wait_for(select.POLLOUT)
            code = self._error() or (0 if connected else errno.ETIMEDOUT)
        # From here on an ICMP error does not end the exchange: the message may still get through.
        self._socket.setsockopt(level, option, 0)
        return code

    def _connect_error(self, code: int, aborts: RawReceiver[bool]) -> Exception:
        """Return the exception for an error that ended connect()."""
        address, family = self._route.address, self._route.family
        # An ABORT ends the association, an ICMP message does not; both come as ECONNREFUSED.
        if code == errno.ECONNREFUSED and not has_association(self._socket, address):
            return from_abort(aborts.take(family, self._key()))
        hears_icmp = self._icmp_errors is not None and self._icmp_errors.listens(family)
        failure = from_connect_error(code, self._icmp_error(), hears_icmp=hears_icmp)
        return failure or from_io_error(code) or self._unexpected(code)

    def _no_answer(self, received: int) -> str:
        """Say what is known of an exchange whose deadline has passed."""
        if received:
            return f"the answer stopped after {received} bytes"
        detail = delivery.no_answer(delivery.read_delivery(self._socket), self._sent_bytes)
        icmp = self._icmp_error()
        return f"{detail} ({icmp})" if icmp else detail

    def _icmp_error(self) -> IcmpError | None:
        """Return the last ICMP error about the association's packets, if it could be received."""
        if self._icmp_errors is None:
            return None
        return self._icmp_errors.take(self._route.family, self._key())

    def _key(self) -> AssociationKey:
        host, port = self._route.address[:2]
        return AssociationKey(host, port, self.local_port)

    def _error(self) -> int:
        return self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def _now(self) -> float:
        """Return the time on the monotonic clock; the first call starts the deadline."""
        now = self._clock = time.monotonic()
        if self.began is None:
            self.began, self._deadline = now, now + self._timeout
        return now

    def _wait_for(self, event: int) -> WaitFor:
        return WaitFor(self._socket.fileno(), event, self._deadline, self._clock)

    def _unexpected(self, code: int | None) -> Inconclusive:
        """Return the error for a number of the kernel's that says nothing about the peer."""
        return Inconclusive(f"{self._route.target}: {os.strerror(code or 0)}")
