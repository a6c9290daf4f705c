# SPDX-License-Identifier: Apache-2.0


"""From a host's name to an address, and from an address to the way there."""

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
    errno.EADDRNOTAVAIL: (Outcome.UNREACHABLE, "this host has no address of the kind"),
}


class Route(NamedTuple):
    """How a target is reached: addresses as the socket calls take them."""

    target: Endpoint
    family: int
    address: Any
    source: Any

    def ensure_exists(self) -> None:
        """Raise ExchangeFailed if there is no way any more, Inconclusive if that is not known."""
        source_address(self.family, self.address, self.source)


def find_route(target: Endpoint, source: str | None = None) -> Route:
    """Return the way to a numeric endpoint, from `source` or this host's best address.

    Raises ExchangeFailed if there is none; Inconclusive if it cannot be asked for; UsageError if
    this host has not the source.
    """
    family, address = socket_address(target)
    if source is None:
        return Route(target, family, address, source_address(family, address))
    try:
        found = socket.getaddrinfo(
            source, 0, family, socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST
        )
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind(found[0][4])
    except OSError as error:  # socket.gaierror is one
        raise UsageError(f"{source} is no address of this host to reach {target} from") from error
    return Route(target, family, address, source_address(family, address, found[0][4]))


def socket_address(target: Endpoint) -> tuple[int, Any]:
    """Return the address family of a numeric endpoint and its address for connect()."""
    found = socket.getaddrinfo(
        target.address, target.port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST
    )
    return found[0][0], found[0][4]


def source_address(family: int, address: Any, source: Any = None) -> Any:
    """Return this host's own socket address on the way to `address`; nothing is sent.

    SCTP itself does not report that there is no way, and waits: a datagram socket does.

    Raises ExchangeFailed if there is none; Inconclusive if it cannot be asked for.
    """
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            if source is not None:
                probe.bind((source[0], 0, *source[2:]))
            probe.connect(address)
            return probe.getsockname()
    except OSError as error:
        if error.errno not in _NO_ROUTE:
            raise Inconclusive(f"{address[0]}: {error.strerror}") from error
        raise ExchangeFailed(*_NO_ROUTE[error.errno]) from error
