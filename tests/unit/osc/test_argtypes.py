# SPDX-License-Identifier: Apache-2.0


"""What is typed becomes what is meant, or an error of usage."""

import argparse
import ipaddress
from collections.abc import Callable
from typing import Any

import pytest

from kuryrsctp.osc import argtypes


@pytest.mark.parametrize(
    ("read", "text", "meant"),
    [
        (argtypes.port, "90", (90, None)),
        (argtypes.port, "90:9090", (90, 9090)),
        (argtypes.port, "65535:1", (65535, 1)),
        (argtypes.count, "0", 0),
        (argtypes.jobs, "64", 64),
        (argtypes.address, "FD00:0::75", "fd00::75"),
        (argtypes.network, "10.0.0.1/26", ipaddress.ip_network("10.0.0.0/26")),
        (argtypes.network, "fd00::1", ipaddress.ip_network("fd00::1/128")),
        (argtypes.namespace, "kube-system", "kube-system"),
        (argtypes.seconds, "1.5", 1.5),
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
        (argtypes.port, "90:"),
        (argtypes.port, "90:http"),
        (argtypes.port, "90:1:2"),
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
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(
    read: Callable[[str], Any], text: str
) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="'"):
        read(text)
