# SPDX-License-Identifier: Apache-2.0

"""Lists of Octavia and Neutron, page by page and raw: the SDK's objects cost more than the API.

https://docs.openstack.org/api-ref/load-balancer/v2/#pagination,
https://docs.openstack.org/api-ref/network/v2/#pagination. Octavia's own link to the next page has
lost the filters; here every page is asked for with all of them.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import openstack.exceptions

from kuryrsctp.cloud.calls import get
from kuryrsctp.cloud.refusals import is_about
from kuryrsctp.cloud.rows import Row, fields_of
from kuryrsctp.errors import CloudError

T = TypeVar("T")

PAGE_SIZE = 1000
"""Rows asked for at a time; a server may send fewer."""

MAX_ROWS = 500_000
"""A longer list is given up."""

# The primary key. By age, its default, Octavia's database sorts all rows again for each page, and
# once more for each kind of part of the rows in it.
OCTAVIA_ORDER = {"sort": "id"}
NEUTRON_ORDER = {"sort_key": "id", "sort_dir": "asc"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection(Generic[T]):
    """A list of an API's objects.

    `kind` is what error messages call one of them, `key` the list's name in an answer, `decode`
    makes an object of a row, `order` are the parameters that sort by ID, and `fields` is what is
    asked for of each object.
    """

    path: str
    kind: str
    key: str
    decode: Callable[[Row], T]
    order: Mapping[str, str]
    fields: tuple[str, ...]


def octavia_collection(path: str, kind: str, decode: Callable[[Row], T]) -> Collection[T]:
    """Return a list of Octavia's; `path` begins after the API's version."""
    return _collection(path, kind, decode, OCTAVIA_ORDER)


def neutron_collection(path: str, kind: str, decode: Callable[[Row], T]) -> Collection[T]:
    """Return a list of Neutron's; `path` begins after the API's version."""
    return _collection(path, kind, decode, NEUTRON_ORDER)


def rows(api: Any, collection: Collection[T], **query: Any) -> Iterator[T]:
    """Yield all objects of a list that match the query; one that moves may come twice.

    Raises CloudError for a list that is too long, and what `calls.get` raises.
    """
    return itertools.chain.from_iterable(pages(api, collection, **query))


def pages(api: Any, collection: Collection[T], **query: Any) -> Iterator[list[T]]:
    """Yield what `rows` yields, page by page."""
    markers: list[str] = []
    count = 0
    while True:
        page, markers = _page(api, collection, query, markers)
        page_rows = [Row(body, collection.kind) for body in page.required_list(collection.key)]
        count += len(page_rows)
        if count > MAX_ROWS:
            raise CloudError(
                f"a list of the API's is longer than {MAX_ROWS}: narrow it with --project"
            )
        yield [collection.decode(row) for row in page_rows]
        ids = [row.required_text("id") for row in page_rows]
        links = page.rows(f"{collection.key}_links")
        if not ids or not any(link.text("rel") == "next" for link in links):
            return
        # A server that repeats its last page for ever has no more rows.
        if ids[-1:] == markers[-1:]:
            return
        markers = ids


def _page(
    api: Any, collection: Collection[T], query: Mapping[str, Any], markers: list[str]
) -> tuple[Row, list[str]]:
    """Return the page after the last marker that still exists, and the markers up to it."""
    path, kind = collection.path, f"list of {collection.key}"
    asked: dict[str, Any] = {**query, **collection.order, "fields": collection.fields}
    asked["limit"] = PAGE_SIZE
    while markers:
        try:
            answer = get(api, path, kind, **asked, marker=markers[-1])
        except openstack.exceptions.BadRequestException as error:
            # The server looks for the marker's row: where it was deleted, it marks no place.
            if not is_about(error, markers[-1]):
                raise
            markers = markers[:-1]
        else:
            return answer, markers
    return get(api, path, kind, **asked), markers


def _collection(
    path: str, kind: str, decode: Callable[[Row], T], order: Mapping[str, str]
) -> Collection[T]:
    return Collection(
        path=path,
        kind=kind,
        key=path.rpartition("/")[2].replace("-", "_"),
        decode=decode,
        order=order,
        fields=fields_of(decode),
    )
