# SPDX-License-Identifier: Apache-2.0

"""Names of Services, and of what Kuryr and OCCM make of them in Octavia."""

import contextlib
import string
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuryrsctp import naming
from kuryrsctp.errors import UsageError
from kuryrsctp.naming import ListenerName, LoadBalancerId, MemberName, ServiceName

_EDGES = string.ascii_lowercase + string.digits
labels = st.builds(
    lambda first, middle, last: first + middle + last,
    st.sampled_from(_EDGES),
    st.text(_EDGES + "-", max_size=61),
    st.sampled_from(_EDGES),
)
services = st.builds(ServiceName, labels, labels)
ports = st.integers(1, 65535)
targets = st.lists(labels, min_size=1, max_size=3).map(".".join)


@given(services)
def test_a_service_is_found_again_by_the_name_of_its_load_balancer(service: ServiceName) -> None:
    assert naming.read_service(str(service)) == service
    assert naming.parse_service(str(service), "elsewhere") == service


@given(services, st.sampled_from(["SCTP", "TCP", "UDP"]), ports)
def test_a_listeners_name_is_read_back(service: ServiceName, protocol: str, port: int) -> None:
    name = ListenerName(service, protocol, port)
    assert naming.read_listener(str(name)) == name


@given(st.builds(MemberName, labels, targets, ports))
def test_a_members_name_is_read_back(name: MemberName) -> None:
    assert naming.read_member(str(name)) == name


@given(st.text())
def test_any_text_is_read_or_refused_and_what_is_read_is_the_text(text: str) -> None:
    for read in (naming.read_service, naming.read_listener, naming.read_member):
        assert read(text) is None or str(read(text)) == text


@given(st.text())
def test_any_text_of_a_user_is_a_usage_error_or_can_be_given_again_as_it_is_shown(
    text: str,
) -> None:
    with contextlib.suppress(UsageError):
        service = naming.parse_service(text)
        assert naming.parse_service(str(service)) == service


@given(labels, services)
def test_a_load_balancer_of_occms_tells_its_service(cluster: str, service: ServiceName) -> None:
    name = f"kube_service_{cluster}_{service.namespace}_{service.name}"
    assert naming.is_occm_of(name, service)
    assert naming.is_occm_part(f"listener_0_{name}"[:255])
    assert naming.is_occm_part(f"pool_12_{name}"[:255])
    assert not naming.is_occm_part(f"pool_x_{name}")
    assert not naming.is_occm_part("pool_1_default/sctp-demo")


def test_a_load_balancer_of_kuryrs_is_not_occms() -> None:
    assert not naming.is_occm("default/sctp-demo")


def test_a_bare_name_is_looked_for_in_the_namespace_given() -> None:
    assert naming.parse_service("amf") == ServiceName("default", "amf")
    assert naming.parse_service("amf", "core") == ServiceName("core", "amf")


@given(st.uuids())
def test_what_looks_like_an_id_is_one_in_any_case(value: uuid.UUID) -> None:
    assert naming.parse_service(str(value).upper()) == LoadBalancerId(str(value))
    assert naming.parse_service(f"default/{value}") == ServiceName("default", str(value))


@pytest.mark.parametrize(
    ("text", "namespace", "wrong"),
    [
        ("Demo", "default", "'Demo' is no Kubernetes Service name"),
        ("a/b/c", "default", "'a/b' is no Kubernetes namespace"),
        ("", "default", "'' is no Kubernetes Service name"),
        ("core/", "default", "'' is no Kubernetes Service name"),
        ("demo", "Core", "'Core' is no Kubernetes namespace"),
        ("-demo", "default", "'-demo' is no Kubernetes Service name"),
        ("d" * 64, "default", f"'{'d' * 64}' is no Kubernetes Service name"),
        ("demo\n", "default", "'demo\n' is no Kubernetes Service name"),
    ],
)
def test_a_name_that_kubernetes_would_refuse_is_refused(
    text: str, namespace: str, wrong: str
) -> None:
    with pytest.raises(UsageError) as raised:
        naming.parse_service(text, namespace)
    assert str(raised.value).startswith(wrong)


@pytest.mark.parametrize(
    ("text", "service"),
    [
        ("kube_service_kubernetes_core_amf", naming.ServiceName("core", "amf")),
        ("kube_service_my_cluster_core_amf", naming.ServiceName("core", "amf")),
        ("kube_service_core_amf", None),
        ("kube_service_kubernetes_core_AMF", None),
        ("kube_service_" + "c" * 233 + "_core_amf", None),
        ("core/amf", None),
    ],
)
def test_occms_name_tells_the_service_unless_it_may_be_cut(
    text: str, service: naming.ServiceName | None
) -> None:
    assert naming.read_occm(text) == service
