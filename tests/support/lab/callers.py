# SPDX-License-Identifier: Apache-2.0

"""SCTP clients: the walkthrough's, and some that nobody wishes for.

python -m tests.support.lab.callers CALLER ADDRESS PORT
"""

import contextlib
import os
import socket
import sys
import time
from collections.abc import Callable

import sctp

_TIMEOUT = 5.0
_LIFE = 4.0
_MANY = 600


def _associate(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    association = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_SCTP)
    association.settimeout(_TIMEOUT)
    # The lab's client has a second address. Announced to a pod, it would break associations
    # through the amphora within seconds.
    with socket.socket(family, socket.SOCK_DGRAM) as way:
        way.connect((address, port))
        association.bind((way.getsockname()[0], 0))
    association.connect((address, port))
    return association


def walkthrough(address: str, port: int) -> None:
    """Send one message with pysctp, and print the answer."""
    caller = sctp.sctpsocket_tcp(socket.AF_INET6 if ":" in address else socket.AF_INET)
    caller.connect((address, port))
    print("Message Message")
    caller.sctp_send(msg=b"HELLO, I AM A CLIENT")
    _, _, answer, _ = caller.sctp_recv(2048)
    print(answer.decode())
    caller.close()


def patient(address: str, port: int) -> None:
    """Send a second message in an association that lived through many heartbeats."""
    with _associate(address, port) as association:
        for pause in (_LIFE, 0):
            association.send(b"hello")
            print(association.recv(2048).decode())
            time.sleep(pause)


def stuck(address: str, port: int) -> None:
    """Send without end, and never read."""
    with _associate(address, port) as association:
        association.setblocking(False)
        sent = 0
        while True:
            try:
                association.send(b"x" * 1000)
            except BlockingIOError:
                print(f"stuck after {sent} messages", flush=True)
                time.sleep(3600)
            sent += 1


def hoarder(address: str, port: int) -> None:
    """Hold more associations than the server has room for; tell which of them it gave up."""
    with contextlib.ExitStack() as held:
        associations = [held.enter_context(_associate(address, port)) for _ in range(_MANY)]
        gone = []
        for number, association in enumerate(associations):
            try:
                association.send(b"hello")
                association.recv(2048)
            except OSError:
                gone.append(number)
        print(gone)


def scribbler(address: str, port: int) -> None:
    """Send what no server expects; print how many answers came."""
    answers = 0
    with _associate(address, port) as association:
        for message in (b"\0", b"\xff" * 100, b"\x1b[2J\r\n", os.urandom(60_000), b"x" * 200_000):
            association.send(message)
            answers += len(association.recv(2048)) > 0
    print(answers)


CALLERS: dict[str, Callable[[str, int], None]] = {
    caller.__name__: caller for caller in (walkthrough, patient, stuck, hoarder, scribbler)
}

if __name__ == "__main__":
    CALLERS[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
