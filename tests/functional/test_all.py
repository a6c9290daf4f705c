# SPDX-License-Identifier: Apache-2.0

"""`verify --all`: every SCTP service that can be seen is judged, and none hides another."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from openstack.connection import Connection

from tests.support import kuryr
from tests.support.cloud import Cloud
from tests.support.fake_api import OCTAVIA, FakeApi, Fault, status
from tests.support.shell import Shell

# The SDK's own affairs.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack")

WALKTHROUGH = "default/sctp-demo"
STATE = {"admin_state_up": True, "provisioning_status": "ACTIVE", "operating_status": "ONLINE"}


@pytest.fixture(scope="module")
def connection(cloud: Cloud) -> Iterator[Connection]:
    """Act in the cloud as Kuryr."""
    with kuryr.connect(cloud) as connected:
        yield connected


def judged(
    shell: Shell, cloud: Cloud, *arguments: str, user: str = "kuryr"
) -> tuple[int, dict[str, list[str]]]:
    """Return the exit code and, for each service, the checks that failed."""
    done = shell.verify("--all", "--show", "all", *arguments, "-f", "json", env=cloud.environ(user))
    assert done.stderr == ""
    failed: dict[str, list[str]] = {}
    for row in json.loads(done.stdout):
        found = failed.setdefault(row["Service"], [])
        if row["Status"] == "FAIL":
            found.append(row["Check"])
    return done.returncode, failed


def test_what_is_read_in_bulk_is_judged_as_if_read_alone(shell: Shell, cloud: Cloud) -> None:
    alone = shell.verify(WALKTHROUGH, "--long", env=cloud.environ())
    whole = shell.verify("--all", "--show", "all", "--long", env=cloud.environ())
    assert (whole.returncode, whole.stdout, whole.stderr) == (0, alone.stdout, "")


def test_the_broken_are_told_from_the_sound_and_the_worst_counts(
    shell: Shell, cloud: Cloud, connection: Connection
) -> None:
    bare = kuryr.listener("core/smf:SCTP:1", 1)
    del bare["default_pool"]
    web = kuryr.listener("core/web:TCP:80", 80, protocol="TCP")
    with (
        kuryr.load_balancer(connection, "core/smf", [bare]) as broken,
        kuryr.load_balancer(connection, "core/web", [web]),
    ):
        kuryr.wait_until_online(connection, broken.id)
        kuryr.age(cloud, broken.id)
        everything = judged(shell, cloud)
        narrowed = judged(shell, cloud, "--namespace", "default")
        others = judged(shell, cloud, "--project", "k8s", "--namespace", "core", user="admin")
    assert everything == (3, {"core/smf": ["pool-exists"], WALKTHROUGH: []})
    assert narrowed == (0, {WALKTHROUGH: []})
    assert others == (3, {"core/smf": ["pool-exists"]})


def test_two_of_one_name_collide_in_a_project_but_not_across_projects(
    shell: Shell, cloud: Cloud, connection: Connection
) -> None:
    port = kuryr.listener("core/amf:SCTP:1", 1, kuryr.member("core/amf-0:1", "10.0.0.100", 1))
    with (
        kuryr.load_balancer(connection, "core/amf", [port]) as first,
        kuryr.load_balancer(connection, "core/amf", [port]) as other,
    ):
        collided = judged(shell, cloud, "--namespace", "core")
        cloud.sql(
            "octavia", "UPDATE load_balancer SET project_id = 'elsewhere' WHERE id = ?", [other.id]
        )
        try:
            apart = judged(shell, cloud, "--namespace", "core", user="admin")
        finally:
            cloud.sql(
                "octavia",
                "UPDATE load_balancer SET project_id = ? WHERE id = ?",
                [first.project_id, other.id],
            )
    assert collided == (3, {"core/amf": ["load-balancer-unique"]})
    assert apart == (0, {first.id: [], other.id: []})


def test_the_clusters_own_api_is_never_judged(
    shell: Shell, cloud: Cloud, connection: Connection
) -> None:
    (held,) = connection.load_balancer.listeners(name="default/kubernetes:443")
    change = "UPDATE listener SET protocol = ? WHERE id = ?"
    cloud.sql("octavia", change, ["SCTP", held.id])
    try:
        assert judged(shell, cloud) == (0, {WALKTHROUGH: []})
    finally:
        cloud.sql("octavia", change, [held.protocol, held.id])


def test_nothing_to_judge_is_not_all_well(shell: Shell, cloud: Cloud) -> None:
    done = shell.verify("--all", "--show", "all", env=cloud.environ("other"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "no service with an SCTP listener is visible to these credentials: check project and"
        " namespace (`openstack kuryr sctp list`)\n"
    )


def hold_services(api: FakeApi, *names: str) -> None:
    """Let the fake hold sound services of these names, each with a pool of the same ID."""
    parts: dict[str, list[dict[str, Any]]] = {"loadbalancers": [], "listeners": [], "pools": []}
    for number, name in enumerate(names):
        port, key = f"default/{name}:SCTP:1", {"id": name} | STATE
        vip = {"vip_address": f"10.0.0.{number}", "provider": "amphora", "project_id": "p"}
        parts["loadbalancers"].append(key | vip | {"name": f"default/{name}"})
        owner = {"loadbalancers": [{"id": name}], "default_pool_id": name}
        parts["listeners"].append(
            key | owner | {"name": port, "protocol": "SCTP", "protocol_port": 1}
        )
        member = {"name": "default/pod:1", "address": "10.0.0.75", "protocol_port": 1}
        parts["pools"].append(
            key | {"name": port, "protocol": "SCTP", "lb_algorithm": "ROUND_ROBIN"}
        )
        api.lists[f"/lbaas/pools/{name}/members"] = [key | member]
    api.lists |= {f"/lbaas/{kind}": found for kind, found in parts.items()}


@pytest.mark.parametrize("command", ["list", "verify --all"])
def test_no_listener_of_another_protocol_makes_a_service_sctp(
    shell: Shell, fake: FakeApi, command: str
) -> None:
    hold_services(fake, "a", "b", "c")
    fake.lists["/lbaas/listeners"][1] |= {"protocol": "TCP", "name": "default/b:TCP:1"}
    show = ("--show", "all") if "verify" in command else ()
    arguments = ("-q", "kuryr", "sctp", *command.split(), *show, "-f", "value", "-c", "Service")
    done = shell.openstack(*arguments, env=fake.environ())
    assert (done.returncode, done.stderr) == (0, "")
    assert set(done.stdout.split()) == {"default/a", "default/c"}


def test_a_listener_that_is_called_sctp_and_is_not_is_seen_by_all_commands(
    shell: Shell, cloud: Cloud, connection: Connection
) -> None:
    members = [kuryr.member("core/amf-0:9999", "10.0.0.100", 9999)]
    mis_made = kuryr.listener("core/amf:SCTP:9999", 9999, *members, protocol="TCP")
    with kuryr.load_balancer(connection, "core/amf", [mis_made]):
        everything = judged(shell, cloud, "--namespace", "core")
        alone = shell.verify("core/amf", "-f", "json", env=cloud.environ())
        whole = shell.verify(
            "--all", "--show", "all", "--namespace", "core", "-f", "json", env=cloud.environ()
        )
        listed = shell.openstack(
            *("kuryr", "sctp", "list", "--namespace", "core", "-f", "json"), env=cloud.environ()
        )
    assert everything == (3, {"core/amf": ["listener-protocol", "pool-protocol"]})
    assert json.loads(alone.stdout) == json.loads(whole.stdout)
    assert [(row["Ports"], row["Members"]) for row in json.loads(listed.stdout)] == [([9999], [1])]


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (
            status(500),
            "500 (said by the fake): the API failed: try again, then ask the cloud's operator to"
            " look at its log",
        ),
        # It does not say that it is the pool that is not there.
        (
            status(404, {"code": 404, "title": "Not Found", "description": "No such path"}),
            "404 (No such path): nothing is there: check that the catalog (`openstack catalog"
            " list`) or the endpoint in clouds.yaml leads to the right API",
        ),
    ],
    ids=["a failure", "an endpoint without members"],
)
def test_a_service_that_cannot_be_judged_is_named_and_the_others_are_shown(
    shell: Shell, fake: FakeApi, answer: Fault, complaint: str
) -> None:
    hold_services(fake, "a", "b", "c")
    fake.faults[f"{OCTAVIA}/lbaas/pools/b/members"] = answer
    done = shell.verify(
        "--all", "--show", "all", "-f", "value", "-c", "Service", env=fake.environ()
    )
    assert set(done.stdout.split()) == {"default/a", "default/c"}
    assert done.stderr == (
        f"default/b: {fake.url}{OCTAVIA}/lbaas/pools/b/members answered {complaint}\n"
    )
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("x", "--all"), "give services or --all, not both\n"),
        ((), "the following arguments are required: <service>, or --all\n"),
    ],
)
def test_contradictions_are_errors_of_usage(
    shell: Shell, arguments: tuple[str, ...], complaint: str
) -> None:
    done = shell.verify(*arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", complaint)
