# SPDX-License-Identifier: Apache-2.0

"""`verify` against a real cloud: what is right, and each thing that can be made wrong there."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openstack.connection import Connection

import kuryrsctp
from kuryrsctp.verifier.report import Status
from tests.support import kuryr
from tests.support.cloud import Cloud
from tests.support.fake_api import OCTAVIA, FakeApi
from tests.support.shell import Shell

# The SDK's own affairs.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack")

WALKTHROUGH = "default/sctp-demo"
SECRET = "vip-security-groups"  # Octavia's own group, which only an administrator may read
AMF = "core/amf"
AMF_PORT = "core/amf:SCTP:38412"
POD = "core/amf-0:38412"

WALKTHROUGH_TABLE = (Path(__file__).parent / "expected" / "verify-sctp-demo.txt").read_text()


@pytest.fixture(scope="module")
def connection(cloud: Cloud) -> Iterator[Connection]:
    """Act in the cloud as Kuryr."""
    with kuryr.connect(cloud) as connected:
        yield connected


@pytest.fixture(scope="module")
def amf(connection: Connection) -> Iterator[Any]:
    """Hold a service of two pods; a test puts back what it changes."""
    members = [
        kuryr.member(f"core/amf-{pod}:38412", f"10.0.0.{100 + pod}", 38412) for pod in (0, 1)
    ]
    port = kuryr.listener(AMF_PORT, 38412, *members)
    with kuryr.load_balancer(connection, AMF, [port]) as made:
        yield made


def odd_rows(shell: Shell, cloud: Cloud, *arguments: str) -> tuple[int, list[tuple[str, ...]]]:
    """Return the exit code, and check, status, resource and detail of what is not OK."""
    done = shell.verify(*arguments, "-f", "json", env=cloud.environ())
    assert done.stderr == ""
    return done.returncode, [
        (row["Check"], row["Status"], row["Resource"], row["Detail"])
        for row in json.loads(done.stdout)
        if row["Status"] != "OK" and row["Check"] != SECRET
    ]


def test_the_walkthroughs_service_is_all_well(shell: Shell, cloud: Cloud) -> None:
    done = shell.verify("sctp-demo", env=cloud.environ())
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == WALKTHROUGH_TABLE


def test_a_reader_without_other_rights_sees_the_same(shell: Shell, cloud: Cloud) -> None:
    done = shell.verify("sctp-demo", env=cloud.environ("viewer"))
    assert (done.returncode, done.stdout, done.stderr) == (0, WALKTHROUGH_TABLE, "")


def test_json_has_the_columns_of_the_table_and_with_long_hint_and_id(
    shell: Shell, cloud: Cloud, connection: Connection
) -> None:
    (held,) = connection.load_balancer.load_balancers(name=WALKTHROUGH)
    done = shell.verify(held.id, "--long", "-f", "json", env=cloud.environ())
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)[:2] == [
        {
            "Service": held.id,
            "Check": "load-balancer-exists",
            "Status": "OK",
            "Resource": WALKTHROUGH,
            "Detail": "VIP 10.0.0.158",
            "Hint": "",
            "ID": held.id,
        },
        {
            "Service": held.id,
            "Check": "load-balancer-unique",
            "Status": "SKIP",
            "Resource": WALKTHROUGH,
            "Detail": "picked by its ID",
            "Hint": "",
            "ID": held.id,
        },
    ]


def test_python_gets_the_same_report_as_the_command(connection: Connection) -> None:
    report = kuryrsctp.verify(connection, "sctp-demo")
    assert (report.service, report.status, report.ok) == (WALKTHROUGH, Status.OK, True)
    assert report.failures == ()
    assert "10.0.0.75" in {
        finding.detail for finding in report.findings if finding.check == "member-address"
    }


def test_an_unknown_service_is_a_fault_that_comes_with_the_nearest_name(
    shell: Shell, cloud: Cloud
) -> None:
    done = shell.verify("sctp-dem", "-f", "value", env=cloud.environ())
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout == (
        "default/sctp-dem load-balancer-exists FAIL default/sctp-dem no load balancer"
        " 'default/sctp-dem' is visible to these credentials; there is 'default/sctp-demo'\n"
        "default/sctp-dem load-balancer-unique SKIP default/sctp-dem there is none\n"
        "default/sctp-dem load-balancer-quota OK default/sctp-dem no limit\n"
    )


def test_an_unknown_id_is_a_fault_too(shell: Shell, cloud: Cloud) -> None:
    unknown = "96b38be3-1183-41c5-a0db-d246ef1d07cb"
    missing = f"no load balancer '{unknown}' is visible to these credentials"
    assert odd_rows(shell, cloud, unknown) == (
        3,
        [
            ("load-balancer-exists", "FAIL", unknown, missing),
            ("load-balancer-unique", "SKIP", unknown, "there is none"),
        ],
    )


def test_another_projects_service_cannot_be_seen(shell: Shell, cloud: Cloud) -> None:
    done = shell.verify(
        "sctp-demo", "-f", "value", "-c", "Status", "-c", "Detail", env=cloud.environ("other")
    )
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout.splitlines()[0] == (
        "FAIL no load balancer 'default/sctp-demo' is visible to these credentials"
    )


def test_the_clusters_own_api_is_not_judged(shell: Shell, cloud: Cloud) -> None:
    reason = "made by the cluster's installer for its API: not judged"
    row = ("load-balancer-exists", "SKIP", "default/kubernetes", reason)
    assert odd_rows(shell, cloud, "kubernetes") == (1, [row])


def test_two_load_balancers_of_one_name_are_told_apart_by_id_project_and_vip(
    shell: Shell, cloud: Cloud, connection: Connection, amf: Any
) -> None:
    with kuryr.load_balancer(connection, AMF) as other:
        code, rows = odd_rows(shell, cloud, AMF)
    assert code == 3
    ((check, status, resource, detail),) = rows
    assert (check, status, resource) == ("load-balancer-unique", "FAIL", AMF)
    assert detail.startswith("2 load balancers: ")
    for made in (amf, other):
        assert f"{made.id} (project {made.project_id}, VIP {made.vip_address})" in detail


def test_a_load_balancer_without_sctp_says_what_it_has_instead(
    shell: Shell, cloud: Cloud, connection: Connection
) -> None:
    port = kuryr.listener("core/web:TCP:80", 80, protocol="TCP")
    with kuryr.load_balancer(connection, "core/web", [port]) as made:
        kuryr.wait_until_online(connection, made.id)
        kuryr.age(cloud, made.id)
        found = odd_rows(shell, cloud, "core/web")
    row = ("listener-exists", "FAIL", "core/web", "no SCTP listener; there is TCP:80")
    assert found == (3, [row])


def test_a_listener_without_a_pool_and_one_without_members_are_told_apart(
    shell: Shell, cloud: Cloud, connection: Connection
) -> None:
    bare = kuryr.listener("core/smf:SCTP:1", 1)
    del bare["default_pool"]
    empty = kuryr.listener("core/smf:SCTP:2", 2)
    with kuryr.load_balancer(connection, "core/smf", [bare, empty]) as made:
        kuryr.wait_until_online(connection, made.id)
        kuryr.age(cloud, made.id)
        code, rows = odd_rows(shell, cloud, "smf", "--namespace", "core")
    assert code == 3
    assert [row[:3] for row in rows] == [
        ("pool-exists", "FAIL", "core/smf:SCTP:1"),
        ("members-exist", "WARN", "core/smf:SCTP:2"),
    ]


def test_a_service_of_occms_is_found_by_the_services_name_and_judged_by_occms(
    shell: Shell, cloud: Cloud, connection: Connection
) -> None:
    name = "kube_service_kubernetes_core_udm"
    port = kuryr.listener(f"listener_0_{name}", 80, kuryr.member("worker-1", "192.168.0.11", 31090))
    port["default_pool"]["name"] = f"pool_0_{name}"
    with kuryr.load_balancer(connection, name, [port]):
        done = shell.verify("core/udm", "-f", "value", "-c", "Detail", env=cloud.environ())
        unseen = "no port with 192.168.0.11 is visible in Neutron"
        skipped = ("member-security-groups", "SKIP", "worker-1", unseen)
        assert odd_rows(shell, cloud, "core/udm") == (0, [skipped])
    assert "made by cloud-provider-openstack" in done.stdout.splitlines()[0]


def test_a_service_that_shares_a_load_balancer_of_occms_is_found_by_its_tag(
    connection: Connection,
) -> None:
    name = "kube_service_kubernetes_core_udm"
    with kuryr.load_balancer(connection, name) as made:
        tags = [name, "kube_service_kubernetes_core_pcf"]
        connection.load_balancer.update_load_balancer(made.id, tags=tags)
        kuryr.settle(connection, made.id)
        found, missing = (kuryrsctp.verify(connection, name) for name in ("core/pcf", "core/pc"))
    assert (found.findings[0].id, found.findings[0].status) == (made.id, Status.OK)
    assert (missing.findings[0].id, missing.findings[0].status) == ("", Status.FAIL)


@pytest.mark.parametrize(
    ("change", "check", "detail"),
    [
        ({"weight": 0}, "member-weight", "0: it gets no new association"),
        (
            {"is_admin_state_up": False},
            "member-admin-state",
            "switched off (admin_state_up is False): it gets no association",
        ),
        ({"name": "by-hand"}, "member-name", "'by-hand' is not a name that Kuryr gives"),
    ],
)
def test_a_member_that_was_changed_by_hand_is_a_warning(
    shell: Shell,
    cloud: Cloud,
    connection: Connection,
    amf: Any,
    change: dict[str, Any],
    check: str,
    detail: str,
) -> None:
    octavia = connection.load_balancer
    pool = amf.pools[0]["id"]
    (found,) = octavia.members(pool, name=POD)
    before = {name: getattr(found, name) for name in change}
    octavia.update_member(found.id, pool, **change)
    kuryr.settle(connection, amf.id)
    try:
        lenient = odd_rows(shell, cloud, AMF)
        strict = odd_rows(shell, cloud, AMF, "--strict")
    finally:
        octavia.update_member(found.id, pool, **before)
        kuryr.settle(connection, amf.id)
    row = (check, "WARN", change.get("name", POD), detail)
    assert (lenient[0], strict[0]) == (0, 3)
    assert [conclusion for conclusion in lenient[1] if conclusion[1] != "SKIP"] == [row]


def test_several_services_are_reported_together_and_the_worst_counts(
    shell: Shell, cloud: Cloud, amf: Any
) -> None:
    columns = ("-c", "Service", "-c", "Status", "-f", "value")
    done = shell.verify("sctp-demo", "nowhere", AMF, *columns, env=cloud.environ())
    assert done.returncode == 3
    services = dict.fromkeys(line.split()[0] for line in done.stdout.splitlines())
    assert list(services) == [WALKTHROUGH, "default/nowhere", AMF]


def test_one_service_costs_one_token_and_one_list_of_each_kind(shell: Shell, fake: FakeApi) -> None:
    state = {"admin_state_up": True, "provisioning_status": "ACTIVE", "operating_status": "ONLINE"}
    fake.hold(
        {"id": "lb", "name": AMF, "vip_address": "10.0.0.1", "provider": "amphora"} | state,
        kuryr.listener(AMF_PORT, 38412) | {"id": "l", "default_pool_id": "p"} | state,
        {"id": "p", "name": AMF_PORT, "protocol": "SCTP", "lb_algorithm": "ROUND_ROBIN"} | state,
        kuryr.member(POD, "10.0.0.2", 38412) | {"id": "m"} | state,
    )
    done = shell.verify(AMF, env=fake.environ())
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(fake.requests) == [
        f"GET {OCTAVIA}/lbaas/listeners",
        f"GET {OCTAVIA}/lbaas/loadbalancers",
        f"GET {OCTAVIA}/lbaas/pools",
        f"GET {OCTAVIA}/lbaas/pools/p/members",
        "GET /v3",
        "POST /v3/auth/tokens",
    ]
