# SPDX-License-Identifier: Apache-2.0

"""What the plugin costs those who use other `openstack` commands: next to nothing."""

import argparse
import subprocess
import sys

import cliff.command
import pytest

from kuryrsctp.osc.base import VerdictLister
from kuryrsctp.osc.list import List
from kuryrsctp.osc.probe import Probe
from kuryrsctp.osc.verify import Verify
from tests.support.shell import Shell
from tests.support.startup import ALREADY_THERE, COMMANDS


def modules_after(*imports: str) -> set[str]:
    """Return what is loaded after these imports in a new interpreter."""
    script = "import sys, importlib; [importlib.import_module(one) for one in sys.argv[1:]]; "
    script += "print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-c", script, *imports], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_the_plugin_loads_nothing_that_openstackclient_has_not_loaded() -> None:
    added = modules_after(*ALREADY_THERE, *COMMANDS) - modules_after(*ALREADY_THERE)
    ours = {name for name in added if name.split(".")[0] == "kuryrsctp"}
    foreign = {name.split(".")[0] for name in added - ours}
    assert foreign <= set(sys.stdlib_module_names)
    assert ours.isdisjoint(
        {"kuryrsctp.cloud.calls", "kuryrsctp.verifier.checks", "kuryrsctp.prober"}
    )


def test_openstack_itself_is_undisturbed(shell: Shell) -> None:
    done = shell.openstack("--version")
    assert (done.returncode, done.stderr) == (0, "")


def test_help_lists_the_commands_and_each_explains_itself(shell: Shell) -> None:
    done = shell.openstack("help", "kuryr", "sctp")
    assert (done.returncode, done.stderr) == (0, "")
    for command in ("list", "probe", "verify"):
        assert f"kuryr sctp {command}" in done.stdout
    done = shell.verify("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Exit status: 0 all is well" in done.stdout
    assert "openstack kuryr sctp verify sctp-demo\n" in done.stdout


def test_a_command_ends_without_a_last_look_through_all_that_lives(shell: Shell) -> None:
    """Only what is not frozen is looked at when Python collects garbage in the end."""
    script = (
        "import atexit, gc, sys; from openstackclient import shell;"
        " atexit.register(lambda: print(len(gc.get_objects()) < gc.get_freeze_count()));"
        " sys.exit(shell.main(['kuryr', 'sctp', 'list']))"
    )
    argv = [sys.executable, "-c", script]
    done = subprocess.run(argv, capture_output=True, text=True, env=shell.environ({}))
    assert (done.returncode, done.stdout) == (1, "True\n")


@pytest.mark.parametrize("command", [List, Probe, Verify])
def test_a_commands_arguments_cost_no_look_at_all_that_is_installed(
    command: type[VerdictLister], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cliff's own parser reads the metadata of every package to name the command's."""

    def look(module: object) -> str:
        raise AssertionError(module)

    monkeypatch.setattr(cliff.command, "_get_distribution_for_module", look)
    parser = command(argparse.Namespace(), argparse.Namespace()).get_parser("openstack")
    assert "Examples::" in (parser.epilog or "")
