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


"""Source ports, each as long unused as can be."""

import itertools
import secrets
from collections.abc import Iterator
from pathlib import Path

_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_DEFAULT_RANGE = (32768, 60999)


def source_ports(low: int, high: int, first: int) -> Iterator[int]:
    """Yield the ports from `low` to `high`, both included, over and over from `first` on.

    The kernel picks source ports at random. IPVS remembers a closed association for a
    minute and drops the first INIT of a new one from the same port, so among a thousand
    random ports a few would stall for no fault of the service.
    """
    size = high - low + 1
    return (low + (first - low + turn) % size for turn in itertools.count())


def ephemeral_ports() -> Iterator[int]:
    """Yield this host's ephemeral ports in order, from a random one on."""
    try:
        low, high = map(int, _RANGE.read_text().split())
    except (OSError, ValueError):
        low, high = _DEFAULT_RANGE
    return source_ports(low, high, low + secrets.randbelow(high - low + 1))
