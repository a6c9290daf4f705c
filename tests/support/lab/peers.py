# SPDX-License-Identifier: Apache-2.0

"""SCTP servers that do one thing to whoever calls, most of them badly.

python -m tests.support.lab.peers PEER PORT [SEED]: serves on every IPv4 address, one association
after the other.
"""

import itertools
import os
import random
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable

SCTP_RCVINFO, SCTP_RECVRCVINFO, SCTP_UNORDERED = 3, 32, 1
SCTP_SNDINFO = 2
_HOLD = 3600.0
_MUCH = 200_000
_BURST = 1000
_PAUSE = 0.05
_PIECE = 1000
_random = random.Random()


def echo(association: socket.socket) -> None:
    """Send the message back."""
    association.send(association.recv(65536))


def identify(association: socket.socket) -> None:
    """Say where the message came from, and with what."""
    _, ancillary, _, _ = association.recvmsg(65536, 1024)
    info = next(data for _, kind, data in ancillary if kind == SCTP_RCVINFO)
    stream, _, flags, ppid = struct.unpack_from("@HHHxxI", info)
    order = "unordered" if flags & SCTP_UNORDERED else "ordered"
    host, port = association.getpeername()
    said = f"{host} {port} stream {stream} {order} PPID {socket.ntohl(ppid)}"
    association.send(said.encode())


def silent(association: socket.socket) -> None:
    """Take the message, and never answer."""
    association.recv(65536)
    time.sleep(_HOLD)


def slow(association: socket.socket) -> None:
    """Read the message in small pieces with pauses between them, and never answer."""
    while association.recv(_PIECE):
        time.sleep(_PAUSE)


def closing(association: socket.socket) -> None:
    """Take the message, and shut the association down."""
    association.recv(65536)


def aborting(association: socket.socket) -> None:
    """Take the message, and abort the association."""
    association.recv(65536)
    _abort(association)


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


def half(association: socket.socket) -> None:
    """Abort the association with most of the answer unsent."""
    association.recv(65536)
    association.sendall(b"x" * _MUCH)
    _abort(association)


def burst(association: socket.socket) -> None:
    """Answer many times over, and shut the association down."""
    association.recv(65536)
    for number in range(_BURST):
        association.send(f"burst: {number}".encode())


def chaos(association: socket.socket) -> None:
    """Do anything at all, the same for the same seed."""
    for _ in range(_random.randrange(6)):
        act = _random.randrange(6)
        if act == 0:
            association.recv(_random.randrange(1, 40))
        elif act == 1:
            time.sleep(_random.random() * _PAUSE)
        elif act == 2:
            association.shutdown(socket.SHUT_WR)
        else:
            _send_anything(association)
    if _random.random() < 0.3:
        _abort(association)


def _send_anything(association: socket.socket) -> None:
    size = _random.choice((1, 20, 1500, 65535, 65536, 65537, 150_000))
    info = struct.pack(
        "@HHIIi", _random.randrange(10), _random.randrange(2), _random.getrandbits(32), 0, 0
    )
    ancillary = [(socket.IPPROTO_SCTP, SCTP_SNDINFO, info)]
    association.sendmsg([_random.randbytes(size)], ancillary, socket.MSG_DONTWAIT)


def _abort(association: socket.socket) -> None:
    association.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


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
        slow,
        closing,
        aborting,
        dying,
        garbage,
        huge,
        flood,
        half,
        burst,
        chaos,
    )
}


def main() -> None:
    """Serve one of PEERS, or `deaf`, which listens and never accepts."""
    name, port = sys.argv[1], int(sys.argv[2])
    _random.seed(" ".join(sys.argv[3:]))
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
