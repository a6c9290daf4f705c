# SPDX-License-Identifier: Apache-2.0

"""What an API says is not trusted: nothing of it reaches the terminal as it is."""

import json

import pytest

from tests.support.fake_api import FakeApi
from tests.support.hostile import HOSTILE, hostile_service
from tests.support.shell import Shell


@pytest.mark.parametrize("form", ["table", "value", "csv", "yaml", "json"])
def test_no_control_character_of_an_api_reaches_the_terminal(
    shell: Shell, fake: FakeApi, form: str
) -> None:
    lb_id = hostile_service(fake)
    done = shell.verify(lb_id, "--long", "-f", form, env=fake.environ())
    assert done.returncode == 3
    assert done.stderr == ""
    assert {character for character in done.stdout if not character.isprintable()} == {"\n"}


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
        "an API's answer is malformed (load balancer: provisioning_status is missing): check that"
        " the endpoints lead to the APIs, not to a proxy or login page (`openstack catalog list`)\n"
    )


@pytest.mark.parametrize("kind", ["listener", "member"])
@pytest.mark.parametrize("way", ["alone", "in bulk"])
def test_a_port_that_is_not_a_number_is_one_line_whichever_way_it_is_read(
    shell: Shell, fake: FakeApi, kind: str, way: str
) -> None:
    lb_id = hostile_service(fake)
    path = {"listener": "/lbaas/listeners", "member": "/lbaas/pools/p/members"}[kind]
    fake.lists[path][0]["protocol_port"] = "x"
    done = shell.verify("--all" if way == "in bulk" else lb_id, env=fake.environ())
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"an API's answer is malformed ({kind}: protocol_port is 'x', not a number): check that the"
        " endpoints lead to the APIs, not to a proxy or login page (`openstack catalog list`)\n"
    )
