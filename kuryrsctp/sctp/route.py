# SPDX-License-Identifier: Apache-2.0


"""From a host's name to an address, and from an address to the way there."""

import errno
import ipaddress
import queue
import socket
import threading
from typing import Any, NamedTuple

from kuryrsctp.errors import AddressError, NotJudged, UsageError
from kuryrsctp.model import Endpoint, Outcome
from kuryrsctp.sctp.outcomes import Ended

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

_NUMERIC = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
_BROADCAST = ipaddress.IPv4Address(2**32 - 1)


def resolve(host: str, port: int, timeout: float) -> Endpoint:
    """Return the first numeric address of `host`, which may be numeric already.

    The resolver knows no deadline, so it runs in a thread of its own; one that hangs
    past `timeout` seconds is left behind and holds up nothing.

    Raises AddressError.
    """
    answer: queue.SimpleQueue[str | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
            # Unlike getaddrinfo(), getnameinfo() keeps the interface of a link-local address.
            answer.put(socket.getnameinfo(found[0][4], _NUMERIC)[0])
        except (OSError, UnicodeError) as error:  # UnicodeError: no name of a host at all
            answer.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        address = answer.get(timeout=timeout)
    except queue.Empty:
        raise AddressError(f"'{host}' was not resolved within {timeout:g} s") from None
    if isinstance(address, OSError):
        raise AddressError(f"cannot resolve '{host}': {address.strerror}") from address
    if isinstance(address, UnicodeError):
        raise AddressError(f"'{host}' is no host's name") from address
    return numeric(address, port)


def numeric(address: str, port: int) -> Endpoint:
    """Return the endpoint of a numeric address, an IPv4 address in IPv6's clothes as IPv4.

    Raises AddressError if it is none, or none of a single host.
    """
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        raise AddressError(f"'{address}' is no numeric IP address") from None
    if isinstance(read, ipaddress.IPv6Address) and read.ipv4_mapped:
        read = read.ipv4_mapped
    if read.is_multicast or read.is_unspecified or read == _BROADCAST:
        raise AddressError(f"{read} is no address of a single host")
    return Endpoint(str(read), port)


class Way(NamedTuple):
    """How a target is reached: addresses as the socket calls take them."""

    target: Endpoint
    family: int
    address: Any
    source: Any

    def check(self) -> None:
        """Raise Ended if there is no way any more, NotJudged if it cannot be asked for."""
        source_address(self.family, self.address, self.source)


def way(target: Endpoint, source: str | None = None) -> Way:
    """Return the way to a numeric endpoint, from `source` or this host's best address.

    Raises Ended if there is none; NotJudged if it cannot be asked for; UsageError if this
    host has not the source.
    """
    family, address = socket_address(target)
    if source is None:
        return Way(target, family, address, source_address(family, address))
    try:
        found = socket.getaddrinfo(
            source, 0, family, socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST
        )
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind(found[0][4])
    except OSError as error:  # socket.gaierror is one
        raise UsageError(f"{source} is no address of this host to reach {target} from") from error
    return Way(target, family, address, source_address(family, address, found[0][4]))


def socket_address(target: Endpoint) -> tuple[int, Any]:
    """Return the address family of a numeric endpoint and its address for connect()."""
    found = socket.getaddrinfo(
        target.address, target.port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST
    )
    return found[0][0], found[0][4]


def source_address(family: int, address: Any, source: Any = None) -> Any:
    """Return this host's own socket address on the way to `address`; nothing is sent.

    SCTP itself does not report that there is no way, and waits: a datagram socket does.

    Raises Ended if there is none; NotJudged if it cannot be asked for.
    """
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            if source is not None:
                probe.bind((source[0], 0, *source[2:]))
            probe.connect(address)
            return probe.getsockname()
    except OSError as error:
        if error.errno not in _NO_ROUTE:
            raise NotJudged(f"{address[0]}: {error.strerror}") from error
        raise Ended(*_NO_ROUTE[error.errno]) from error
