# SPDX-License-Identifier: Apache-2.0

"""What is known of makers: whose a load balancer is, and what each adds to the checks."""

import pytest

from kuryrsctp import makers
from kuryrsctp.makers.maker import Maker
from kuryrsctp.verifier.checks import CATALOGUE
from tests.support.model import listener, load_balancer, pool

ALL = (*makers.MAKERS, makers.UNKNOWN)


@pytest.mark.parametrize("maker", ALL, ids=lambda maker: maker.name or "unknown")
def test_a_maker_adds_to_checks_that_there_are(maker: Maker) -> None:
    assert {*maker.causes, *maker.remedies} <= set(CATALOGUE)


@pytest.mark.parametrize("maker", ALL, ids=lambda maker: maker.name or "unknown")
def test_only_a_change_that_takes_long_is_late(maker: Maker) -> None:
    assert maker.late(0) == maker.late(300) == ""
    assert "longer than" in maker.late(301)


@pytest.mark.parametrize(
    ("name", "protocol", "is_sctp"),
    [
        ("x", "SCTP", True),
        ("core/amf:SCTP:9999", "TCP", True),
        ("core/amf:TCP:9999", "TCP", False),
        ("listener_0_kube_service_kubernetes_core_amf", "TCP", False),
    ],
)
def test_a_part_is_sctp_if_it_is_or_if_its_maker_calls_it_so(
    name: str, protocol: str, is_sctp: bool
) -> None:
    assert makers.is_sctp(listener(name=name, protocol=protocol)) is is_sctp
    assert makers.is_sctp(pool(name=name, protocol=protocol)) is is_sctp


def test_sctp_listeners_come_by_port() -> None:
    ports = [listener(protocol_port=port) for port in (90, 7, 80)]
    web = listener(name="default/sctp-demo:TCP:1", protocol="TCP", protocol_port=1)
    listeners = makers.sctp_listeners(load_balancer(*ports, web))
    assert [listener.protocol_port for listener in listeners] == [7, 80, 90]


def test_no_check_names_a_maker_outside_of_makers() -> None:
    for check in CATALOGUE.values():
        for sentence in (check.meaning, check.cause):
            assert "kuryr" not in sentence.casefold(), check.name
            assert "cloud-provider-openstack" not in sentence.casefold(), check.name
