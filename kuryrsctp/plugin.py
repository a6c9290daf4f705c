# SPDX-License-Identifier: Apache-2.0

"""What OpenStackClient asks of a plugin; imported by every `openstack` command.

https://docs.openstack.org/python-openstackclient/latest/contributor/plugins.html
"""

import argparse
from typing import Any

API_NAME = "kuryr_sctp"
API_VERSION_OPTION = "os_kuryr_sctp_api_version"
API_VERSIONS = {"1": "kuryrsctp.plugin"}
DEFAULT_API_VERSION = "1"


def make_client(instance: Any) -> Any:
    """Return OpenStackClient's connection, as OSC demands of a plugin.

    The commands make one of their own (osc/base.py): this one has no timeout.
    """
    return instance.sdk_connection


def build_option_parser(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Leave OpenStackClient's global options as they are."""
    return parser
