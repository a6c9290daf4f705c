# SPDX-License-Identifier: Apache-2.0

import socket
import struct
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuryrsctp.sctp import icmp
from kuryrsctp.sctp.icmp import IcmpError, icmp_errors
from kuryrsctp.sctp.rawsockets import AssociationKey

PEER, PEER_V6, PORT, LOCAL_PORT = "10.0.0.158", "fd00:158::158", 90, 40000
PORTS = struct.pack("!HH", LOCAL_PORT, PORT)


def about(
    address: str, kind: int, code: int, ports: bytes = PORTS
) -> tuple[AssociationKey, IcmpError] | None:
    """Read an ICMP error about a packet to `address`."""
    if ":" in address:
        family = socket.AF_INET6
        header = bytes(24) + socket.inet_pton(family, address)
    else:
        family = socket.AF_INET
        header = b"\x45" + bytes(15) + socket.inet_pton(family, address)
    return icmp._read(family, bytes((kind, code, 0, 0, 0, 0, 0, 0)) + header + ports, "10.0.0.1")


@pytest.mark.parametrize(
    ("address", "family", "kind"),
    [(PEER, socket.AF_INET, 3), (PEER, socket.AF_INET, 11), (PEER_V6, socket.AF_INET6, 1)],
)
def test_an_icmp_error_is_about_the_association_whose_packet_it_quotes(
    address: str, family: int, kind: int
) -> None:
    assert about(address, kind, 1) == (
        AssociationKey(address, PORT, LOCAL_PORT),
        IcmpError(family, kind, 1, "10.0.0.1"),
    )


def test_what_is_no_error_or_quotes_too_little_is_about_nothing() -> None:
    assert about(PEER, 8, 0) is None
    assert about(PEER_V6, 135, 0) is None
    assert about(PEER, 3, 1, ports=b"\x9c") is None


@given(st.sampled_from([socket.AF_INET, socket.AF_INET6]), st.binary(max_size=120))
def test_no_packet_breaks_the_reader(family: int, packet: bytes) -> None:
    icmp._read(family, packet, "10.0.0.1")


def test_a_process_that_may_not_open_raw_sockets_hears_nothing() -> None:
    receiver = icmp_errors()
    with mock.patch("socket.socket", side_effect=PermissionError):
        receiver.listen(socket.AF_INET)
    assert not receiver.listens(socket.AF_INET)
    assert receiver.take(socket.AF_INET, AssociationKey(PEER, PORT, LOCAL_PORT)) is None
    receiver.close()
