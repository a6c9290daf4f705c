# SPDX-License-Identifier: Apache-2.0

"""Fields of an API's objects have the type that its reference promises, or are refused."""

from datetime import datetime, timezone

import pytest

from kuryrsctp.cloud.rows import Row, fields_of
from kuryrsctp.errors import MalformedAnswer

WHOLE = {
    "name": "amf",
    "port": 90,
    "up": False,
    "tags": ["a", "b"],
    "pool": {"id": "p"},
    "owners": [{"id": "x"}, {"id": "y"}],
    "made": "2026-01-01T12:00:00",
}


def test_fields_are_read_with_their_types() -> None:
    row = Row(WHOLE, "listener")
    assert (row.text("name"), row.number("port"), row.flag("up", default=True)) == (
        "amf",
        90,
        False,
    )
    assert row.texts("tags") == ("a", "b")
    assert row.required_row("pool").text("id") == "p"
    assert [owner.required_text("id") for owner in row.rows("owners")] == ["x", "y"]
    assert row.time("made") == datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize("body", [{}, dict.fromkeys(WHOLE)])
def test_a_field_that_an_api_leaves_out_has_its_default(body: dict[str, object]) -> None:
    row = Row(body, "listener")
    assert (row.text("name"), row.optional_text("name"), row.number("port", 1)) == ("", None, 1)
    assert row.flag("up", default=True)
    assert (row.texts("tags"), row.row("pool"), row.rows("owners")) == ((), None, ())
    assert (row.optional_number("port"), row.time("made")) == (None, None)


@pytest.mark.parametrize(
    ("name", "value", "wrong"),
    [
        ("protocol_port", "x", "protocol_port is 'x', not a number"),
        ("protocol_port", True, "protocol_port is True, not a number"),
        ("protocol_port", 9.5, "protocol_port is 9.5, not a number"),
        ("protocol_port", None, "protocol_port is missing"),
        ("protocol_port", "x" * 100, f"protocol_port is '{'x' * 39}, not a number"),
    ],
)
def test_a_field_of_another_type_is_named(name: str, value: object, wrong: str) -> None:
    with pytest.raises(MalformedAnswer) as raised:
        Row({name: value}, "listener").number(name)
    assert str(raised.value) == (
        f"an API's answer is malformed (listener: {wrong}): check that the endpoints lead to the"
        " APIs, not to a proxy or login page (`openstack catalog list`)"
    )


@pytest.mark.parametrize("value", [7, "a", {"a": 1}, [7], [None]])
def test_a_list_of_texts_is_nothing_else(value: object) -> None:
    with pytest.raises(MalformedAnswer):
        Row({"tags": value}, "load balancer").texts("tags")


def test_text_without_end_is_cut() -> None:
    assert Row({"name": "x" * 5000, "tags": ["y" * 5000]}, "pool").text("name") == "x" * 1024


def test_the_fields_of_a_decoder_are_those_that_it_reads() -> None:
    def decode(row: Row) -> object:
        owners = [owner.required_text("id") for owner in row.rows("owners")]
        return row.required_text("id"), row.number("port"), row.time("made"), owners

    assert fields_of(decode) == ("owners", "id", "port", "made")
