# SPDX-License-Identifier: Apache-2.0

"""What users type is read, or refused as a usage error."""

import argparse
import ipaddress
from collections.abc import Callable
from typing import Any

import pytest

from kuryrsctp.osc import argtypes


@pytest.mark.parametrize(
    ("read", "text", "meant"),
    [
        (argtypes.port, "90", 90),
        (argtypes.port_mapping, "90", (90, None)),
        (argtypes.port_mapping, "90:9090", (90, 9090)),
        (argtypes.port_mapping, "65535:1", (65535, 1)),
        (argtypes.count, "0", 0),
        (argtypes.jobs, "64", 64),
        (argtypes.address, "FD00:0::75", "fd00::75"),
        (argtypes.network, "10.0.0.1/26", ipaddress.ip_network("10.0.0.0/26")),
        (argtypes.network, "fd00::1", ipaddress.ip_network("fd00::1/128")),
        (argtypes.namespace, "kube-system", "kube-system"),
        (argtypes.seconds, "1.5", 1.5),
        (argtypes.optional_seconds, "0", 0.0),
    ],
)
def test_what_is_typed_is_read(read: Callable[[str], Any], text: str, meant: object) -> None:
    assert read(text) == meant


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (argtypes.port, ""),
        (argtypes.port, "0"),
        (argtypes.port, "65536"),
        (argtypes.port_mapping, "90:"),
        (argtypes.port_mapping, "90:http"),
        (argtypes.port_mapping, "90:1:2"),
        (argtypes.port, "٩٠"),
        (argtypes.count, "-1"),
        (argtypes.jobs, "0"),
        (argtypes.jobs, "65"),
        (argtypes.address, "10.0.0.1/26"),
        (argtypes.address, "pod"),
        (argtypes.network, "10.0.0.0/33"),
        (argtypes.namespace, "Core"),
        (argtypes.namespace, "a/b"),
        (argtypes.seconds, "sctp-demo"),
        (argtypes.seconds, "-1"),
        (argtypes.seconds, "inf"),
        (argtypes.optional_seconds, "sctp-demo"),
        (argtypes.count, "٩"),
    ],
)
def test_an_invalid_value_is_refused_with_a_reason(read: Callable[[str], Any], text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="'"):
        read(text)


def test_a_refused_value_never_reaches_a_terminal_raw() -> None:
    with pytest.raises(argparse.ArgumentTypeError) as caught:
        argtypes.namespace("a\x1b[31m")
    assert r"'a\x1b[31m'" in str(caught.value)
    assert str(caught.value).isprintable()


def test_an_option_that_can_do_without_seconds_should_be_put_last() -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="or put the option last"):
        argtypes.optional_seconds("sctp-demo")
