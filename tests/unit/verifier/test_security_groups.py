# SPDX-License-Identifier: Apache-2.0

"""What a set of security group rules lets in."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuryrsctp.model import SecurityGroupRule
from kuryrsctp.verifier.security_groups import Admission, admission, answering

V4 = ipaddress.ip_network("10.0.0.128/26")
V6 = ipaddress.ip_network("fd00:158::/64")


def rule(**fields: object) -> SecurityGroupRule:
    return SecurityGroupRule(
        **{"direction": "ingress", "ethertype": "IPv4", "protocol": "sctp"} | fields
    )


@pytest.mark.parametrize("protocol", ["sctp", "132", None, "any"])
def test_every_way_to_write_sctp_admits_it(protocol):
    assert admission([rule(protocol=protocol)], 9090, V4) is Admission.ALL


@pytest.mark.parametrize(
    "other",
    [
        rule(protocol="tcp"),
        rule(protocol="udp"),
        rule(direction="egress"),
        rule(ethertype="IPv6"),
        rule(port_range_min=1, port_range_max=9089),
        rule(port_range_min=9091, port_range_max=65535),
        rule(remote_ip_prefix="192.0.2.0/24"),
    ],
    ids=lambda rule: f"{rule.direction}-{rule.ethertype}-{rule.protocol}-{rule.port_range_min}",
)
def test_a_rule_for_something_else_admits_nothing(other):
    assert admission([other], 9090, V4) is Admission.NONE


def test_the_rule_of_kuryrs_manual_is_for_tcp_and_admits_no_sctp():
    manual = rule(protocol="tcp", remote_ip_prefix="10.0.0.128/26")
    assert admission([manual], 9090, V4) is Admission.NONE


def test_a_range_includes_its_ends():
    exact = rule(port_range_min=9090, port_range_max=9090)
    assert admission([exact], 9090, V4) is Admission.ALL


def test_ipv6_sources_need_ipv6_rules():
    assert admission([rule()], 9090, V6) is Admission.NONE
    assert admission([rule(ethertype="IPv6")], 9090, V6) is Admission.ALL


def test_two_halves_make_a_whole():
    halves = [rule(remote_ip_prefix="10.0.0.128/27"), rule(remote_ip_prefix="10.0.0.160/27")]
    assert admission(halves, 9090, V4) is Admission.ALL
    assert admission(halves[:1], 9090, V4) is Admission.SOME


def test_a_remote_group_is_no_verdict():
    grouped = rule(remote_group_id="a-group")
    assert admission([grouped], 9090, V4) is Admission.BY_GROUP
    assert admission([grouped, rule(protocol="tcp")], 9090, V4) is Admission.BY_GROUP
    assert admission([grouped, rule()], 9090, V4) is Admission.ALL


@given(st.integers(0, 2**32 - 1), st.integers(0, 32), st.integers(0, 2**32 - 1), st.integers(0, 32))
def test_one_prefix_admits_all_exactly_when_it_contains_the_source(a, a_len, b, b_len):
    source = ipaddress.ip_network((a, a_len), strict=False)
    prefix = ipaddress.ip_network((b, b_len), strict=False)
    got = admission([rule(remote_ip_prefix=str(prefix))], 9090, source)
    first, last = source[0] in prefix, source[-1] in prefix
    assert (got is Admission.ALL) == (first and last)
    assert (got is Admission.NONE) == (not source.overlaps(prefix))


@pytest.mark.parametrize(
    ("out", "admitted"),
    [
        (rule(direction="egress"), Admission.ALL),
        (rule(direction="egress", port_range_min=1024, port_range_max=65535), Admission.ALL),
        (rule(direction="egress", port_range_min=32768, port_range_max=60999), Admission.SOME),
        (rule(direction="egress", remote_ip_prefix="10.0.0.128/27"), Admission.SOME),
        (rule(direction="egress", remote_address_group_id="g"), Admission.BY_GROUP),
        (rule(direction="egress", protocol="tcp"), Admission.NONE),
        (rule(), Admission.NONE),
    ],
    ids=str,
)
def test_answers_go_to_any_port_of_the_source(out, admitted):
    assert answering([out], V4) is admitted


@pytest.mark.parametrize(("protocol", "number"), [("TCP", "6"), ("UDP", "17"), ("SCTP", "132")])
def test_a_protocol_may_be_a_number_and_no_other_is_admitted(protocol, number):
    assert admission([rule(protocol=number)], 80, V4, protocol) is Admission.ALL
    assert admission([rule(protocol="icmp")], 80, V4, protocol) is Admission.NONE
