# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


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

from kuryrsctp.deadline import Deadline
from kuryrsctp.errors import NotJudged, UsageError
from kuryrsctp.model import Outcome
from kuryrsctp.sctp.aborts import Aborts
from kuryrsctp.sctp.outcomes import Ended, broken, not_connected
from kuryrsctp.sctp.route import Way
from kuryrsctp.sctp.sockets import (
    IP_RECVERR,
    IPV6_RECVERR,
    SCTP_INITMSG,
    SCTP_RTOINFO,
    SCTP_SNDINFO,
    SCTP_UNORDERED,
    client_socket,
    has_association,
    peer_addresses,
)

# struct sctp_rtoinfo (RFC 6458, 8.1.1), with RFC 9260's initial RTO in ms. Linux keeps to
# RFC 4960's 3 s, and would send but two INITs in 5 s.
_RTO = struct.pack("@iIII", 0, 1000, 0, 0)
_ABORT = struct.pack("@ii", 1, 0)
_STREAMS, _MOST_STREAMS = 10, 65535  # that Linux asks for, and may be asked for
_CHUNK = 65536
_PORTS = 65536
_PATIENCE = 0.01
# In ms: a peer this near needs none of the care that is taken of one that may not be there.
_NEAR = 2
_END_OF_RECORD = int(socket.MSG_EOR)


class Association:
    """A one-to-one style socket with one association (RFC 6458, 4).

    `local_port` is the source port once it is bound. `peers` are the addresses that the
    peer announced for its end (RFC 9260, 3.3.3), once there is an association.
    """

    def __init__(self, way: Way, *, streams: int = 1) -> None:
        """Open a socket for the way to a target; nothing is sent.

        `streams` is how many outgoing streams are needed. Raises SctpUnavailable, NotJudged.
        """
        self.local_port: int | None = None
        self.peers: tuple[str, ...] = ()
        self._way = way
        self._socket = client_socket(way.family)
        try:
            self._socket.setsockopt(socket.IPPROTO_SCTP, SCTP_RTOINFO, _RTO)
            if streams > _STREAMS:
                init = struct.pack("@HHHH", min(streams, _MOST_STREAMS), 0, 0, 0)
                self._socket.setsockopt(socket.IPPROTO_SCTP, SCTP_INITMSG, init)
        except OSError as error:
            self._socket.close()
            raise self._puzzled(error.errno) from error

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

        The association has the one source address of its way: others would be announced
        to the peer, and NAT does not translate those.

        Raises Ended, NotJudged.
        """
        for port in itertools.islice(ports, _PORTS):
            if self._bind(port):
                return
        raise NotJudged("every source port of this host is in use")

    def bind_fixed(self, port: int, deadline: Deadline) -> None:
        """Take the source port given, as soon as its last association has shut down.

        Raises Ended, NotJudged.
        """
        while not self._bind(port):
            if not deadline.left():
                raise NotJudged(f"source port {port} of this host is in use")
            time.sleep(min(_PATIENCE, deadline.left()))

    def connect(self, deadline: Deadline, aborts: Aborts) -> None:
        """Associate with the target; `aborts` has been listening on the family.

        Raises Ended, NotJudged.
        """
        code = self._socket.connect_ex(self._way.address)
        if code == errno.EINPROGRESS:
            if self._is_up() or self._is_up(wait=_NEAR):
                return
            begun = time.monotonic()
            code = self._finish(deadline)
            if code:
                self._fail(code, time.monotonic() - begun, aborts)
            self._is_up()
        elif code:
            raise self._puzzled(code)

    def send(
        self,
        message: bytes,
        deadline: Deadline,
        *,
        ppid: int = 0,
        stream: int = 0,
        unordered: bool = False,
    ) -> None:
        """Send one message whole.

        Raises Ended, UsageError if the message does not fit or the peer lacks the stream.
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
                if not self._wait(select.POLLOUT, deadline):
                    raise Ended(Outcome.NO_ANSWER, "the message could not be sent") from None
            except OSError as error:
                if error.errno == errno.EMSGSIZE:
                    raise UsageError(f"a message of {len(message)} bytes is too long") from error
                if error.errno == errno.EINVAL and stream:
                    raise UsageError(f"the peer takes no messages on stream {stream}") from error
                raise broken(error.errno) or self._puzzled(error.errno) from error

    def receive(
        self, limit: int, deadline: Deadline, now: float | None = None
    ) -> tuple[bytes, bool]:
        """Return one message, or its first `limit` bytes, and whether it is whole.

        `now` saves a look at the monotonic clock. Raises Ended.
        """
        message = bytearray()
        while len(message) <= limit:
            ready, now = self._wait(select.POLLIN, deadline, now), None
            if not ready:
                raise Ended(Outcome.NO_ANSWER, _silence(len(message)))
            try:
                data, _, flags, _ = self._socket.recvmsg(_CHUNK)
            except BlockingIOError:
                continue
            except OSError as error:
                raise broken(error.errno, len(message)) or self._puzzled(error.errno) from error
            if not data:
                raise Ended(Outcome.LOST, "the peer shut the association down")
            message += data
            if flags & _END_OF_RECORD:
                break
        return bytes(message[:limit]), len(message) <= limit

    def _bind(self, port: int) -> bool:
        host, _, *scope = self._way.source
        try:
            self._socket.bind((host, port, *scope))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            if error.errno == errno.EADDRNOTAVAIL:
                lost = f"this host has lost its address {host}"
                raise Ended(Outcome.UNREACHABLE, lost) from error
            raise self._puzzled(error.errno) from error
        self.local_port = port
        return True

    def _is_up(self, wait: int = 0) -> bool:
        """Tell whether there is an association, after up to `wait` milliseconds."""
        if wait:
            self._poller(select.POLLOUT).poll(wait)
        self.peers = peer_addresses(self._socket)
        return bool(self.peers)

    def _finish(self, deadline: Deadline) -> int:
        """Wait until the association is up; return what went wrong, or 0."""
        # SCTP itself does not report that there is no way, and waits.
        self._way.check()
        level, option = (
            (socket.IPPROTO_IPV6, IPV6_RECVERR)
            if self._way.family == socket.AF_INET6
            else (socket.IPPROTO_IP, IP_RECVERR)
        )
        # ICMP errors are reported at once, not after all retransmissions.
        self._socket.setsockopt(level, option, 1)
        # One may have come before that or meanwhile; poll() does not tell of those.
        code = self._error()
        if not code:
            connected = self._wait(select.POLLOUT, deadline)
            code = self._error() or (0 if connected else errno.ETIMEDOUT)
        # From here on an ICMP error is a hint, and no end: the message may yet get through.
        self._socket.setsockopt(level, option, 0)
        return code

    def _fail(self, code: int, seconds: float, aborts: Aborts) -> None:
        """Raise what the error means that connect() ended with after `seconds`."""
        # An ABORT ends the association, an ICMP message does not; both come as ECONNREFUSED.
        aborted = code == errno.ECONNREFUSED and not has_association(
            self._socket, self._way.address
        )
        begun = aborts.had_begun(self._way, self.local_port) if aborted else None
        end = not_connected(code, seconds, aborted=aborted, begun=begun)
        raise end or broken(code) or self._puzzled(code)

    def _error(self) -> int:
        return self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def _wait(self, event: int, deadline: Deadline, now: float | None = None) -> bool:
        """Wait for the event or an error; False once the deadline has passed."""
        left = deadline.left(now)
        return left > 0 and bool(self._poller(event).poll(left * 1000))

    def _poller(self, event: int) -> "select.poll":
        poller = select.poll()
        poller.register(self._socket, event)
        return poller

    def _puzzled(self, code: int | None) -> NotJudged:
        return NotJudged(f"{self._way.target}: {os.strerror(code or 0)}")


def _silence(received: int) -> str:
    if received:
        return f"the answer stopped after {received} bytes"
    return "associated, sent, no answer"
