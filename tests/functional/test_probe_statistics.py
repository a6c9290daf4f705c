# SPDX-License-Identifier: Apache-2.0

"""A listener's counters, as the real Octavia has them; only the messages are fake."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openstack.config
import pytest
from openstack.connection import Connection

from kuryrsctp import prober
from kuryrsctp.cloud.calls import Cloud as Api
from kuryrsctp.cloud.statistics import listener_statistics
from kuryrsctp.model import ListenerStatistics, Outcome, Unreadable
from kuryrsctp.prober import ProbeReport
from kuryrsctp.sctp.messages import Exchange
from tests.support import kuryr
from tests.support.cloud import Cloud
from tests.support.healthy_service import forbidden
from tests.support.struggling_proxy import in_front_of

SERVICE = "default/sctp-demo"
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


@pytest.fixture
def connection(cloud: Cloud) -> Iterator[Connection]:
    with kuryr.connect(cloud) as connected:
        yield connected


@pytest.fixture
def listener_id(cloud: Cloud, connection: Connection) -> Iterator[str]:
    """The listener of the service, whose counters are removed in the end."""
    (target,) = prober.plan(connection, SERVICE).targets
    yield target.listener_id
    cloud.sql(
        "octavia", "DELETE FROM listener_statistics WHERE listener_id = ?", [target.listener_id]
    )


def store(cloud: Cloud, listener_id: str, amphora: str, *figures: int) -> None:
    """Put down what an amphora has counted: bytes in and out, active and all associations."""
    put = "INSERT OR REPLACE INTO listener_statistics VALUES (?, ?, ?, ?, ?, ?, 0)"
    cloud.sql("octavia", put, [listener_id, amphora, *figures])


def counters(connection: Connection, listener_id: str) -> ListenerStatistics | Unreadable:
    (read,) = listener_statistics(Api(connection), [listener_id])
    return read


def fake_answers(
    monkeypatch: pytest.MonkeyPatch, outcome: Outcome, cloud: Cloud, **counted: Any
) -> None:
    """Let messages have an outcome without being sent, and be counted as if they had been."""

    def fake_run(plan: prober.Plan) -> Iterator[Exchange]:
        for seq, endpoint in plan.numbered_targets():
            yield Exchange(seq, endpoint, outcome)
        if counted:
            store(cloud, counted["listener_id"], "amphora-1", *counted["figures"])

    monkeypatch.setattr(prober.Plan, "run", fake_run)


def test_a_listener_that_was_never_reported_has_counted_nothing(
    connection: Connection, listener_id: str
) -> None:
    assert counters(connection, listener_id) == ListenerStatistics(
        total_connections=0, active_connections=0, bytes_in=0, bytes_out=0
    )


def test_what_several_amphorae_count_is_summed_up(
    cloud: Cloud, connection: Connection, listener_id: str
) -> None:
    store(cloud, listener_id, "amphora-1", 4224, 4064, 0, 8)
    store(cloud, listener_id, "amphora-2", 1000, 2000, 0, 5)
    assert counters(connection, listener_id) == ListenerStatistics(
        total_connections=13, active_connections=0, bytes_in=5224, bytes_out=6064
    )


def test_counters_that_may_not_be_read_are_told_as_such(
    cloud: Cloud, connection: Connection, listener_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_answers(monkeypatch, Outcome.TIMEOUT, cloud)
    with forbidden(cloud, "os_load-balancer_api:listener:get_stats"):
        report = prober.probe(connection, SERVICE, stats=True)
    assert report.warnings[-1] == (
        "10.0.0.158:90: the listener's counters cannot be read: these credentials may not read"
        " them: use the load balancer's project, or ask for the role `reader`"
    )
    assert report.conclusion is prober.probe(connection, SERVICE).conclusion


def test_a_listener_that_is_gone_has_no_counters(connection: Connection) -> None:
    nowhere = "00000000-0000-4000-8000-000000000000"
    assert counters(connection, nowhere) == Unreadable(
        "Octavia has none of this listener: it has been deleted meanwhile"
    )


def with_statistics(
    cloud: Cloud, directory: Path, **arguments: Any
) -> tuple[ProbeReport, list[str]]:
    """Probe through a proxy; return the report and each request from the plan on."""
    with in_front_of(cloud, directory) as proxy:
        files = [proxy.environ["OS_CLIENT_CONFIG_FILE"]]
        region = openstack.config.OpenStackConfig(config_files=files).get_one("kuryr")
        with Connection(config=region) as connection:
            plan = prober.plan(connection, SERVICE, **arguments)
            planned = len(proxy.requests)
            report = plan.execute()
        return report, [_ID.sub("<id>", request) for request in proxy.requests[planned:]]


def test_counters_cost_two_readings_and_the_load_balancer(
    cloud: Cloud, listener_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = {"listener_id": listener_id, "figures": (4224, 4064, 0, 8)}
    fake_answers(monkeypatch, Outcome.ANSWERED, cloud, **counted)
    report, requests = with_statistics(cloud, tmp_path, count=8, stats=True)
    assert requests == [
        "GET /v2.0/lbaas/listeners/<id>/stats",
        "GET /v2.0/lbaas/listeners/<id>/stats",
        "GET /v2.0/lbaas/loadbalancers/<id>",
    ]
    assert report.warnings[-1] == (
        "10.0.0.158:90: every message was answered; the load balancer counted 8 associations, 4224"
        " bytes from clients, 4064 bytes to them"
    )
    report, requests = with_statistics(cloud, tmp_path, count=8)
    assert (requests, report.counters, report.warnings) == ([], (), ())


def test_a_provider_without_counters_costs_no_request(
    cloud: Cloud, listener_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_answers(monkeypatch, Outcome.TIMEOUT, cloud)
    put = "UPDATE load_balancer SET provider = ? WHERE name = ?"
    cloud.sql("octavia", put, ["ovn", SERVICE])
    try:
        report, requests = with_statistics(cloud, tmp_path, stats=True)
    finally:
        cloud.sql("octavia", put, ["amphora", SERVICE])
    assert requests == []
    assert report.warnings[-1].startswith("OVN does not count what a listener passes on")
