# SPDX-License-Identifier: Apache-2.0

"""The reason of a connection that failed is found however the libraries wrap it."""

import ssl
from typing import Any

import keystoneauth1.exceptions
import pytest
import requests
import requests.exceptions
from urllib3.exceptions import MaxRetryError, ProxyError, SSLError

from kuryrsctp.cloud.connecting import (
    cannot_connect,
    connection_fault,
    is_lasting,
    place,
    quoted,
    through_proxy,
)


def wrapped(reason: Exception) -> Exception:
    """Return what keystoneauth raises of a reason, as deep as it is in real life."""
    pool: Any = None
    refused = MaxRetryError(pool, "/v3", reason)
    refused.__cause__ = reason
    request = requests.Request("GET", "https://api.example/v3").prepare()
    outer = keystoneauth1.exceptions.SSLError("SSL exception")
    outer.__context__ = requests.exceptions.SSLError(refused, request=request)
    return outer


def test_a_certificate_is_named_however_deep_its_error_is() -> None:
    reason = ssl.SSLCertVerificationError(1, "certificate verify failed")
    reason.verify_message = "self-signed certificate"
    error = wrapped(reason)
    assert connection_fault(error).startswith(
        "the certificate of https://api.example is not trusted (self-signed certificate): give"
    )
    assert cannot_connect(error)


def test_a_connection_that_broke_may_be_tried_again() -> None:
    error = requests.exceptions.ConnectionError(ConnectionResetError(104, "reset by peer"))
    assert not cannot_connect(error)
    assert "(reset by peer)" in connection_fault(error)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET https://user:secret@api.example/v3 failed", "GET https://api.example/v3 failed"),
        ("two\nlines", "two lines"),
        ("x" * 300, "x" * 200),
    ],
)
def test_words_of_others_are_one_short_line_without_secrets(text: str, shown: str) -> None:
    assert quoted(text) == shown


def test_a_proxy_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "user:secret@proxy.example:3128")
    monkeypatch.setenv("no_proxy", "inner.example")
    assert through_proxy("https://api.example/v3") == (
        " through the proxy http://proxy.example:3128"
    )
    assert through_proxy("https://inner.example/v3") == ""
    assert place("https://user:secret@api.example/v3?token=x") == "https://api.example/v3"


@pytest.mark.parametrize(
    ("error", "lasts"),
    [
        (SSLError(ssl.SSLCertVerificationError(1, "certificate verify failed")), True),
        (SSLError(ssl.SSLError(1, "wrong version number")), True),
        (SSLError(ssl.SSLEOFError(8, "EOF occurred in violation of protocol")), False),
        (ProxyError("Unable to connect", OSError("Tunnel connection failed: 407")), True),
        (ProxyError("Unable to connect", OSError("Tunnel connection failed: 503")), False),
    ],
)
def test_only_what_lasts_is_not_tried_again(error: Exception, lasts: bool) -> None:
    assert is_lasting(error) is lasts
