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


@pytest.mark.parametrize("pod", ["x" * 253, "node-1.example.com", f"{'a' * 64}-65fcf85ddb-zg7nq"])
def test_a_pod_may_have_a_long_name(pod: str) -> None:
    assert kuryr.read_member(f"core/{pod}:38412") == MemberName("core", pod, 38412)


@pytest.mark.parametrize("pod", ["x" * 254, "-x", "x-", "a..b", "A", "a_b", ""])
def test_what_no_pod_can_be_called_is_no_name_of_kuryrs(pod: str) -> None:
    assert kuryr.read_member(f"core/{pod}:38412") is None


@given(st.text())
def test_any_text_is_read_or_refused_and_what_is_read_is_the_text(text: str) -> None:
    for read in (kuryr.read_service, kuryr.read_listener, kuryr.read_member):
        assert read(text) is None or str(read(text)) == text


@given(labels, services)
def test_a_mark_of_occms_tells_the_service_and_its_cluster(
    cluster: str, service: ServiceName
) -> None:
    mark = f"kube_service_{cluster}_{service.namespace}_{service.name}"
    assert occm.is_mark(mark)
    assert occm.read_mark(mark) == ServiceName(service.namespace, service.name, cluster)


@given(labels, services)
def test_a_description_of_occms_tells_the_service_and_its_cluster(
    cluster: str, service: ServiceName
) -> None:
    text = f"Kubernetes external service {service} from cluster {cluster}"
    assert occm.read_description(text) == ServiceName(service.namespace, service.name, cluster)


def test_a_load_balancer_of_kuryrs_has_no_mark_of_occms() -> None:
    assert not occm.is_mark("default/sctp-demo")


@pytest.mark.parametrize(
    ("text", "service"),
    [
        ("kube_service_kubernetes_core_amf", ServiceName("core", "amf", "kubernetes")),
        ("kube_service_my_cluster_core_amf", ServiceName("core", "amf", "my_cluster")),
        ("kube_service_core_amf", None),
        ("kube_service__core_amf", None),
        ("kube_service_kubernetes_core_AMF", None),
        ("kube_service_" + "c" * 233 + "_core_amf", None),
        ("core/amf", None),
    ],
)
def test_a_mark_tells_the_service_unless_it_may_be_cut(
    text: str, service: ServiceName | None
) -> None:
    assert occm.read_mark(text) == service


@given(services, st.integers(min_value=150, max_value=254))
def test_a_mark_that_was_cut_may_be_its_services_and_never_one_of_another_namespace(
    service: ServiceName, length: int
) -> None:
    cluster = "c" * length
    full = f"kube_service_{cluster}_{service.namespace}_{service.name}"
    exact = ServiceName(service.namespace, service.name, cluster)
    other = ServiceName(service.namespace + "x", service.name)
    if len(full) <= 255:
        assert not occm.OCCM.may_be_mark_of(full, service) or len(full) == 255
        return
    mark = full[:255]
    assert occm.OCCM.may_be_mark_of(mark, exact)
    if len(full) - 255 < len(service.name):  # the name at least begins
        assert occm.OCCM.may_be_mark_of(mark, service)
    assert not occm.OCCM.may_be_mark_of(mark, other)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("worker-1", "node worker-1"),
        ("member_worker-1_10.0.0.101_31412", "node worker-1"),
        ("core/amf-0:38412", "core/amf-0:38412"),
        ("", "no name"),
    ],
)
def test_a_member_is_only_called_a_node_by_a_name_that_a_node_may_have(
    name: str, title: str
) -> None:
    assert occm.OCCM.member_title(name) == title
