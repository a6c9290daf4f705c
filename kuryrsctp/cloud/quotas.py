# SPDX-License-Identifier: Apache-2.0

"""How many objects a project may have in Octavia, from its API, and how many it has, counted here.

https://docs.openstack.org/api-ref/load-balancer/v2/#quotas
"""

import threading
from collections.abc import Iterable
from typing import Any, NamedTuple

import openstack.exceptions

from kuryrsctp.cloud import octavia
from kuryrsctp.cloud.calls import Cloud, get
from kuryrsctp.cloud.failures import malformed_answers
from kuryrsctp.cloud.paging import rows
from kuryrsctp.cloud.rows import Row
from kuryrsctp.model import LoadBalancer, Quota


class _Limits(NamedTuple):
    """The limits of a project, None for no limit."""

    load_balancers: int | None
    members: int | None


class Quotas:
    """The quotas of projects; the members of each project are counted once.

    Threads may share it. A quota that these credentials may not read is None.
    """

    def __init__(self) -> None:
        self._members: dict[str, Quota | None] = {}
        self._counting = threading.Lock()

    def of_load_balancers(self, cloud: Cloud, visible: Iterable[LoadBalancer]) -> Quota | None:
        """Return the quota of the credentials' project; `visible` are all that they can see.

        Raises CloudError.
        """
        project = cloud.call(lambda: _own_project(cloud.connection))
        api = cloud.octavia
        limits = cloud.call(lambda: _limits(api, project)) if project else None
        if limits is None:
            return None
        used = sum(load_balancer.project_id == project for load_balancer in visible)
        return _quota(limits.load_balancers, used)

    def of_members(self, cloud: Cloud, project: str) -> Quota | None:
        """Return the quota of a project; its pools are listed only if it has a limit.

        Raises CloudError.
        """
        api = cloud.octavia
        with self._counting:
            if project not in self._members:
                self._members[project] = cloud.call(lambda: _of_members(api, project))
            return self._members[project]


def _own_project(connection: Any) -> str | None:
    with malformed_answers():
        project = connection.current_project_id
    return str(project) if project else None


def _of_members(api: Any, project: str) -> Quota | None:
    limits = _limits(api, project)
    if limits is None:
        return None
    if limits.members is None:
        return Quota(None)
    # A pool that moves between the pages of the list may come twice.
    pools = {pool.id: pool for pool in rows(api, octavia.POOLS, project_id=project)}
    return Quota(limits.members, sum(pool.member_count for pool in pools.values()))


def _limits(api: Any, project: str) -> _Limits | None:
    try:
        quota = get(api, f"/lbaas/quotas/{project}", "quota").required_row("quota")
    except (openstack.exceptions.ForbiddenException, openstack.exceptions.NotFoundException):
        return None
    return _Limits(_limit(quota, "load_balancer"), _limit(quota, "member"))


def _limit(quota: Row, name: str) -> int | None:
    """Return a limit; Octavia has -1 for none."""
    limit = quota.number(name, -1)
    return None if limit < 0 else limit


def _quota(limit: int | None, used: int) -> Quota:
    return Quota(None) if limit is None else Quota(limit, used)
