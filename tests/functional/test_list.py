# SPDX-License-Identifier: Apache-2.0

"""`list` against a real cloud: which services there are, whoever made them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from openstack.connection import Connection

import kuryrsctp
from tests.support import kuryr
from tests.support.cloud import Cloud
from tests.support.shell import Shell

# The SDK's own affairs.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack")

WALKTHROUGH = "default/sctp-demo"


@pytest.fixture(scope="module")
def connection(cloud: Cloud) -> Iterator[Connection]:
    """Act in the cloud as Kuryr."""
    with kuryr.connect(cloud) as connected:
        yield connected


@pytest.fixture(scope="module")
def others(connection: Connection) -> Iterator[dict[str, Any]]:
    """Hold a service of two ports, one of them bare; one of OCCM's; one of nobody's; one of TCP."""
    pod = kuryr.member("core/amf-0:38412", "10.0.0.100", 38412)
    bare = kuryr.listener("core/amf:SCTP:9", 9)
    del bare["default_pool"]
    tcp = kuryr.listener("core/amf:TCP:80", 80, pod, protocol="TCP")
    occm = "kube_service_a_cluster_core_udm"
    with (
        kuryr.load_balancer(
            connection, "core/amf", [kuryr.listener("core/amf:SCTP:38412", 38412, pod), bare, tcp]
        ) as amf,
        kuryr.load_balancer(connection, occm, [kuryr.listener(f"listener_0_{occm}", 80)]) as udm,
        kuryr.load_balancer(connection, "by hand", [kuryr.listener("x", 7)]) as foreign,
        kuryr.load_balancer(connection, "core/web", [kuryr.listener("w", 80, protocol="TCP")]),
    ):
        yield {"core/amf": amf, "core/udm": udm, "by hand": foreign}


def listed(shell: Shell, cloud: Cloud, *arguments: str, user: str = "kuryr") -> list[Any]:
    """Return the rows of the list."""
    done = shell.openstack(
        "kuryr", "sctp", "list", *arguments, "-f", "json", env=cloud.environ(user)
    )
    assert (done.returncode, done.stderr) == (0, "")
    rows = json.loads(done.stdout)
    assert isinstance(rows, list)
    return rows


def test_services_are_listed_by_name_with_ports_and_members_as_data(
    shell: Shell, cloud: Cloud, others: dict[str, Any]
) -> None:
    rows = listed(shell, cloud)
    names = ["core/amf", "core/udm", WALKTHROUGH]
    assert [row["Service"] for row in rows] == [*names, others["by hand"].id]
    assert rows[0] == {
        "Service": "core/amf",
        "Cluster": "",
        "VIP": others["core/amf"].vip_address,
        "Ports": [9, 38412],
        "Members": [None, 1],
        "Provider": "amphora",
        "Status": "ACTIVE",
    }


def test_the_table_is_for_people(shell: Shell, cloud: Cloud, others: dict[str, Any]) -> None:
    done = shell.openstack("kuryr", "sctp", "list", env=cloud.environ())
    assert (done.returncode, done.stderr) == (0, "")
    (row,) = (line for line in done.stdout.splitlines() if "core/amf" in line)
    assert [cell.strip() for cell in row.strip("|").split("|")] == [
        "core/amf",
        "",
        others["core/amf"].vip_address,
        "9, 38412",
        "none, 1",
        "amphora",
        "ACTIVE",
    ]


def test_long_tells_states_maker_project_and_id(
    shell: Shell, cloud: Cloud, others: dict[str, Any]
) -> None:
    rows = {row["Service"]: row for row in listed(shell, cloud, "--long")}
    udm = others["core/udm"]
    assert rows["core/udm"] | {"Operating Status": ""} == {
        "Service": "core/udm",
        "Cluster": "a_cluster",
        "VIP": udm.vip_address,
        "Ports": [80],
        "Members": [0],
        "Provider": "amphora",
        "Status": "ACTIVE",
        "Operating Status": "",
        "Admin State": "up",
        "Made By": "cloud-provider-openstack",
        "Project": udm.project_id,
        "ID": udm.id,
        "Load Balancer": "kube_service_a_cluster_core_udm",
    }
    assert rows["core/amf"]["Made By"] == "Kuryr"
    by_hand = rows[others["by hand"].id]
    assert (by_hand["Made By"], by_hand["Load Balancer"]) == ("", "by hand")


def test_what_the_list_calls_a_service_is_taken_by_verify_and_probe(
    connection: Connection, others: dict[str, Any]
) -> None:
    names = [row.name for row in kuryrsctp.list_services(connection)]
    results = {result.name: result.report for result in kuryrsctp.verify_all(connection)}
    assert (
        set(names) == results.keys() == {*others, others["by hand"].id, WALKTHROUGH} - {"by hand"}
    )
    for name in names:
        assert kuryrsctp.verify(connection, name).service == name
        assert kuryrsctp.plan(connection, name).targets


def test_a_load_balancer_that_may_be_meant_and_is_no_services_is_called_by_its_id(
    connection: Connection,
) -> None:
    with kuryr.load_balancer(connection, "core/Amf_1", [kuryr.listener("x", 7)]) as made:
        missing = kuryrsctp.verify(connection, "core/amf-1").findings[0]
    assert missing.detail.endswith(f" load balancer {made.id} ('core/Amf_1')")


@pytest.mark.parametrize(
    ("arguments", "user", "services"),
    [
        (("--namespace", "core"), "kuryr", ["core/amf", "core/udm"]),
        (("--namespace", "nowhere"), "kuryr", []),
        (("--project", "k8s", "--namespace", "default"), "kuryr", [WALKTHROUGH]),
        (("--project", "k8s", "--namespace", "default"), "admin", [WALKTHROUGH]),
        (("--project", "other"), "admin", []),
        ((), "other", []),
    ],
)
def test_the_list_can_be_narrowed_and_shows_no_more_than_one_may_see(
    shell: Shell,
    cloud: Cloud,
    others: dict[str, Any],
    arguments: tuple[str, ...],
    user: str,
    services: list[str],
) -> None:
    assert [row["Service"] for row in listed(shell, cloud, *arguments, user=user)] == services


def test_an_unknown_project_is_an_error_of_usage(shell: Shell, cloud: Cloud) -> None:
    arguments = ("kuryr", "sctp", "list", "--project", "nope")
    for user in ("admin", "kuryr"):
        done = shell.openstack(*arguments, env=cloud.environ(user))
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == ("no project 'nope' is visible to these credentials: give its ID\n")
