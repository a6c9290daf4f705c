# SPDX-License-Identifier: Apache-2.0

"""What a provider does with weights, algorithms, monitors and groups is said as it is.

This cloud runs amphorae only: the provider is changed in Octavia's database.
"""

import ipaddress
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

import kuryrsctp
from kuryrsctp.prober.targets import Target, Via
from kuryrsctp.providers.provider import Distribution
from kuryrsctp.verifier.report import Status
from tests.support import kuryr
from tests.support.healthy_service import NAME, HealthyService, stored
from tests.support.readers import Reading, read
from tests.support.service_faults import monitored, tcp_only

# The SDK's own affairs.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack")

POOL = f"{NAME}:SCTP:38412"
BOTH = ("pool", "other_pool")
MEMBERS = ("member", "other_member")


def reading(healthy: HealthyService, **expected: Any) -> Reading:
    """Read the service in each way."""
    return read(healthy.users["kuryr"], NAME, **expected)


def target(healthy: HealthyService) -> Target:
    """Return what `probe` knows of the VIP's port."""
    found = kuryrsctp.plan(healthy.users["kuryr"], NAME).targets
    return next(each for each in found if each.endpoint.port == 38412)


@contextmanager
def on(healthy: HealthyService, provider: str, algorithm: str = "") -> Iterator[None]:
    """Let a provider have the service, and its pools an algorithm."""
    with ExitStack() as stack:
        stack.enter_context(stored("load_balancer", provider=provider)(healthy))
        if algorithm:
            for pool in BOTH:
                stack.enter_context(stored(pool, lb_algorithm=algorithm)(healthy))
        yield


@pytest.fixture
def ovn(healthy: HealthyService) -> Iterator[HealthyService]:
    """Let OVN have the service, with the algorithm that it asks for."""
    with on(healthy, "ovn", "SOURCE_IP_PORT"):
        yield healthy


def test_ovn_does_not_apply_a_weight_of_0(ovn: HealthyService) -> None:
    with stored("member", weight=0)(ovn), stored("other_member", weight=0)(ovn):
        seen = reading(ovn)
        expected = {member.name for member in target(ovn).expected}
    assert (seen.odd, seen.report.ok) == (set(), True)
    details = {row.detail for row in seen.report.findings if row.check == "member-weight"}
    assert details == {"1", "0, which OVN does not apply"}
    assert expected == {f"{NAME}-0:38412", f"{NAME}-1:38412"}


def test_an_amphora_applies_a_weight_of_0(healthy: HealthyService) -> None:
    with stored("member", weight=0)(healthy), stored("other_member", weight=0)(healthy):
        seen = reading(healthy)
        assert target(healthy).expected == ()
    assert seen.odd == {("members-exist", "FAIL"), ("member-weight", "WARN")}


def test_ovn_is_not_said_to_keep_one_client_at_one_member(ovn: HealthyService) -> None:
    with stored("pool", lb_algorithm="SOURCE_IP")(ovn):
        seen = reading(ovn)
        assert target(ovn).distribution is Distribution.UNKNOWN
    assert (seen.odd, "same member" in str(seen.report)) == (set(), False)
    assert seen.told("pool-algorithm", POOL) == (
        "OK SOURCE_IP: whether OVN applies it is not known"
    )


def test_ovn_does_not_support_the_default_algorithm_of_an_amphora(healthy: HealthyService) -> None:
    with on(healthy, "ovn"):
        assert reading(healthy).odd == {("pool-algorithm", "FAIL")}


@contextmanager
def persistent(
    healthy: HealthyService, timeout: int | None, *, pools: tuple[str, ...] = BOTH
) -> Iterator[None]:
    """Let pools have session persistence, with or without a timeout."""
    rows = [healthy.ids[pool] for pool in pools]
    insert = (
        "INSERT INTO session_persistence (pool_id, type, persistence_timeout)"
        " VALUES (?, 'SOURCE_IP', ?)"
    )
    delete = "DELETE FROM session_persistence WHERE pool_id = ?"
    with ExitStack() as stack:
        for row in rows:
            healthy.cloud.sql("octavia", insert, [row, timeout])
            stack.callback(healthy.cloud.sql, "octavia", delete, [row])
        yield


@pytest.mark.parametrize(
    ("provider", "timeout", "distribution"),
    [
        ("ovn", None, Distribution.HASHED),
        ("ovn", 60, Distribution.STICKY),
        ("amphora", None, Distribution.STICKY),
        ("amphora", 60, Distribution.STICKY),
    ],
)
def test_persistence_holds_as_far_as_the_provider_applies_it(
    healthy: HealthyService, provider: str, timeout: int | None, distribution: Distribution
) -> None:
    algorithm = "SOURCE_IP_PORT" if provider == "ovn" else ""
    with on(healthy, provider, algorithm), persistent(healthy, timeout):
        seen = reading(healthy)
        assert target(healthy).distribution is distribution
    assert seen.odd == set()
    is_sticky = distribution is Distribution.STICKY
    assert ("always reaches the same member" in seen.told("pool-persistence", POOL)) == is_sticky


@pytest.mark.parametrize(
    ("provider", "distribution"),
    [("ovn", Distribution.UNKNOWN), ("amphora", Distribution.STICKY)],
)
def test_persistence_of_one_port_is_its_own_only_where_ports_do_not_share_it(
    healthy: HealthyService, provider: str, distribution: Distribution
) -> None:
    algorithm = "SOURCE_IP_PORT" if provider == "ovn" else ""
    with on(healthy, provider, algorithm), persistent(healthy, 60, pools=("pool",)):
        seen = reading(healthy)
        assert target(healthy).distribution is distribution
    assert seen.odd == set()
    is_shared = distribution is Distribution.UNKNOWN
    assert ("other ports of this load balancer" in seen.told("pool-persistence", POOL)) == is_shared


@contextmanager
def all_in_error(healthy: HealthyService) -> Iterator[None]:
    """Let every part be in ERROR, as OVN reports it with a monitor over TCP."""
    with ExitStack() as stack:
        for part in ("load_balancer", "listener", "pool", *MEMBERS):
            stack.enter_context(stored(part, operating_status="ERROR")(healthy))
        yield


def test_a_monitor_over_tcp_on_ovn_is_the_cause_and_no_amphora(healthy: HealthyService) -> None:
    with monitored("TCP")(healthy), on(healthy, "ovn", "SOURCE_IP_PORT"), all_in_error(healthy):
        seen = reading(healthy)
    text = str(seen.report)
    assert ("amphora" in text, seen.report.failures) == (False, ())
    assert ("pool-monitor", "WARN") in seen.odd
    assert "with a monitor of type TCP OVN reports this also where all is well" in text


def test_ovn_lets_the_clients_address_through_to_the_members_group(ovn: HealthyService) -> None:
    with tcp_only(ovn):
        made = kuryr.admit(ovn.users["kuryr"], ovn.group, "sctp", remote_ip_prefix="10.0.0.128/26")
        try:
            whole = reading(ovn)
            outside = reading(ovn, source=ipaddress.ip_network("192.0.2.0/24"))
        finally:
            ovn.network.delete_security_group_rule(made.id)
    assert whole.odd == {("member-security-groups", "WARN")}
    assert outside.odd == {("member-security-groups", "FAIL")}


@pytest.mark.parametrize(
    ("provider", "status"),
    [
        ("amphora", Status.OK),
        ("amphorav2", Status.OK),
        ("octavia", Status.OK),
        ("ovn", Status.OK),
        ("loxilb", Status.OK),
        ("f5", Status.OK),
        ("brick", Status.SKIP),
        ("OVN", Status.SKIP),
    ],
)
def test_a_provider_is_only_skipped_where_it_is_not_known(
    healthy: HealthyService, provider: str, status: Status
) -> None:
    with on(healthy, provider, "SOURCE_IP_PORT" if provider == "ovn" else ""):
        seen = reading(healthy)
    assert seen.row("load-balancer-provider").status is status
    assert seen.odd == set()
    assert seen.listed[NAME].load_balancer.provider == provider


@pytest.mark.parametrize("provider", ["loxilb", "f5", "brick"])
def test_what_a_provider_does_that_is_not_known_is_not_put_down_to_an_amphora(
    healthy: HealthyService, provider: str
) -> None:
    with on(healthy, provider), stored("listener", operating_status="ERROR")(healthy):
        seen = reading(healthy)
    assert ("listener-status", "FAIL") in seen.odd
    assert "amphora" not in str(seen.report)
    assert "failover" not in seen.hints


def test_every_member_is_probed_directly_whatever_the_provider(ovn: HealthyService) -> None:
    found = kuryrsctp.plan(ovn.users["kuryr"], NAME, via=Via.MEMBERS).targets
    assert len(found) == 4
