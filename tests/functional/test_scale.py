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

"""A cloud with more services than a page holds."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.bench.scale_fill import Filled, fill
from tests.functional.conftest import OPENSTACK, Shell
from tests.functional.struggling_proxy import in_front_of
from tests.lab.cloud import Cloud
from tests.lab.cloud.walkthrough import SCTP_DEMO

PAGE = 1000  # Octavia's
PATIENCE = 240  # seconds for all of them, on a busy machine
COUNT = 1300  # of which four fifths are SCTP


class Big(NamedTuple):
    """A cloud, and what it was filled with."""

    cloud: Cloud
    filled: Filled


@pytest.fixture(scope="module")
def big() -> Iterator[Big]:
    """Run a cloud with COUNT services more than usual."""
    with Cloud.start() as cloud:
        yield Big(cloud, fill(cloud, COUNT))


def test_a_list_longer_than_a_page_holds_each_sctp_service_once_and_no_other(
    shell: Shell, big: Big
) -> None:
    assert len(big.filled.sctp) > PAGE
    done = shell.openstack(
        "kuryr", "sctp", "list", "-f", "value", "-c", "Service", env=big.cloud.environ()
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == sorted([*big.filled.sctp, SCTP_DEMO.name])


def test_what_moves_or_goes_while_it_is_listed_is_there_once_or_not_at_all(
    shell: Shell, big: Big, tmp_path: Path
) -> None:
    """The row that marks the end of the first page goes away, as those before it do."""
    seen: list[str] = []

    def change(_: int, path: str) -> None:
        if "/listeners" not in path or "marker=" not in path or seen:
            return
        listeners = big.cloud.sql(
            "octavia",
            "SELECT name, id FROM listener WHERE protocol = 'SCTP' ORDER BY created_at, id",
        )
        moved, gone = listeners[:2], listeners[PAGE - 3 : PAGE]
        seen.extend(name.partition(":")[0] for name, _ in gone)
        assert gone[-1][1] in path
        for _, key in gone:
            big.cloud.sql("octavia", "DELETE FROM listener WHERE id = ?", [key])
        for _, key in moved:
            later = "UPDATE listener SET created_at = datetime('now') WHERE id = ?"
            big.cloud.sql("octavia", later, [key])

    with in_front_of(big.cloud, tmp_path) as proxy:
        proxy.trouble = change
        done = shell.openstack(
            "kuryr", "sctp", "list", "-f", "value", "-c", "Service", env=proxy.environ
        )
    assert (done.returncode, done.stderr) == (0, "")
    services = done.stdout.split()
    assert len(seen) == 3
    assert len(services) == len(set(services))
    assert set(services) | set(seen) == {*big.filled.sctp, SCTP_DEMO.name}


def test_all_of_them_are_verified_and_exactly_the_broken_ones_fail_each_by_its_own_check(
    shell: Shell, big: Big
) -> None:
    done = subprocess.run(
        [OPENSTACK, "kuryr", "sctp", "verify", "--all", "-f", "json"],
        env=shell.environ(big.cloud.environ()),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (3, "")
    failed: dict[str, set[str]] = {}
    for row in json.loads(done.stdout):
        checks = failed.setdefault(row["Service"], set())
        if row["Status"] == "FAIL":
            checks.add(row["Check"])
    gone = set(big.filled.sctp) - set(failed)
    assert len(gone) <= 3  # that the test above took away
    wrong = {name: checks for name, checks in failed.items() if checks}
    assert wrong == {name: {check} for name, check in big.filled.broken.items() if name not in gone}
