# SPDX-License-Identifier: Apache-2.0

import pytest

from kuryrsctp.model import Member
from kuryrsctp.prober.backends import MemberNames

LONG = "default/" + "a" * 60 + ".b-x2k4q:9090"


def names(*members: str) -> MemberNames:
    return MemberNames(
        Member(f"id {number}", name, f"10.0.0.{number}", 9090, 1, True, "ACTIVE", "NO_MONITOR")
        for number, name in enumerate(members)
    )


@pytest.mark.parametrize(
    ("backend", "member"),
    [
        ("amf-0", "core/amf-0:9090"),
        ("core/amf-0:9090", "core/amf-0:9090"),
        ("worker-1", "worker-1"),
        ("worker-3.example.org", "worker-3.example.org"),
        ("by-hand", "by-hand"),
        ("amf-1", ""),
        ("worker", ""),
        ("", ""),
    ],
)
def test_a_backend_is_the_member_of_its_host_or_of_its_name(backend: str, member: str) -> None:
    known = names("core/amf-0:9090", "worker-1", "worker-3.example.org", "by-hand", "")
    assert known.member_name(backend) == member


@pytest.mark.parametrize(
    "shared",
    [
        ("default/amf:9090", "default/amf:9090"),
        ("blue/amf:9090", "green/amf:9090"),
        ("blue/amf:9090", "amf"),
        ("amf", "amf"),
    ],
)
def test_a_name_that_two_members_have_tells_neither(shared: tuple[str, str]) -> None:
    known = names(*shared, "core/amf-0:9090")
    assert known.member_name("amf") == ""
    assert not known.is_stranger("amf")
    assert known.member_name("amf-0") == "core/amf-0:9090"


def test_a_pods_name_is_cut_where_it_is_too_long_for_a_hostname() -> None:
    known = names(LONG, "default/amf-0:9090")
    assert known.member_name("a" * 60 + ".b") == LONG
    assert known.member_name("a" * 60 + ".b-x2k4q") == LONG
    assert not known.is_stranger("a" * 60 + ".b")
    assert names(LONG, LONG.replace("x2k4q", "99999")).member_name("a" * 60 + ".b") == ""


def test_only_among_pods_is_another_name_a_strangers() -> None:
    assert names("core/amf-0:9090", "core/amf-1:9090").is_stranger("amf-2")
    for members in (("worker-1", "worker-2"), ("core/amf-0:9090", "by-hand"), ()):
        assert not names(*members).is_stranger("amf-2")
