# SPDX-License-Identifier: Apache-2.0


import errno
import socket
import sys

import pytest

from kuryrsctp.addresses import Endpoint
from kuryrsctp.errors import SctpUnavailable, UsageError
from kuryrsctp.model import Outcome
from kuryrsctp.sctp import route
from kuryrsctp.sctp.outcomes import ExchangeFailed
from kuryrsctp.sctp.sockets import client_socket, listening_socket


@pytest.fixture
def fake_kernel_without_sctp(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.socket

    def open_socket(*arguments: int) -> socket.socket:
        if socket.IPPROTO_SCTP in arguments[2:]:
            raise OSError(errno.EPROTONOSUPPORT, "Protocol not supported")
        return real(*arguments)

    monkeypatch.setattr(socket, "socket", open_socket)


def test_the_source_address_for_this_host_is_this_hosts() -> None:
    family, address = route.socket_address(Endpoint("127.0.0.1", 90))
    assert route.source_address(family, address)[0] == "127.0.0.1"


@pytest.mark.parametrize("source", ["192.0.2.1", "::1", "no-address"])
def test_a_source_that_is_not_this_hosts_is_wrong_usage(source: str) -> None:
    with pytest.raises(UsageError, match=f"'{source}' is not an address of this host"):
        route.find_route(Endpoint("127.0.0.1", 90), source)


def test_a_source_that_is_this_hosts_is_kept() -> None:
    assert route.find_route(Endpoint("127.0.0.1", 90), "127.0.0.2").source[0] == "127.0.0.2"


def test_a_missing_route_is_known_before_anything_is_sent() -> None:
    # A link-local address without its interface: no host has a route to it.
    with pytest.raises(ExchangeFailed) as caught:
        route.source_address(socket.AF_INET6, ("fe80::1", 90, 0, 0))
    assert caught.value.outcome is Outcome.UNREACHABLE


@pytest.mark.usefixtures("fake_kernel_without_sctp")
def test_without_sctp_the_module_the_package_and_the_blacklist_are_named() -> None:
    for open_socket in (
        lambda: client_socket(socket.AF_INET),
        lambda: listening_socket("127.0.0.1", 9090),
    ):
        with pytest.raises(SctpUnavailable) as caught:
            open_socket()
        for word in ("modprobe sctp", "kernel-modules-extra", "blacklist"):
            assert word in str(caught.value)


def test_without_pysctp_its_installation_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sctp", None)
    with pytest.raises(SctpUnavailable, match="pip install pysctp"):
        client_socket(socket.AF_INET)
