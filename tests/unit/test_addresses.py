# SPDX-License-Identifier: Apache-2.0

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from kuryrsctp import addresses
from kuryrsctp.addresses import Endpoint
from kuryrsctp.errors import AddressError, UsageError
from tests.support.checkout import HANG


@pytest.fixture
def fake_resolver_that_hangs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    released = threading.Event()

    def hang(*_: object, **__: object) -> None:
        released.wait(HANG)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    yield
    released.set()


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
    resolved = addresses.resolve(host, 90, 5)
    assert resolved in (Endpoint(address, 90), Endpoint("::1", 90))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255"])
def test_an_address_of_no_single_host_is_refused(host: str) -> None:
    with pytest.raises(AddressError, match="is not the address of a single host"):
        addresses.resolve(host, 90, 5)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "", "a" * 300, "a..b", "sp ace", "\0"])
def test_a_name_that_leads_nowhere_is_one_line(host: str) -> None:
    with pytest.raises(AddressError) as caught:
        addresses.resolve(host, 90, 5)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.usefixtures("fake_resolver_that_hangs")
def test_a_resolver_that_hangs_is_not_waited_for() -> None:
    begun = time.monotonic()
    with pytest.raises(AddressError, match=r"'sctp\.example' was not resolved within 0\.2 s"):
        addresses.resolve("sctp.example", 90, 0.2)
    assert time.monotonic() - begun < HANG / 2


@pytest.mark.parametrize(("port", "number"), [("1", 1), ("65535", 65535), (9090, 9090)])
def test_a_port_is_read_as_a_number(port: str | int, number: int) -> None:
    assert addresses.parse_port(port) == number


@pytest.mark.parametrize("port", ["", "0", "65536", "-1", "http", "٩٠", "9" * 5000, 0, -1, 65536])
def test_what_is_not_a_port_is_a_usage_error(port: str | int) -> None:
    with pytest.raises(UsageError, match=r"invalid port '.*': ports go from 1 to 65535"):
        addresses.parse_port(port)


@pytest.mark.parametrize("text", ["localhost", "", "10.0.0.1/26", "10.0.0", "10.0.0.256"])
def test_what_is_not_a_numeric_address_is_an_address_error(text: str) -> None:
    with pytest.raises(AddressError, match="is not a numeric IP address"):
        addresses.parse_address(text)


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("fd00:75:0::75", "fd00:75::75"),
        ("FD00::00AB", "fd00::ab"),
        ("10.0.0.1", "10.0.0.1"),
        ("no-address", "no-address"),
    ],
)
def test_the_short_form_of_an_address_is_neutrons(text: str, short: str) -> None:
    assert addresses.canonical(text) == short
