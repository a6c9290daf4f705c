# SPDX-License-Identifier: Apache-2.0

"""What OpenStackClient asks of a plugin's module."""

import argparse
import types
from importlib.metadata import entry_points

from kuryrsctp import plugin
from kuryrsctp.osc.base import VerdictLister


def test_the_commands_of_each_api_version_are_found_by_their_entry_points() -> None:
    (found,) = entry_points(group="openstack.cli.extension", name=plugin.API_NAME)
    assert found.load() is plugin
    for version in plugin.API_VERSIONS:
        commands = entry_points(group=f"openstack.{plugin.API_NAME}.v{version}")
        assert {command.name for command in commands} >= {"kuryr_sctp_probe", "kuryr_sctp_verify"}
        assert all(issubclass(command.load(), VerdictLister) for command in commands)


def test_the_default_api_version_is_one_that_exists() -> None:
    assert plugin.DEFAULT_API_VERSION in plugin.API_VERSIONS


def test_the_version_option_is_named_as_openstackclient_derives_it() -> None:
    assert plugin.API_VERSION_OPTION == "os_kuryr_sctp_api_version"
    assert plugin.API_NAME == "kuryr_sctp"


def test_the_global_options_stay_as_they_are() -> None:
    parser = argparse.ArgumentParser()
    before = parser.format_help()
    assert plugin.build_option_parser(parser) is parser
    assert parser.format_help() == before


def test_the_client_is_the_connection_that_openstackclient_has_made() -> None:
    connection = object()
    assert plugin.make_client(types.SimpleNamespace(sdk_connection=connection)) is connection
