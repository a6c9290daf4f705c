# SPDX-License-Identifier: Apache-2.0

"""Paging through Octavia's lists, against a fake that loses and repeats rows."""

import json
from typing import Any

import openstack.exceptions
import pytest
import requests

from kuryrsctp.cloud import paging
from kuryrsctp.cloud.paging import octavia_collection
from kuryrsctp.cloud.rows import Row
from kuryrsctp.errors import CloudError, MalformedAnswer


class FakeOctavia:
    """Answers a list of rows, two at a time, and forgets `lost` rows after the first page."""

    def __init__(self, ids: str, lost: str = "") -> None:
        self.ids, self.lost = ids, lost
        self.asked: list[dict[str, Any]] = []

    def get(self, _: str, params: dict[str, Any]) -> requests.Response:
        self.asked.append(params)
        marker = params.get("marker")
        if marker is not None:
            self.ids = "".join(
                listener_id for listener_id in self.ids if listener_id not in self.lost
            )
            if marker not in self.ids:
                return answer(400, {"faultstring": f"marker '{marker}' is not valid"})
        start = self.ids.index(marker) + 1 if marker else 0
        page: dict[str, Any] = {
            "listeners": [{"id": listener_id} for listener_id in self.ids[start : start + 2]]
        }
        if start + 2 < len(self.ids):
            page["listeners_links"] = [{"rel": "next", "href": "without the filters"}]
        return answer(200, page)


class FakeRefusal(FakeOctavia):
    """Refuses every request."""

    def get(self, _: str, params: dict[str, Any]) -> requests.Response:
        return answer(400, {"faultstring": "protocol is not valid"})


class FakeTreadmill(FakeOctavia):
    """Answers with the first page for ever."""

    def get(self, path: str, params: dict[str, Any]) -> requests.Response:
        return super().get(path, {})


def answer(status: int, body: object) -> requests.Response:
    made = requests.Response()
    made.status_code, made.url = status, "http://fake"
    made._content = json.dumps(body).encode()
    return made


def decode(row: Row) -> str:
    return row.required_text("id")


LISTENERS = octavia_collection("/lbaas/listeners", "listener", decode)


def ids(octavia: Any) -> str:
    return "".join(paging.rows(octavia, LISTENERS, protocol="SCTP"))


def test_every_page_is_asked_for_with_the_filter_and_in_one_order() -> None:
    octavia = FakeOctavia("abcde")
    assert ids(octavia) == "abcde"
    assert [(query["protocol"], query["sort"]) for query in octavia.asked] == [("SCTP", "id")] * 3


def test_a_marker_that_is_gone_gives_way_to_the_one_before() -> None:
    assert ids(FakeOctavia("abcdef", lost="b")) == "abcdef"


def test_where_the_whole_page_is_gone_the_list_begins_anew() -> None:
    assert ids(FakeOctavia("abcdef", lost="ab")) == "abcdef"


def test_a_refusal_for_another_reason_is_raised() -> None:
    with pytest.raises(openstack.exceptions.BadRequestException):
        ids(FakeRefusal("abcd"))


def test_a_server_that_repeats_its_page_for_ever_is_left() -> None:
    assert ids(FakeTreadmill("abcd")) == "abab"


def test_only_what_the_decoder_reads_is_asked_for() -> None:
    octavia = FakeOctavia("a")
    ids(octavia)
    assert octavia.asked[0]["fields"] == ("id",)


def test_a_list_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "MAX_ROWS", 3)
    with pytest.raises(CloudError, match="longer than 3: narrow it with --project"):
        ids(FakeOctavia("abcdef"))


@pytest.mark.parametrize(
    ("page", "wrong"),
    [
        ([], "list of listeners is [], not an object"),
        ({}, "list of listeners: listeners is missing"),
        ({"listeners": None}, "list of listeners: listeners is missing"),
        ({"listeners": {"id": "a"}}, "list of listeners: listeners is {'id': 'a'}, not a list"),
        ({"listeners": [None]}, "listener is None, not an object"),
        ({"listeners": [{}]}, "listener: id is missing"),
        (
            {"listeners": [{"id": "a"}], "listeners_links": [7]},
            "list of listeners's listeners_links is 7,",
        ),
    ],
)
def test_a_page_that_is_not_as_promised_is_said_to_be_so(page: object, wrong: str) -> None:
    class FakeNonsense(FakeOctavia):
        def get(self, _: str, params: dict[str, Any]) -> requests.Response:
            return answer(200, page)

    with pytest.raises(MalformedAnswer) as raised:
        ids(FakeNonsense("a"))
    assert str(raised.value).startswith(f"an API's answer is malformed ({wrong}")
