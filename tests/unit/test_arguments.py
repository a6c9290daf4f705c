# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What is typed becomes what is meant, or an error of usage."""

import argparse
import ipaddress
from collections.abc import Callable
from typing import Any

import pytest

from kuryrsctp.osc import arguments


@pytest.mark.parametrize(
    ("read", "text", "meant"),
    [
        (arguments.port, "90", (90, None)),
        (arguments.port, "90:9090", (90, 9090)),
        (arguments.port, "65535:1", (65535, 1)),
        (arguments.count, "0", 0),
        (arguments.jobs, "64", 64),
        (arguments.address, "FD00:0::75", "fd00::75"),
        (arguments.network, "10.0.0.1/26", ipaddress.ip_network("10.0.0.0/26")),
        (arguments.network, "fd00::1", ipaddress.ip_network("fd00::1/128")),
        (arguments.namespace, "kube-system", "kube-system"),
        (arguments.seconds, "1.5", 1.5),
    ],
)
def test_what_is_typed_is_read(read: Callable[[str], Any], text: str, meant: object) -> None:
    assert read(text) == meant


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (arguments.port, ""),
        (arguments.port, "0"),
        (arguments.port, "65536"),
        (arguments.port, "90:"),
        (arguments.port, "90:http"),
        (arguments.port, "90:1:2"),
        (arguments.port, "٩٠"),
        (arguments.count, "-1"),
        (arguments.jobs, "0"),
        (arguments.jobs, "65"),
        (arguments.address, "10.0.0.1/26"),
        (arguments.address, "pod"),
        (arguments.network, "10.0.0.0/33"),
        (arguments.namespace, "Core"),
        (arguments.namespace, "a/b"),
        (arguments.seconds, "sctp-demo"),
        (arguments.seconds, "-1"),
        (arguments.seconds, "inf"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(
    read: Callable[[str], Any], text: str
) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="'"):
        read(text)
