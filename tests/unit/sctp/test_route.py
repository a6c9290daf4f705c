# SPDX-License-Identifier: Apache-2.0


import errno
import socket
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from kuryrsctp.errors import AddressError, SctpUnavailable, UsageError
from kuryrsctp.model import Endpoint, Outcome
from kuryrsctp.sctp import route
from kuryrsctp.sctp.outcomes import Ended
from kuryrsctp.sctp.sockets import client_socket, listening_socket


@pytest.fixture
def fake_resolver_that_hangs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    released = threading.Event()

    def hang(*_: object, **__: object) -> None:
        released.wait(60)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    yield
    released.set()


@pytest.fixture
def fake_kernel_without_sctp(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.socket

    def open_socket(*arguments: int) -> socket.socket:
        if socket.IPPROTO_SCTP in arguments[2:]:
            raise OSError(errno.EPROTONOSUPPORT, "Protocol not supported")
        return real(*arguments)

    monkeypatch.setattr(socket, "socket", open_socket)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("10.0.0.158", "10.0.0.158"),
        ("fd00:158::158", "fd00:158::158"),
        ("FD00:0158:0:0::158", "fd00:158::158"),
        ("::ffff:10.0.0.158", "10.0.0.158"),
        ("localhost", "127.0.0.1"),
    ],
)
def test_a_host_becomes_a_numeric_address(host: str, address: str) -> None:
    resolved = route.resolve(host, 90, 5)
    assert resolved in (Endpoint(address, 90), Endpoint("::1", 90))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255"])
def test_an_address_of_no_single_host_is_refused(host: str) -> None:
    with pytest.raises(AddressError, match="is no address of a single host"):
        route.resolve(host, 90, 5)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "", "a" * 300, "a..b", "sp ace", "\0"])
def test_a_name_that_leads_nowhere_is_one_line(host: str) -> None:
    with pytest.raises(AddressError) as caught:
        route.resolve(host, 90, 5)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.usefixtures("fake_resolver_that_hangs")
def test_a_resolver_that_hangs_is_not_waited_for() -> None:
    begun = time.monotonic()
    with pytest.raises(AddressError, match=r"'sctp\.example' was not resolved within 0\.2 s"):
        route.resolve("sctp.example", 90, 0.2)
    assert time.monotonic() - begun < 0.5


def test_the_source_address_for_this_host_is_this_hosts() -> None:
    family, address = route.socket_address(Endpoint("127.0.0.1", 90))
    assert route.source_address(family, address)[0] == "127.0.0.1"


@pytest.mark.parametrize("source", ["192.0.2.1", "::1", "no-address"])
def test_a_source_that_is_not_this_hosts_is_wrong_usage(source: str) -> None:
    with pytest.raises(UsageError, match=f"{source} is no address of this host"):
        route.way(Endpoint("127.0.0.1", 90), source)


def test_a_source_that_is_this_hosts_is_kept() -> None:
    assert route.way(Endpoint("127.0.0.1", 90), "127.0.0.2").source[0] == "127.0.0.2"


def test_no_way_at_all_is_known_before_anything_is_sent() -> None:
    # A link-local address without its link: what no host has a way to.
    with pytest.raises(Ended) as caught:
        route.source_address(socket.AF_INET6, ("fe80::1", 90, 0, 0))
    assert caught.value.outcome is Outcome.UNREACHABLE


@pytest.mark.usefixtures("fake_kernel_without_sctp")
def test_without_sctp_the_module_the_package_and_the_blacklist_are_named() -> None:
    for open_one in (
        lambda: client_socket(socket.AF_INET),
        lambda: listening_socket("127.0.0.1", 9090),
    ):
        with pytest.raises(SctpUnavailable) as caught:
            open_one()
        for word in ("modprobe sctp", "kernel-modules-extra", "blacklist"):
            assert word in str(caught.value)


def test_without_pysctp_its_installation_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sctp", None)
    with pytest.raises(SctpUnavailable, match="pip install pysctp"):
        client_socket(socket.AF_INET)
