# SPDX-License-Identifier: Apache-2.0


"""Opening SCTP sockets, and the kernel's numbers that Python does not name."""

import errno
import socket
import struct
from typing import Any

from kuryrsctp.errors import Inconclusive, SctpUnavailable

# linux/in.h, linux/in6.h
IP_RECVERR = 11
IPV6_RECVERR = 25

# linux/sctp.h
SCTP_RTOINFO = 0
SCTP_INITMSG = 2
SCTP_SNDINFO = 2
SCTP_UNORDERED = 1

# struct sctp_rtoinfo (RFC 6458, section 8.1.1), with RFC 9260's initial RTO in ms. Linux still has
# RFC 4960's 3 s, and would send only two INITs in 5 s.
RTO = struct.pack("@iIII", 0, 1000, 0, 0)

# struct linger: close() aborts the association.
LINGER_ABORT = struct.pack("@ii", 1, 0)
READ_SIZE = 65536
"""Bytes that are read from a socket at a time."""

_BACKLOG = 128
# Bytes that the kernel buffers for one association, in each direction.
_BUFFER_SIZE = 65536

_NO_SCTP = (
    "this host's kernel has no SCTP: run `modprobe sctp` as root; on RHEL and similar systems first"
    " install kernel-modules-extra and remove sctp from the blacklist in /etc/modprobe.d"
)
_NO_PYSCTP = "pysctp cannot be imported (%s): `pip install pysctp`"
_FORBIDDEN = "this process may not open SCTP sockets: see its seccomp and SELinux rules"


def client_socket(family: int) -> socket.socket:
    """Return a new non-blocking one-to-one socket (RFC 6458, section 4).

    It is used with Python's own calls: pysctp's ignore the timeout of a socket, and whether
    they swap the bytes of the PPID depends on their version.

    Raises SctpUnavailable without pysctp or SCTP, and Inconclusive when the host is out
    of sockets or memory.
    """
    _binding()
    try:
        return socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK, socket.IPPROTO_SCTP)
    except OSError as error:
        raise unavailable(error) from error


def peer_addresses(association: socket.socket) -> tuple[str, ...]:
    """Return the addresses of the peer's end; none if the association is not up."""
    binding = _binding()
    try:
        # The same as sctpsocket.getpaddrs(). To make an sctpsocket costs more system calls, and
        # this is called for every association.
        return tuple(address for address, _ in binding._sctp.getpaddrs(association.fileno(), 0))
    except OSError:
        return ()


def has_association(association: socket.socket, address: tuple[Any, ...]) -> bool:
    """Return whether the socket has an association with `address`, up or only begun."""
    binding = _binding()
    try:
        binding.sctpsocket_tcp(association.family, association).get_paddrinfo(0, address[:2])
    except OSError:
        return False
    return True


def listening_socket(address: str, port: int) -> socket.socket:
    """Return a non-blocking socket that listens on one numeric address.

    An IPv6 socket never serves IPv4 as well: it would announce addresses of both families to
    its peers, and NAT does not translate these, so that associations through it break.

    Raises SctpUnavailable without SCTP, and OSError as bind(2) and listen(2) do.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_SCTP)
    except OSError as error:
        if error.errno == errno.EAFNOSUPPORT:
            raise
        raise unavailable(error) from error
    try:
        # Associations of an earlier server may still be shutting down on the port.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_SIZE)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_SIZE)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(socket.getaddrinfo(address, port, flags=socket.AI_NUMERICHOST)[0][4])
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def unavailable(error: OSError) -> Inconclusive:
    """Return the error for a socket() that failed."""
    if error.errno in (errno.EPROTONOSUPPORT, errno.ESOCKTNOSUPPORT):
        return SctpUnavailable(_NO_SCTP)
    if error.errno in (errno.EPERM, errno.EACCES):
        return SctpUnavailable(_FORBIDDEN)
    return Inconclusive(f"this host cannot open an SCTP socket: {error.strerror}")


def _binding() -> Any:
    try:
        import sctp
    except ImportError as error:
        raise SctpUnavailable(_NO_PYSCTP % error) from error
    return sctp
