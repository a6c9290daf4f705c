# SPDX-License-Identifier: Apache-2.0


"""Types of arguments: what they mean, or an error that argparse turns into one of usage."""

import argparse
import ipaddress
import math

from kuryrsctp import naming
from kuryrsctp.addresses import Network
from kuryrsctp.errors import UsageError

_HIGHEST_PORT = 65535
_MOST_JOBS = 64


def namespace(text: str) -> str:
    """Read a Kubernetes namespace."""
    try:
        naming.parse_service("any", text)
    except UsageError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is no Kubernetes namespace") from error
    return text


def port(text: str) -> tuple[int, int | None]:
    """Read `PORT[:TARGET]`; without a target, it may be any."""
    service, colon, target = text.partition(":")
    return _port(service), _port(target) if colon else None


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text) <= _HIGHEST_PORT):
        raise argparse.ArgumentTypeError(f"'{text}' is no port: give 1 to {_HIGHEST_PORT}")
    return int(text)


def count(text: str) -> int:
    """Read a number of things."""
    if not (text.isascii() and text.isdecimal()):
        raise argparse.ArgumentTypeError(f"'{text}' is no number: give 0 or more")
    return int(text)


def jobs(text: str) -> int:
    """Read a number of jobs."""
    number = count(text)
    if not 0 < number <= _MOST_JOBS:
        raise argparse.ArgumentTypeError(f"'{text}' is too few or many: give 1 to {_MOST_JOBS}")
    return number


def address(text: str) -> str:
    """Read an IP address; return it in its usual form."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is no IP address") from error


def network(text: str) -> Network:
    """Read an IP network in CIDR notation, or a single address."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"'{text}' is no network: give ADDRESS/LENGTH, such as 10.0.0.0/26"
        ) from error


def seconds(text: str) -> float:
    """Read a number of seconds, after an option that can do without."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(
            f"'{text}' is no number of seconds: give one, or put the option last"
        )
    return number
