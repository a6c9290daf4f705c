# SPDX-License-Identifier: Apache-2.0


"""What a project may have in Octavia, and has: the API tells the limits, but not what is used.

https://docs.openstack.org/api-ref/load-balancer/v2/#quotas
"""

import threading
from collections.abc import Iterable
from typing import Any

import openstack.exceptions
from openstack.connection import Connection

from kuryrsctp.cloud import calls, paging
from kuryrsctp.cloud.deadline import Deadline
from kuryrsctp.model import LoadBalancer, Quota


class Quotas:
    """The quotas of projects; each project's members are counted once, whoever asks.

    Threads may share it. What these credentials may not read is None.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._members: dict[str, Quota | None] = {}
        self._counting = threading.Lock()

    def of_load_balancers(self, seen: Iterable[LoadBalancer], deadline: Deadline) -> Quota | None:
        """Return the quota of the credentials' project; `seen` are all that they can see.

        Raises CloudError.
        """
        project = calls.call(lambda: self._connection.current_project_id, deadline)
        limits = calls.call(lambda: self._limits(project), deadline) if project else None
        if limits is None:
            return None
        used = sum(one.project_id == project for one in seen)
        return _quota(limits.load_balancers, used)

    def of_members(self, project: str, deadline: Deadline) -> Quota | None:
        """Return the quota of a project, whose pools are listed if it has one.

        Raises CloudError.
        """
        with self._counting:
            if project not in self._members:
                self._members[project] = calls.call(lambda: self._of_members(project), deadline)
            return self._members[project]

    def _of_members(self, project: str) -> Quota | None:
        limits = self._limits(project)
        if limits is None:
            return None
        quota = _quota(limits.members)
        if quota.limit is None:
            return quota
        api = self._connection.load_balancer
        # A pool that moves between the pages of the list may come twice.
        counts = {
            one.id: len(one.members or ()) for one in paging.rows(api, "pools", project_id=project)
        }
        return _quota(limits.members, sum(counts.values()))

    def _limits(self, project: str) -> Any:
        try:
            return self._connection.load_balancer.get_quota(project)
        except (openstack.exceptions.ForbiddenException, openstack.exceptions.NotFoundException):
            return None


def _quota(limit: object, used: int = 0) -> Quota:
    """Read a limit; Octavia has -1 for none."""
    return Quota(limit, used) if isinstance(limit, int) and limit >= 0 else Quota(None)
