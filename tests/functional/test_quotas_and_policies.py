# SPDX-License-Identifier: Apache-2.0

"""What a project may have no more of, and whom a listener does not admit, is told."""

import ipaddress
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import openstack.exceptions
import pytest

from tests.support import kuryr
from tests.support.healthy_service import NAME, HealthyService, changed
from tests.support.readers import Reading, read
from tests.support.service_faults import full

# The SDK's own affairs.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack")

OTHER = "core/amf"
OUTSIDE = ipaddress.ip_network("192.0.2.0/24")


@contextmanager
def without_a_listener(healthy: HealthyService) -> Iterator[None]:
    """Hold a load balancer of Kuryr's that has no listener."""
    connection = healthy.users["kuryr"]
    with kuryr.load_balancer(connection, OTHER) as made:
        kuryr.wait_until_online(connection, made.id)
        kuryr.age(healthy.cloud, made.id)
        yield


@contextmanager
def limited(healthy: HealthyService, **quotas: int) -> Iterator[None]:
    """Give the project quotas, by the SDK's names; -1 is none."""
    api: Any = healthy.users["admin"].load_balancer
    api.update_quota(healthy.project, **quotas)
    try:
        yield
    finally:
        api.delete_quota(healthy.project)


def test_a_quota_of_listeners_that_is_used_up_explains_the_missing_one(
    healthy: HealthyService,
) -> None:
    with without_a_listener(healthy), full("listeners")(healthy):
        seen = read(healthy.users["kuryr"], OTHER, listed=False)
    assert seen.odd == {("listener-exists", "FAIL"), ("listener-quota", "WARN")}
    assert "there can be no more" in seen.told("listener-quota")
    assert seen.told("octavia-version").startswith("OK")


@pytest.mark.parametrize(("limit", "status"), [(-1, "OK no limit"), (0, "WARN"), (1000, "OK ")])
def test_a_quota_may_be_endless_none_at_all_or_large(
    healthy: HealthyService, limit: int, status: str
) -> None:
    with without_a_listener(healthy), limited(healthy, listeners=limit):
        seen = read(healthy.users["kuryr"], OTHER, listed=False)
    assert seen.told("listener-quota").startswith(status)


def test_the_quota_that_counts_is_that_of_the_load_balancers_project(
    healthy: HealthyService,
) -> None:
    with without_a_listener(healthy), full("listeners")(healthy):
        seen = read(healthy.users["admin"], OTHER, listed=False)
    assert ("listener-quota", "WARN") in seen.odd
    assert f"in project {healthy.project}" in seen.told("listener-quota")


def test_a_quota_of_ports_that_is_used_up_explains_the_address_that_octavia_says_is_in_use(
    healthy: HealthyService,
) -> None:
    kuryrs = healthy.users["kuryr"]
    with full("ports")(healthy):
        with pytest.raises(openstack.exceptions.ConflictException, match="already in use: Quota"):
            kuryr.make(kuryrs, OTHER)
        seen = {
            user: read(healthy.users[user], OTHER, project=healthy.project, listed=False)
            for user in healthy.users
        }
    for reading in seen.values():
        assert reading.odd == {("load-balancer-exists", "FAIL"), ("port-quota", "WARN")}
        assert reading.told("port-quota").endswith(
            f" ports in project {healthy.project}: there can be no more"
        )


def test_where_nothing_is_missing_no_quota_is_told(healthy: HealthyService) -> None:
    with full("listeners", "pools", "members", "load_balancers", "ports")(healthy):
        seen = read(healthy.users["kuryr"], NAME)
    assert seen.odd == set()
    assert not any("quota" in row.check for row in seen.report.findings)


def admitted(healthy: HealthyService, cidrs: Sequence[str], **expected: Any) -> Reading:
    """Read the service while its listener admits only some clients."""
    with changed("listener", allowed_cidrs=list(cidrs))(healthy):
        return read(healthy.users["viewer"], NAME, **expected)


def test_a_policy_that_admits_only_the_service_subnet_is_told(healthy: HealthyService) -> None:
    network: Any = healthy.network
    subnet = network.find_subnet(kuryr.SUBNET, ignore_missing=False)
    seen = admitted(healthy, [subnet.cidr])
    assert seen.odd == {("listener-allowed-cidrs", "WARN")}
    outside = admitted(healthy, [subnet.cidr], source=OUTSIDE)
    assert outside.odd == {("listener-allowed-cidrs", "FAIL")}


@pytest.mark.parametrize(
    ("cidrs", "source", "status"),
    [
        (["192.0.2.0/24"], None, "OK"),
        (["192.0.2.0/25", "192.0.2.128/25"], OUTSIDE, "OK"),
        (["192.0.2.0/25"], OUTSIDE, "WARN"),
        (["198.51.100.0/24"], OUTSIDE, "FAIL"),
        (["0.0.0.0/0"], OUTSIDE, "OK"),
    ],
    ids=str,
)
def test_clients_are_compared_with_all_that_the_listener_admits(
    healthy: HealthyService, cidrs: list[str], source: Any, status: str
) -> None:
    seen = admitted(healthy, cidrs, source=source)
    row = seen.told("listener-allowed-cidrs", f"{NAME}:SCTP:38412")
    assert row.startswith(status)
    assert {check for check, _ in seen.odd} <= {"listener-allowed-cidrs"}
