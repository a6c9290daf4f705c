# SPDX-License-Identifier: Apache-2.0

"""Where the output goes: a locale without the characters, a full disk, a reader that went away."""

import csv
import io
import json
import shlex
import subprocess
from collections.abc import Iterator

import pytest

from tests.support import kuryr
from tests.support.cloud import Cloud
from tests.support.kuryr import listener, member
from tests.support.shell import OPENSTACK, TIMEOUT, Shell

NAME = "default/größe-ł"
LATIN = "default/größe-\\u0142"
ASCII = "default/gr\\xf6\\xdfe-\\u0142"
LIST = ("kuryr", "sctp", "list")


@pytest.fixture(scope="module")
def named(cloud: Cloud) -> Iterator[str]:
    """Hold a load balancer whose name not every locale has; return its ID."""
    with kuryr.connect(cloud) as connection:
        parts = [listener(f"{NAME}:SCTP:90", 90, member(f"{NAME}:90", "10.0.0.75", 9090))]
        with kuryr.load_balancer(connection, NAME, parts) as made:
            yield str(made.id)


@pytest.mark.parametrize(
    ("encoding", "shown"), [("utf-8", NAME), ("latin-1", LATIN), ("ascii", ASCII)]
)
@pytest.mark.parametrize("form", ["table", "value", "csv"])
def test_what_the_locale_lacks_is_escaped_and_tables_keep_their_form(
    shell: Shell, cloud: Cloud, named: str, encoding: str, shown: str, form: str
) -> None:
    done = raw(shell, cloud, "verify", named, "-f", form, encoding=encoding)
    assert done.returncode in {0, 3}
    text = done.stdout.decode(encoding)
    if form == "csv":
        rows = csv.reader(io.StringIO(text), escapechar="\\")
        assert f"{shown}:SCTP:90" in {row[3] for row in rows}
    else:
        assert f"{shown}:SCTP:90" in text
    if form == "table":
        assert len({len(line) for line in text.splitlines()}) == 1


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_json_and_yaml_are_the_exact_data_in_every_locale(
    shell: Shell, cloud: Cloud, named: str, form: str
) -> None:
    done = raw(shell, cloud, "list", "--long", "-f", form, encoding="ascii")
    assert (done.returncode, done.stderr) == (0, b"")
    done.stdout.decode("ascii")
    if form == "json":
        assert NAME in {row["Load Balancer"] for row in json.loads(done.stdout)}


def test_the_exit_status_is_the_same_in_every_locale(
    shell: Shell, cloud: Cloud, named: str
) -> None:
    statuses = {
        raw(shell, cloud, "verify", named, encoding=encoding).returncode
        for encoding in ("utf-8", "ascii")
    }
    assert len(statuses) == 1


def test_a_name_in_a_complaint_is_escaped_on_stderr(shell: Shell, cloud: Cloud) -> None:
    done = raw(shell, cloud, "list", "--project", "größe", encoding="ascii")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(rb"no project 'gr\xf6\xdfe' is visible")


@pytest.mark.parametrize(
    ("redirect", "status", "complaint"),
    [
        ("> /dev/full", 1, "the result cannot be written: No space left on device\n"),
        ("| true; exit ${PIPESTATUS[0]}", 141, ""),
        (">&-", 0, ""),
        ("2> /dev/full", 0, ""),
    ],
)
@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_output_without_a_place_ends_with_a_status_and_no_traceback(
    shell: Shell, cloud: Cloud, form: str, redirect: str, status: int, complaint: str
) -> None:
    done = in_bash(shell, cloud, redirect, *LIST, "-f", form)
    assert (done.returncode, done.stderr) == (status, complaint)


def test_a_complaint_without_a_place_keeps_the_exit_status(shell: Shell, cloud: Cloud) -> None:
    wrong = in_bash(shell, cloud, "2> /dev/full", *LIST, "--project", "nowhere")
    assert (wrong.returncode, wrong.stdout) == (2, "")


def raw(
    shell: Shell, cloud: Cloud, *arguments: str, encoding: str
) -> "subprocess.CompletedProcess[bytes]":
    """Run a command whose streams have an encoding; return its output as bytes."""
    env = shell.environ(cloud.environ() | {"PYTHONIOENCODING": encoding})
    return subprocess.run(
        [OPENSTACK, "kuryr", "sctp", *arguments],
        env=env,
        cwd=shell.home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=TIMEOUT,
        check=False,
    )


def in_bash(
    shell: Shell, cloud: Cloud, redirect: str, *arguments: str
) -> "subprocess.CompletedProcess[str]":
    """Run a command with its output redirected by the shell."""
    return subprocess.run(
        ["bash", "-c", f"{shlex.join([str(OPENSTACK), *arguments])} {redirect}"],
        env=shell.environ(cloud.environ()),
        cwd=shell.home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
