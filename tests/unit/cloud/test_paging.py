# SPDX-License-Identifier: Apache-2.0

"""Paging through Octavia's lists, against a fake that loses and repeats rows."""

import json
from typing import Any

import openstack.exceptions
import pytest
import requests

from kuryrsctp.cloud import paging


class FakeOctavia:
    """Answers a list of rows, two at a time, and forgets `lost` rows after the first page."""

    def __init__(self, ids: str, lost: str = "") -> None:
        self.ids, self.lost = ids, lost
        self.asked: list[dict[str, Any]] = []

    def get(self, _: str, params: dict[str, Any]) -> requests.Response:
        self.asked.append(params)
        marker = params.get("marker")
        if marker is not None:
            self.ids = "".join(one for one in self.ids if one not in self.lost)
            if marker not in self.ids:
                return answer(400, {"faultstring": f"marker '{marker}' is not valid"})
        start = self.ids.index(marker) + 1 if marker else 0
        page: dict[str, Any] = {"listeners": [{"id": one} for one in self.ids[start : start + 2]]}
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


def ids(octavia: Any) -> str:
    return "".join(one.id for one in paging.rows(octavia, "listeners", protocol="SCTP"))


def test_every_page_is_asked_for_with_the_filter_and_in_one_order() -> None:
    octavia = FakeOctavia("abcde")
    assert ids(octavia) == "abcde"
    assert [(one["protocol"], one["sort"]) for one in octavia.asked] == [("SCTP", "id")] * 3


def test_a_marker_that_is_gone_gives_way_to_the_one_before() -> None:
    assert ids(FakeOctavia("abcdef", lost="b")) == "abcdef"


def test_where_the_whole_page_is_gone_the_list_begins_anew() -> None:
    assert ids(FakeOctavia("abcdef", lost="ab")) == "abcdef"


def test_a_refusal_for_another_reason_is_raised() -> None:
    with pytest.raises(openstack.exceptions.BadRequestException):
        ids(FakeRefusal("abcd"))


def test_a_server_that_repeats_its_page_for_ever_is_left() -> None:
    assert ids(FakeTreadmill("abcd")) == "abab"


def test_a_field_that_was_not_asked_for_is_a_mistake_rather_than_nothing() -> None:
    row = paging.Row({"id": "a", "tags": ["t"]}, paging.FIELDS["listeners"])
    assert row.default_pool_id is None
    with pytest.raises(AttributeError, match="not asked for"):
        _ = row.tags
