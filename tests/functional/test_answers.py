# SPDX-License-Identifier: Apache-2.0

"""What an API says is not trusted: nothing of it reaches the terminal as it is."""

import json

import pytest

from tests.functional.conftest import Shell
from tests.functional.fake_api import FakeApi
from tests.functional.hostile import HOSTILE, hostile_service


@pytest.mark.parametrize("form", ["table", "value", "csv", "yaml", "json"])
def test_no_control_character_of_an_api_reaches_the_terminal(
    shell: Shell, fake: FakeApi, form: str
) -> None:
    lb_id = hostile_service(fake)
    done = shell.verify(lb_id, "--long", "-f", form, env=fake.environ())
    assert done.returncode == 3
    assert done.stderr == ""
    assert {one for one in done.stdout if not one.isprintable()} == {"\n"}


def test_json_is_the_exact_data(shell: Shell, fake: FakeApi) -> None:
    done = shell.verify(hostile_service(fake), "-f", "json", env=fake.environ())
    assert HOSTILE in {row["Resource"] for row in json.loads(done.stdout)}


def test_an_answer_without_the_fields_that_matter_is_no_load_balancer(
    shell: Shell, fake: FakeApi
) -> None:
    fake.lists["/lbaas/loadbalancers"] = [{"id": "x", "name": "default/sctp-demo"}]
    done = shell.verify("sctp-demo", env=fake.environ())
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "Octavia's answer holds an object without ID or status: check that its endpoint leads to"
        " Octavia (`openstack catalog show load-balancer`)\n"
    )
