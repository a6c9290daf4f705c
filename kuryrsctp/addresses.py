# SPDX-License-Identifier: Apache-2.0

"""IP addresses and ports: reads them, and resolves host names."""

import ipaddress
import queue
import socket
import threading
from dataclasses import dataclass

from kuryrsctp.errors import AddressError, UsageError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_PORT = 65535

_NUMERIC = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
_BROADCAST = ipaddress.IPv4Address(2**32 - 1)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A numeric IP address and an SCTP port."""

    address: str
    port: int

    def __str__(self) -> str:
        """Return `address:port`, an IPv6 address in brackets."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{self.port}"


def parse_port(port: str | int, name: str = "port") -> int:
    """Return a port as a number; `name` says in the error which port it is.

    Raises UsageError unless it is from 1 to 65535.
    """
    text = str(port)
    digits = text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_PORT))
    if not (digits and 0 < int(text) <= MAX_PORT):
        raise UsageError(f"invalid {name} '{text}': ports go from 1 to {MAX_PORT}")
    return int(text)


def parse_address(text: str) -> Address:
    """Return a numeric IP address; raise AddressError if it is not one."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        raise AddressError(f"'{text}' is not a numeric IP address") from None


def canonical(text: str) -> str:
    """Return the short form of a numeric IP address; any other text stays as it is."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return text


def numeric_endpoint(address: str, port: int) -> Endpoint:
    """Return the endpoint of a numeric address; an IPv4-mapped IPv6 address becomes IPv4.

    Raises AddressError if it is not numeric, or not the address of a single host.
    """
    parsed = parse_address(address)
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    if parsed.is_multicast or parsed.is_unspecified or parsed == _BROADCAST:
        raise AddressError(f"{parsed} is not the address of a single host")
    return Endpoint(str(parsed), port)


def resolve(host: str, port: int, timeout: float) -> Endpoint:
    """Return the first address of `host`, a name or a numeric address, within `timeout` seconds.

    The resolver itself has no deadline, so it runs in a thread. A thread that does not return in
    time is a daemon: nothing waits for it, not even the end of the program.

    Raises AddressError.
    """
    answer: queue.SimpleQueue[str | OSError | UnicodeError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            addresses = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
            # Unlike getaddrinfo(), getnameinfo() keeps the interface of a link-local address.
            answer.put(socket.getnameinfo(addresses[0][4], _NUMERIC)[0])
        except (OSError, UnicodeError) as error:  # UnicodeError: not a valid host name
            answer.put(error)

    threading.Thread(target=look_up, daemon=True).start()
    try:
        address = answer.get(timeout=timeout)
    except queue.Empty:
        raise AddressError(f"'{host}' was not resolved within {timeout:g} s") from None
    if isinstance(address, OSError):
        raise AddressError(f"cannot resolve '{host}': {address.strerror}") from address
    if isinstance(address, UnicodeError):
        raise AddressError(f"'{host}' is not a valid host name") from address
    return numeric_endpoint(address, port)
