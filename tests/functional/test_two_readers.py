# SPDX-License-Identifier: Apache-2.0

"""One service and all services are read by different requests, and told of in the same words."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import openstack.config
import pytest
from openstack.connection import Connection

import kuryrsctp
from kuryrsctp.errors import Inconclusive
from kuryrsctp.verifier.bulk import ServiceResults
from tests.support import kuryr, occm
from tests.support.cloud import Cloud
from tests.support.database import stored_row
from tests.support.healthy_service import NAME, HealthyService, stored
from tests.support.readers import endpoints, read
from tests.support.struggling_proxy import in_front_of

# The SDK's own affairs.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack")

TCP, SCTP = {"protocol": "TCP"}, {"protocol": "SCTP"}


def test_a_listener_that_is_called_sctp_and_is_tcp_is_told_of_beside_a_good_one(
    healthy: HealthyService,
) -> None:
    with stored("other_listener", **TCP)(healthy):
        seen = read(healthy.users["viewer"], NAME)
        assert seen.odd == {("listener-protocol", "FAIL")}
        assert seen.listed[NAME].ports == (9999, 38412)
        assert len(endpoints(healthy.users["viewer"], NAME)) == 2


@pytest.mark.parametrize("of_listener", [TCP, SCTP], ids=str)
@pytest.mark.parametrize("of_pool", [TCP, SCTP], ids=str)
def test_listener_and_pool_may_each_have_the_wrong_protocol(
    healthy: HealthyService, of_listener: dict[str, str], of_pool: dict[str, str]
) -> None:
    with stored("other_listener", **of_listener)(healthy), stored("other_pool", **of_pool)(healthy):
        seen = read(healthy.users["viewer"], NAME)
    expected = {
        (check, "FAIL")
        for check, protocol in (("listener-protocol", of_listener), ("pool-protocol", of_pool))
        if protocol is TCP
    }
    assert seen.odd == expected


@pytest.mark.parametrize("protocol", [TCP, SCTP], ids=str)
def test_a_pool_that_no_listener_uses_is_told_of_in_both_or_in_none(
    healthy: HealthyService, protocol: dict[str, str]
) -> None:
    with stored("listener", default_pool_id=None)(healthy), stored("pool", **protocol)(healthy):
        seen = read(healthy.users["viewer"], NAME)
    assert (("pools-used", "WARN") in seen.odd) == (protocol is SCTP)
    assert ("pool-exists", "FAIL") in seen.odd


def test_a_member_without_a_port_is_not_judged_by_its_group(healthy: HealthyService) -> None:
    with stored("member", ip_address="10.0.0.119")(healthy):
        seen = read(healthy.users["viewer"], NAME)
    assert seen.odd == set()
    assert "no port with 10.0.0.119 is visible in Neutron" in str(seen.report)


def test_the_port_of_a_listener_that_is_not_sctp_is_asked_of_neutron_as_well(
    healthy: HealthyService,
) -> None:
    with stored("other_listener", **TCP)(healthy), stored("other_pool", **TCP)(healthy):
        seen = read(healthy.users["viewer"], NAME)
    assert "is visible in Neutron" not in str(seen.report)


def test_what_is_seen_of_another_services_ports_does_not_change_a_verdict(cloud: Cloud) -> None:
    namespace = "nodes-elsewhere"
    marks = [occm.mark(name, namespace=namespace) for name in ("amf", "smf")]
    with kuryr.connect(cloud) as connection, ExitStack() as stack:
        amf, _ = (
            stack.enter_context(
                occm.load_balancer(connection, mark, [occm.listener(mark, 38412, 31412)])
            )
            for mark in marks
        )
        gone = {"port_id": "96b38be3-1183-41c5-a0db-d246ef1d07cb", "ip_address": "10.99.99.9"}
        stack.enter_context(stored_row(cloud, "vip", amf.id, key="load_balancer_id", **gone))
        seen = read(connection, f"{namespace}/amf")
    assert seen.odd == set()
    assert seen.told("vip-port").startswith("SKIP no port")


@contextmanager
def answers_changed(cloud: Cloud, directory: Path, field: str, value: str) -> Iterator[Connection]:
    """Let the APIs send another value for each field of a name; connect to them."""
    with in_front_of(cloud, directory) as proxy:
        proxy.replaced[f'"{field}":'.encode()] = f'"{field}": {value}, "_{field}":'.encode()
        files = [proxy.environ["OS_CLIENT_CONFIG_FILE"]]
        region = openstack.config.OpenStackConfig(config_files=files).get_one("kuryr")
        with Connection(config=region) as connection:
            yield connection


def complaints(ask: Callable[[], ServiceResults]) -> set[str]:
    """Return the sentences of errors, whether raised or told with a service."""
    try:
        return {str(result.error) for result in ask() if result.error}
    except Inconclusive as error:
        return {str(error)}


FAKE_VALUES = {
    "load balancer": ("additional_vips", "7"),
    "load balancer's provider": ("provider", "7"),
    "listener": ("default_pool_id", "7"),
    "listener's list": ("allowed_cidrs", '"x"'),
    "listener's element": ("allowed_cidrs", "[7]"),
    "listener's limit": ("connection_limit", "true"),
    "pool": ("lb_algorithm", "7"),
    "pool's object": ("session_persistence", '"x"'),
    "member": ("weight", '"x"'),
    "member's flag": ("backup", '"x"'),
    "port": ("device_owner", "7"),
    "port's list": ("fixed_ips", '"x"'),
    "subnet": ("cidr", '"x"'),
    "group": ("stateful", '"x"'),
    "rule": ("port_range_min", '"x"'),
}


@pytest.mark.parametrize(("field", "value"), FAKE_VALUES.values(), ids=FAKE_VALUES)
def test_a_fake_value_of_another_type_is_one_sentence_and_the_same_in_both(
    cloud: Cloud, tmp_path: Path, field: str, value: str
) -> None:
    with answers_changed(cloud, tmp_path, field, value) as connection:
        alone = complaints(lambda: kuryrsctp.verify_many(connection, ["sctp-demo"]))
        among_all = complaints(lambda: kuryrsctp.verify_all(connection))
    (sentence,) = alone
    assert among_all == alone
    assert sentence.startswith("an API's answer is malformed (")
    assert field in sentence


@pytest.mark.parametrize("field", ["vip_port_id", "updated_at", "tags", "monitor_port"])
def test_a_field_that_is_null_is_left_out_in_both(cloud: Cloud, tmp_path: Path, field: str) -> None:
    with answers_changed(cloud, tmp_path, field, "null") as connection:
        reading = read(connection, "default/sctp-demo")
    assert reading.report.findings
