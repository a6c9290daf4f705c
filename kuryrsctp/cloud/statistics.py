# SPDX-License-Identifier: Apache-2.0

"""The counters of listeners.

https://docs.openstack.org/api-ref/load-balancer/v2/#get-listener-statistics
"""

import functools
from collections.abc import Iterable
from typing import Any

import openstack.exceptions

from kuryrsctp.cloud.calls import Cloud, get
from kuryrsctp.cloud.octavia import LISTENERS
from kuryrsctp.model import ListenerStatistics, Unreadable

_FORBIDDEN = Unreadable(
    "these credentials may not read them: use the load balancer's project, or ask for the role"
    " `reader`"
)
_NOT_FOUND = Unreadable("Octavia has none of this listener: it has been deleted meanwhile")


def listener_statistics(
    cloud: Cloud, listener_ids: Iterable[str]
) -> list[ListenerStatistics | Unreadable]:
    """Return the counters of each listener, in order; one request each, side by side.

    Raises CloudError.
    """
    octavia = cloud.octavia
    return cloud.call_all([functools.partial(_read, octavia, each) for each in listener_ids])


def _read(octavia: Any, listener_id: str) -> ListenerStatistics | Unreadable:
    path = f"{LISTENERS.path}/{listener_id}/stats"
    try:
        row = get(octavia, path, "listener statistics").required_row("stats")
    except openstack.exceptions.ForbiddenException:
        return _FORBIDDEN
    except openstack.exceptions.NotFoundException:
        return _NOT_FOUND
    return ListenerStatistics(
        total_connections=row.number("total_connections"),
        active_connections=row.number("active_connections"),
        bytes_in=row.number("bytes_in"),
        bytes_out=row.number("bytes_out"),
    )
