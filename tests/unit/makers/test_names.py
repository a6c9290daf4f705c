# SPDX-License-Identifier: Apache-2.0

"""The names that Kuryr and cloud-provider-openstack give to Octavia's objects."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuryrsctp.makers import kuryr, occm
from kuryrsctp.makers.kuryr import ListenerName, MemberName
from kuryrsctp.naming import ServiceName
from tests.support.names import labels, ports, services, targets


@given(services)
def test_a_service_is_found_again_by_the_name_of_its_load_balancer(service: ServiceName) -> None:
    assert kuryr.read_service(str(service)) == service


@given(services, st.sampled_from(["SCTP", "TCP", "UDP"]), ports)
def test_a_listeners_name_is_read_back(service: ServiceName, protocol: str, port: int) -> None:
    name = ListenerName(service, protocol, port)
    assert kuryr.read_listener(str(name)) == name


@given(st.builds(MemberName, labels, targets, ports))
def test_a_members_name_is_read_back(name: MemberName) -> None:
    assert kuryr.read_member(str(name)) == name


@given(st.text())
def test_any_text_is_read_or_refused_and_what_is_read_is_the_text(text: str) -> None:
    for read in (kuryr.read_service, kuryr.read_listener, kuryr.read_member):
        assert read(text) is None or str(read(text)) == text


@given(labels, services)
def test_a_load_balancer_of_occms_tells_its_service(cluster: str, service: ServiceName) -> None:
    name = f"kube_service_{cluster}_{service.namespace}_{service.name}"
    assert occm.is_name_of(name, service)
    assert occm.is_part_name(f"listener_0_{name}"[:255])
    assert occm.is_part_name(f"pool_12_{name}"[:255])
    assert not occm.is_part_name(f"pool_x_{name}")
    assert not occm.is_part_name("pool_1_default/sctp-demo")


def test_a_load_balancer_of_kuryrs_is_not_occms() -> None:
    assert not occm.is_name("default/sctp-demo")


@pytest.mark.parametrize(
    ("text", "service"),
    [
        ("kube_service_kubernetes_core_amf", ServiceName("core", "amf")),
        ("kube_service_my_cluster_core_amf", ServiceName("core", "amf")),
        ("kube_service_core_amf", None),
        ("kube_service_kubernetes_core_AMF", None),
        ("kube_service_" + "c" * 233 + "_core_amf", None),
        ("core/amf", None),
    ],
)
def test_occms_name_tells_the_service_unless_it_may_be_cut(
    text: str, service: ServiceName | None
) -> None:
    assert occm.read_service(text) == service
