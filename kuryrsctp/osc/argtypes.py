# SPDX-License-Identifier: Apache-2.0

"""Types of arguments: return the value, or raise what argparse reports as a usage error."""

import argparse
import ipaddress
import math
from collections.abc import Callable
from typing import TypeVar

from kuryrsctp import addresses, naming
from kuryrsctp.addresses import Network
from kuryrsctp.errors import KuryrSctpError
from kuryrsctp.terminal_text import printable

T = TypeVar("T")

_MAX_JOBS = 64
_MAX_ERROR_LENGTH = 500


def namespace(text: str) -> str:
    """Read a Kubernetes namespace."""
    return _parsed(naming.parse_namespace, text)


def port(text: str) -> int:
    """Read a port."""
    return _parsed(addresses.parse_port, text)


def port_mapping(text: str) -> tuple[int, int | None]:
    """Read `PORT[:TARGET]`; without a target, it may be any."""
    service, colon, target = text.partition(":")
    return port(service), port(target) if colon else None


def count(text: str) -> int:
    """Read a whole number, 0 or more."""
    if not (text.isascii() and text.isdecimal()):
        raise _invalid("number", text, "give 0 or more")
    return int(text)


def jobs(text: str) -> int:
    """Read a number of jobs."""
    number = count(text)
    if not 0 < number <= _MAX_JOBS:
        raise _invalid("number of jobs", text, f"give 1 to {_MAX_JOBS}")
    return number


def address(text: str) -> str:
    """Read an IP address; return it in its usual form."""
    return str(_parsed(addresses.parse_address, text))


def network(text: str) -> Network:
    """Read an IP network in CIDR notation, or a single address."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise _invalid("network", text, "give ADDRESS/LENGTH, such as 10.0.0.0/26") from error


def seconds(text: str) -> float:
    """Read a number of seconds, 0 or more."""
    number = _seconds(text)
    if number is None:
        raise _invalid("number of seconds", text, "give 0 or more")
    return number


def optional_seconds(text: str) -> float:
    """Read a number of seconds after an option that does not need one.

    Without a number, such an option takes the next argument for one.
    """
    number = _seconds(text)
    if number is None:
        raise _invalid("number of seconds", text, "give 0 or more, or put the option last")
    return number


def _seconds(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 <= number < math.inf else None


def _parsed(parse: Callable[[str], T], text: str) -> T:
    try:
        return parse(text)
    except KuryrSctpError as error:
        line = printable(str(error), _MAX_ERROR_LENGTH)
        raise argparse.ArgumentTypeError(line) from error


def _invalid(kind: str, text: str, advice: str) -> argparse.ArgumentTypeError:
    line = printable(f"invalid {kind} '{text}': {advice}", _MAX_ERROR_LENGTH)
    return argparse.ArgumentTypeError(line)
