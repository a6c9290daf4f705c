# SPDX-License-Identifier: Apache-2.0

"""APIs that answer late, badly or not at all now and then: nothing is missing in silence."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import struggling_proxy
from tests.support.cloud import Cloud
from tests.support.cloud.walkthrough import SCTP_DEMO
from tests.support.fill import Filled, fill
from tests.support.shell import Shell
from tests.support.struggling_proxy import StrugglingProxy, in_front_of

LIST = ("kuryr", "sctp", "list", "-f", "json")
COUNT = 60


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    """Run a cloud of its own for the services of this module."""
    with Cloud.start() as running:
        yield running


@pytest.fixture(scope="module")
def filled(cloud: Cloud) -> Filled:
    """Fill the cloud with COUNT services, none of them broken."""
    return fill(cloud, COUNT, broken_each=0)


@pytest.fixture
def proxy(cloud: Cloud, filled: Filled, tmp_path: Path) -> Iterator[StrugglingProxy]:
    """Put a proxy in front of the cloud."""
    assert filled.sctp
    with in_front_of(cloud, tmp_path) as running:
        yield running


# By the number of the request, of every CYCLE: more than one in a hundred.
CYCLE = 80
TROUBLES = {
    5: struggling_proxy.unavailable,
    25: struggling_proxy.cut,
    45: struggling_proxy.cut_midway,
    65: struggling_proxy.slow,
}


def verdicts(stdout: str) -> list[tuple[str, str, str]]:
    """Return service, check and status of each row."""
    rows: list[dict[str, Any]] = json.loads(stdout)
    return sorted((row["Service"], row["Check"], row["Status"]) for row in rows)


@pytest.mark.parametrize("suffer", TROUBLES.values())
def test_a_list_is_complete_whatever_one_request_in_three_suffers(
    shell: Shell, cloud: Cloud, proxy: StrugglingProxy, suffer: struggling_proxy.Trouble
) -> None:
    proxy.trouble = lambda number, _: suffer if number % 3 == 2 else None
    expected = shell.openstack(*LIST, env=cloud.environ())
    assert expected.returncode == 0
    done = shell.openstack(*LIST, env=proxy.environ)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == json.loads(expected.stdout)


def test_all_services_are_judged_and_judged_right(
    shell: Shell, cloud: Cloud, proxy: StrugglingProxy
) -> None:
    expected = shell.verify("--all", "--show", "all", "-f", "json", env=cloud.environ())
    suffered: list[struggling_proxy.Trouble] = []

    def trouble(number: int, _: str) -> struggling_proxy.Trouble | None:
        found = TROUBLES.get(number % CYCLE)
        suffered.extend([found] if found else [])
        return found

    proxy.trouble = trouble
    done = shell.verify("--all", "--show", "all", "-f", "json", env=proxy.environ)
    assert set(suffered) == set(TROUBLES.values())
    assert [row for row in verdicts(expected.stdout) if row[-1] == "FAIL"] == []
    assert (done.returncode, done.stderr) == (expected.returncode, expected.stderr) == (0, "")
    assert verdicts(done.stdout) == verdicts(expected.stdout)


@pytest.mark.parametrize("command", [LIST, ("kuryr", "sctp", "verify", "--all")])
def test_a_list_that_cannot_be_read_to_its_end_is_no_list(
    shell: Shell, proxy: StrugglingProxy, command: tuple[str, ...]
) -> None:
    proxy.trouble = lambda _, path: struggling_proxy.unavailable if "/pools" in path else None
    done = shell.openstack(*command, env=proxy.environ)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.search("/lbaas/pools answered 503 .*: the API is down or overloaded", done.stderr)


def test_a_service_that_cannot_be_judged_is_named_and_hides_no_other(
    shell: Shell, cloud: Cloud, filled: Filled, proxy: StrugglingProxy
) -> None:
    unlucky = filled.sctp[3]
    ((pool,),) = cloud.sql("octavia", "SELECT id FROM pool WHERE name LIKE ?", [f"{unlucky}:%"])

    def trouble(_: int, path: str) -> struggling_proxy.Trouble | None:
        return struggling_proxy.unavailable if f"{pool}/members" in path else None

    proxy.trouble = trouble
    done = shell.verify("--all", "--show", "all", "-f", "json", env=proxy.environ)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert unlucky in line
    assert "503" in line
    judged = {service for service, _, _ in verdicts(done.stdout)}
    assert judged == {*filled.sctp, SCTP_DEMO.name} - {unlucky}


def test_a_token_that_expires_midway_is_renewed(
    shell: Shell, filled: Filled, proxy: StrugglingProxy
) -> None:
    tokens: list[str] = []

    def refuse_the_first(handler: Any, body: bytes) -> None:
        token = handler.headers.get("X-Auth-Token", "")
        tokens.append(token)
        if token == tokens[0]:
            struggling_proxy.expired_token(handler, body)
        else:
            handler.hand_on(body)

    def trouble(number: int, path: str) -> struggling_proxy.Trouble | None:
        return refuse_the_first if number > 20 and "/auth/" not in path else None

    proxy.trouble = trouble
    done = shell.verify("--all", "--show", "all", "-f", "json", env=proxy.environ)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(set(tokens)) > 1
    judged = {service for service, _, _ in verdicts(done.stdout)}
    assert judged == {*filled.sctp, SCTP_DEMO.name}
