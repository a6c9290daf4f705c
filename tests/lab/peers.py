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


"""SCTP servers that do one thing to whoever calls, most of them badly.

python -m tests.lab.peers PEER PORT: serves on every IPv4 address, one association after the other.
"""

import itertools
import os
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable

SCTP_RCVINFO, SCTP_RECVRCVINFO = 3, 32
_HOLD = 3600.0
_MUCH = 200_000


def echo(association: socket.socket) -> None:
    """Send the message back."""
    association.send(association.recv(65536))


def identify(association: socket.socket) -> None:
    """Say which payload protocol identifier the message came with."""
    _, ancillary, _, _ = association.recvmsg(65536, 1024)
    info = next(data for _, kind, data in ancillary if kind == SCTP_RCVINFO)
    (ppid,) = struct.unpack_from("!I", info, 8)
    association.send(f"PPID {ppid}".encode())


def silent(association: socket.socket) -> None:
    """Take the message, and never answer."""
    association.recv(65536)
    time.sleep(_HOLD)


def closing(association: socket.socket) -> None:
    """Take the message, and shut the association down."""
    association.recv(65536)


def aborting(association: socket.socket) -> None:
    """Take the message, and abort the association."""
    association.recv(65536)
    association.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def dying(association: socket.socket) -> None:
    """Be killed with the message unread."""
    association.recv(1, socket.MSG_PEEK)
    os.kill(os.getpid(), signal.SIGKILL)


def garbage(association: socket.socket) -> None:
    """Answer with what a terminal must not see."""
    association.recv(65536)
    association.send(b"\x1b]0;owned\x07\xff\xfe\x00\r\n\xe2\x80\xaeevil\\")


def huge(association: socket.socket) -> None:
    """Answer with more than anybody asked for."""
    association.recv(65536)
    association.sendall(b"x" * _MUCH)


def flood(association: socket.socket) -> None:
    """Answer without end."""
    for number in itertools.count():
        association.send(f"flood: {number}".encode())


PEERS: dict[str, Callable[[socket.socket], None]] = {
    peer.__name__: peer
    for peer in (
        echo,
        identify,
        silent,
        closing,
        aborting,
        dying,
        garbage,
        huge,
        flood,
    )
}


def main() -> None:
    """Serve one of PEERS, or `deaf`, which listens and never accepts."""
    name, port = sys.argv[1], int(sys.argv[2])
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_SCTP) as listener:
        listener.setsockopt(socket.IPPROTO_SCTP, SCTP_RECVRCVINFO, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("", port))
        listener.listen(1 if name == "deaf" else 16)
        print("listening", flush=True)
        if name == "deaf":
            time.sleep(_HOLD)
        while True:
            association, _ = listener.accept()
            with association:
                try:
                    PEERS[name](association)
                except OSError as error:
                    print(error, flush=True)


if __name__ == "__main__":
    main()
