# SPDX-License-Identifier: Apache-2.0


"""The route to a target: its socket address, and this host's source address."""

import errno
import socket
from typing import Any, NamedTuple

from kuryrsctp.addresses import Endpoint
from kuryrsctp.errors import Inconclusive, UsageError
from kuryrsctp.model import Outcome
from kuryrsctp.sctp.outcomes import ExchangeFailed

_NO_ROUTE = {
    errno.ENETUNREACH: (Outcome.UNREACHABLE, "this host has no route"),
    errno.EHOSTUNREACH: (Outcome.UNREACHABLE, "this host's route is unreachable"),
    errno.EINVAL: (
        Outcome.UNREACHABLE,
        "a blackhole route, or an address that lacks its %interface",
    ),
    errno.EACCES: (Outcome.PROHIBITED, "a prohibited route, or a broadcast address"),
    errno.EADDRNOTAVAIL: (Outcome.UNREACHABLE, "this host has no address of this family"),
}


class Route(NamedTuple):
    """How a target is reached: addresses as the socket calls take them."""

    target: Endpoint
    family: int
    address: Any
    source: Any

    def ensure_exists(self) -> None:
        """Raise ExchangeFailed if the route is gone, Inconclusive if the kernel cannot tell."""
        source_address(self.family, self.address, self.source)


def find_route(target: Endpoint, source: str | None = None) -> Route:
    """Return the route to a numeric endpoint, from `source` or else the kernel's choice.

    Raises ExchangeFailed if there is none; Inconclusive if the kernel cannot tell; UsageError
    if `source` is not an address of this host.
    """
    family, address = socket_address(target)
    if source is None:
        return Route(target, family, address, source_address(family, address))
    try:
        own_address = socket.getaddrinfo(
            source, 0, family, socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST
        )[0][4]
        with socket.socket(family, socket.SOCK_DGRAM) as datagram_socket:
            datagram_socket.bind(own_address)
    except OSError as error:  # includes socket.gaierror
        raise UsageError(
            f"'{source}' is not an address of this host from which {target} can be reached"
        ) from error
    return Route(target, family, address, source_address(family, address, own_address))


def socket_address(target: Endpoint) -> tuple[int, Any]:
    """Return the address family of a numeric endpoint and its address for connect()."""
    family, _, _, _, address = socket.getaddrinfo(
        target.address, target.port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST
    )[0]
    return family, address


def source_address(family: int, address: Any, source: Any = None) -> Any:
    """Return this host's own socket address on the route to `address`; nothing is sent.

    SCTP itself does not report that there is no route, and waits; a datagram socket reports it.

    Raises ExchangeFailed if there is no route; Inconclusive if the kernel cannot tell.
    """
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as datagram_socket:
            if source is not None:
                datagram_socket.bind((source[0], 0, *source[2:]))
            datagram_socket.connect(address)
            return datagram_socket.getsockname()
    except OSError as error:
        if error.errno not in _NO_ROUTE:
            raise Inconclusive(f"{address[0]}: {error.strerror}") from error
        raise ExchangeFailed(*_NO_ROUTE[error.errno]) from error
