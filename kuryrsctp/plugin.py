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
    """Return the connection that the commands share (openstack.connection.Connection)."""
    return instance.sdk_connection


def build_option_parser(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Leave OpenStackClient's global options as they are."""
    return parser
