# SPDX-License-Identifier: Apache-2.0

"""Octavia's lists, a page at a time and as they are: the SDK's objects cost more than the API.

https://docs.openstack.org/api-ref/load-balancer/v2/#pagination. The server's own link to the next
page has lost the filters; here each page is asked for with all of them.
"""

import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import openstack.exceptions
from openstack.load_balancer.v2._proxy import Proxy

PAGE = 1000
"""Rows asked for at a time; Octavia may give fewer."""

# The primary key. By age, its default, Octavia's database sorts all rows anew for each page, and
# again for each kind of part of the rows in it.
_ORDER = "id"

_STATE = (
    "id",
    "name",
    "admin_state_up",
    "provisioning_status",
    "operating_status",
    "created_at",
    "updated_at",
)
FIELDS = {
    "loadbalancers": (
        *_STATE,
        "project_id",
        "provider",
        "vip_address",
        "vip_port_id",
        "vip_subnet_id",
    ),
    "listeners": (
        *_STATE,
        "protocol",
        "protocol_port",
        "default_pool_id",
        "allowed_cidrs",
        "loadbalancers",
        "timeout_client_data",
        "timeout_member_data",
    ),
    "pools": (
        *_STATE,
        "protocol",
        "lb_algorithm",
        "session_persistence",
        "healthmonitor_id",
        "members",
    ),
}
# What the SDK calls them, where that differs.
_NAMES = {
    "is_admin_state_up": "admin_state_up",
    "load_balancers": "loadbalancers",
    "health_monitor_id": "healthmonitor_id",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """An object of a list, whose attributes are called as the SDK's."""

    body: Mapping[str, Any]
    fields: Sequence[str]

    def __getattr__(self, name: str) -> Any:
        """Return a field's value, None where this Octavia does not know it."""
        field = _NAMES.get(name, name)
        if field not in self.fields:
            raise AttributeError(f"{field} was not asked for")
        return self.body.get(field)


def rows(api: Proxy, kind: str, **query: str) -> Iterator[Row]:
    """Yield all objects of a kind (a key of FIELDS); one that moves may come twice.

    Raises what the SDK raises.
    """
    return itertools.chain.from_iterable(pages(api, kind, **query))


def pages(api: Proxy, kind: str, **query: str) -> Iterator[list[Row]]:
    """Yield what `rows` yields, page by page."""
    fields = FIELDS[kind]
    markers: list[str] = []
    while True:
        page, markers = _page(api, kind, query, markers)
        yield [Row(body, fields) for body in page[kind]]
        known = [body["id"] for body in page[kind]]
        if not known or not any(one["rel"] == "next" for one in page.get(f"{kind}_links", ())):
            return
        # One that repeats the last page for ever adds nothing either.
        if known[-1:] == markers[-1:]:
            return
        markers = known


def _page(
    api: Proxy, kind: str, query: Mapping[str, str], markers: list[str]
) -> tuple[Any, list[str]]:
    """Return the page after the last marker that still exists, and the markers up to it."""
    while True:
        asked: dict[str, Any] = {**query, "fields": FIELDS[kind], "limit": PAGE, "sort": _ORDER}
        if markers:
            asked["marker"] = markers[-1]
        answer = api.get(f"/lbaas/{kind}", params=asked)
        # Octavia goes by the marker's row: deleted since, it marks no place any more.
        if answer.status_code != 400 or not markers or markers[-1] not in answer.text:
            openstack.exceptions.raise_from_response(answer)
            return answer.json(), markers
        markers = markers[:-1]
