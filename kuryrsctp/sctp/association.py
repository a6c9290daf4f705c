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
from collections.abc import Iterator
from types import TracebackType

from kuryrsctp.deadline import Deadline
from kuryrsctp.errors import NotJudged, UsageError
from kuryrsctp.model import Endpoint, Outcome
from kuryrsctp.sctp import route
from kuryrsctp.sctp.outcomes import Ended, broken, not_connected
from kuryrsctp.sctp.sockets import (
    IP_RECVERR,
    IPV6_RECVERR,
    MSG_NOTIFICATION,
    SCTP_SNDINFO,
    client_socket,
)

# RFC 9260, 16, in ms. Linux keeps to RFC 4960's 3 s, and would send but two INITs in 5 s.
_RTO_INITIAL = 1000
_CHUNK = 65536
_PORTS = 65536


class Association:
    """A one-to-one style socket with one association (RFC 6458, 4).

    pysctp makes the socket, sets its parameters and reads the peer's addresses. To
    connect, send and receive, plain calls are made on the Python socket it contains:
    pysctp's ignore the timeout of the socket, and swap the PPID's bytes or not
    depending on their version.

    `local_port` is the source port once it is bound. `peers` are the addresses that the
    peer announced for its end (RFC 9260, 3.3.3), once there is an association.
    """

    def __init__(self, target: Endpoint) -> None:
        """Open a socket for `target`; nothing is sent.

        Raises SctpUnavailable, NotJudged.
        """
        self.target = target
        self.local_port: int | None = None
        self.peers: tuple[str, ...] = ()
        self._family, self._address = route.socket_address(target)
        self._sctp = client_socket(self._family)
        self._socket: socket.socket = self._sctp.sock()
        try:
            self._socket.setblocking(False)
            # ICMP errors are reported at once, not after all retransmissions.
            level, option = (
                (socket.IPPROTO_IPV6, IPV6_RECVERR)
                if self._family == socket.AF_INET6
                else (socket.IPPROTO_IP, IP_RECVERR)
            )
            self._socket.setsockopt(level, option, 1)
            self._recverr = level, option
            self._sctp.events.association = True
            parameters = self._sctp.get_rtoinfo()
            parameters.initial = _RTO_INITIAL
            self._sctp.set_rtoinfo(parameters)
        except OSError as error:
            self._socket.close()
            raise self._puzzled(error.errno or 0) from error

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
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def connect(self, ports: Iterator[int], deadline: Deadline) -> None:
        """Associate with the target, from the next free one of `ports`.

        The association has the one address that leads to the target: others would be
        announced to the peer, and NAT does not translate those.

        Raises Ended, NotJudged.
        """
        source = route.source_address(self._family, self._address)
        self._bind(source, ports)
        begun = time.monotonic()
        code = self._socket.connect_ex(self._address)
        if code == errno.EINPROGRESS:
            # An error may have come while connect() held the socket; poll() does not tell.
            code = self._error() or self._wait_connected(deadline)
        if code:
            seconds = time.monotonic() - begun
            end = not_connected(code, seconds, aborted=self._is_aborted())
            raise end or broken(code) or self._puzzled(code)
        # From here on an ICMP error is a hint, and no end: the message may yet get through.
        self._socket.setsockopt(*self._recverr, 0)
        self.peers = self._peers()

    def send(self, message: bytes, deadline: Deadline, *, ppid: int = 0) -> None:
        """Send one message whole, with a payload protocol identifier.

        Raises Ended, UsageError if the message does not fit.
        """
        # struct sctp_sndinfo (RFC 6458, 5.3.4): the PPID is passed on as it is.
        info = struct.pack("@HHIIi", 0, 0, socket.htonl(ppid), 0, 0)
        ancillary = [(socket.IPPROTO_SCTP, SCTP_SNDINFO, info)]
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
                raise broken(error.errno or 0) or self._puzzled(error.errno or 0) from error

    def receive(self, limit: int, deadline: Deadline) -> tuple[bytes, bool]:
        """Return one message, or its first `limit` bytes, and whether it is whole.

        Raises Ended.
        """
        message = b""
        while len(message) <= limit:
            if not self._wait(select.POLLIN, deadline):
                raise Ended(Outcome.NO_ANSWER, _silence(message))
            try:
                data, _, flags, _ = self._socket.recvmsg(_CHUNK)
            except BlockingIOError:
                continue
            except OSError as error:
                raise broken(error.errno or 0) or self._puzzled(error.errno or 0) from error
            if flags & MSG_NOTIFICATION:
                continue
            if not data:
                raise Ended(Outcome.LOST, "the peer shut the association down")
            message += data
            if flags & socket.MSG_EOR:
                break
        return message[:limit], len(message) <= limit

    def _bind(self, source: tuple[str | int, ...], ports: Iterator[int]) -> None:
        host, _, *scope = source
        for port in itertools.islice(ports, _PORTS):
            try:
                self._socket.bind((host, port, *scope))
                self.local_port = port
                return
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise self._puzzled(error.errno or 0) from error
        raise NotJudged("every source port of this host is in use")

    def _wait_connected(self, deadline: Deadline) -> int:
        if not self._wait(select.POLLOUT, deadline):
            return self._error() or errno.ETIMEDOUT
        return self._error()

    def _peers(self) -> tuple[str, ...]:
        try:
            return tuple(address for address, _ in self._sctp.getpaddrs())
        except OSError:  # the association is gone already
            return ()

    def _is_aborted(self) -> bool:
        """Tell whether the kernel has announced that the association cannot start."""
        try:
            _, _, flags, _ = self._socket.recvmsg(_CHUNK)
        except OSError:
            return False
        return bool(flags & MSG_NOTIFICATION)

    def _error(self) -> int:
        return self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def _wait(self, event: int, deadline: Deadline) -> bool:
        """Wait for the event or an error; False once the deadline has passed."""
        left = deadline.left()
        poller = select.poll()
        poller.register(self._socket, event)
        return left > 0 and bool(poller.poll(left * 1000))

    def _puzzled(self, code: int) -> NotJudged:
        return NotJudged(f"{self.target}: {os.strerror(code)}")


def _silence(received: bytes) -> str:
    if received:
        return f"the answer stopped after {len(received)} bytes"
    return "associated, sent, no answer"
