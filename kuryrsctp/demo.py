# SPDX-License-Identifier: Apache-2.0

"""kuryr-sctp-demo: a server that answers every message with the name of its host.

It needs nothing but the standard library, so that a pod's image stays small.
"""

import argparse
import errno
import ipaddress
import logging
import signal
import socket
import sys
from collections.abc import Sequence

from kuryrsctp.addresses import parse_address, parse_port
from kuryrsctp.errors import AddressError, Inconclusive, UsageError
from kuryrsctp.sctp.server import Server
from kuryrsctp.sctp.sockets import listening_socket

LOG = logging.getLogger(__name__)

DEFAULT_PORT = 9090
_ANY_IPV4, _ANY_IPV6 = str(ipaddress.IPv4Address(0)), str(ipaddress.IPv6Address(0))

_NO_IPV6 = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; return the exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s kuryr-sctp-demo: %(message)s"
    )
    answer = f"{socket.gethostname()}: HELLO, I AM ALIVE!!!".encode()
    try:
        listeners = listen(options.bind, options.port)
    except Inconclusive as error:
        LOG.error("%s", error)
        return 1
    signalled, signals = socket.socketpair()
    with signalled, signals, Server(listeners, answer) as server:
        signals.setblocking(False)
        signal.set_wakeup_fd(signals.fileno())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        for listener in listeners:
            LOG.info("listening on %s port %d", *listener.getsockname()[:2])
        server.serve(until=signalled)
        signal.set_wakeup_fd(-1)
    LOG.info("stopped")
    return 0


def listen(addresses: Sequence[str], port: int) -> list[socket.socket]:
    """Return a listening socket for each address.

    Without an address, listen on all IPv4 addresses and, if this host has IPv6, on all IPv6
    addresses. Raises Inconclusive.
    """
    listeners: list[socket.socket] = []
    for address in addresses or (_ANY_IPV4, _ANY_IPV6):
        try:
            listeners.append(listening_socket(address, port))
        except OSError as error:
            if not addresses and address == _ANY_IPV6 and error.errno in _NO_IPV6:
                LOG.info("no IPv6 on this host: serving IPv4 only")
                continue
            raise Inconclusive(
                f"cannot listen on {address} port {port}: {error.strerror}"
            ) from error
    return listeners


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kuryr-sctp-demo",
        description="Answer every SCTP message with '<host name>: HELLO, I AM ALIVE!!!'.",
        epilog="Through a load balancer an association breaks if its server announces addresses"
        " that the load balancer does not know. On a host with several addresses, give --bind the"
        " address that the load balancer uses.",
    )
    parser.add_argument(
        "--bind",
        metavar="ADDRESS",
        action="append",
        type=_address,
        default=[],
        help="numeric address to listen on (repeat for several; default: 0.0.0.0 and ::)",
    )
    parser.add_argument(
        "--port", type=_port, default=DEFAULT_PORT, help="port to listen on (default: %(default)s)"
    )
    return parser


def _address(text: str) -> str:
    try:
        return str(parse_address(text))
    except AddressError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _port(text: str) -> int:
    try:
        return parse_port(text)
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


if __name__ == "__main__":
    sys.exit(main())
