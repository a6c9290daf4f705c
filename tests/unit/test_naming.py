# SPDX-License-Identifier: Apache-2.0

"""Names of Services as users give them."""

import contextlib
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuryrsctp import naming
from kuryrsctp.errors import UsageError
from kuryrsctp.naming import LoadBalancerId, ServiceName
from tests.support.names import services


@given(services)
def test_a_service_is_found_again_by_its_text(service: ServiceName) -> None:
    assert naming.parse_service(str(service), "elsewhere") == service


@given(st.text())
def test_any_text_of_a_user_is_a_usage_error_or_can_be_given_again_as_it_is_shown(
    text: str,
) -> None:
    with contextlib.suppress(UsageError):
        service = naming.parse_service(text)
        assert naming.parse_service(str(service)) == service


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
        ("Demo", "default", "invalid Kubernetes Service name 'Demo'"),
        ("a/b/c", "default", "invalid Kubernetes namespace 'a/b'"),
        ("", "default", "invalid Kubernetes Service name ''"),
        ("core/", "default", "invalid Kubernetes Service name ''"),
        ("demo", "Core", "invalid Kubernetes namespace 'Core'"),
        ("-demo", "default", "invalid Kubernetes Service name '-demo'"),
        ("d" * 64, "default", f"invalid Kubernetes Service name '{'d' * 64}'"),
        ("demo\n", "default", "invalid Kubernetes Service name 'demo\n'"),
    ],
)
def test_a_name_that_kubernetes_would_refuse_is_refused(
    text: str, namespace: str, wrong: str
) -> None:
    with pytest.raises(UsageError) as raised:
        naming.parse_service(text, namespace)
    assert str(raised.value).startswith(wrong)
