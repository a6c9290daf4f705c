# SPDX-License-Identifier: Apache-2.0

"""How many objects a project may have, and how many it has: Octavia's are counted here.

https://docs.openstack.org/api-ref/load-balancer/v2/#quotas
https://docs.openstack.org/api-ref/network/v2/#show-quota-details-for-a-tenant
"""

import threading
from typing import Any

import openstack.exceptions

from kuryrsctp.cloud import octavia
from kuryrsctp.cloud.calls import Cloud, get
from kuryrsctp.cloud.failures import malformed_answers
from kuryrsctp.cloud.paging import rows
from kuryrsctp.cloud.rows import Row
from kuryrsctp.model import Quota, QuotaKind

# The names of Octavia's API.
_NAMES = {
    QuotaKind.LOAD_BALANCERS: "load_balancer",
    QuotaKind.LISTENERS: "listener",
    QuotaKind.POOLS: "pool",
    QuotaKind.MEMBERS: "member",
    QuotaKind.HEALTH_MONITORS: "health_monitor",
}


class Quotas:
    """The quotas of projects; each is read, and what counts against it listed, only once.

    Threads may share it. A quota that these credentials may not read is None.
    """

    def __init__(self) -> None:
        self._quotas: dict[tuple[QuotaKind, str], Quota | None] = {}
        self._limits: dict[str, Row | None] = {}
        self._counting = threading.Lock()

    def own_project(self, cloud: Cloud) -> str | None:
        """Return the ID of the credentials' project, None without one; raise CloudError."""
        return cloud.call(lambda: _own_project(cloud.connection))

    def read(self, cloud: Cloud, kind: QuotaKind, project: str) -> Quota | None:
        """Return the quota of a project; its objects are listed only if there is a limit.

        Raises CloudError.
        """
        key = kind, project
        with self._counting:
            if key not in self._quotas:
                is_neutrons = kind is QuotaKind.PORTS
                self._quotas[key] = (
                    _of_ports(cloud, project) if is_neutrons else self._counted(cloud, *key)
                )
            return self._quotas[key]

    def _counted(self, cloud: Cloud, kind: QuotaKind, project: str) -> Quota | None:
        api = cloud.octavia
        if project not in self._limits:
            self._limits[project] = cloud.call(lambda: _limits(api, project))
        limits = self._limits[project]
        return None if limits is None else _quota(cloud, kind, project, limits)


def _own_project(connection: Any) -> str | None:
    with malformed_answers():
        project = connection.current_project_id
    return str(project) if project else None


def _limits(api: Any, project: str) -> Row | None:
    return _shown(api, f"/lbaas/quotas/{project}")


def _of_ports(cloud: Cloud, project: str) -> Quota | None:
    """Return Neutron's quota of ports, which Neutron counts itself."""
    api = cloud.neutron
    if api is None:
        return None
    shown = cloud.call(lambda: _shown(api, f"/quotas/{project}/details"))
    if shown is None:
        return None
    ports = shown.required_row("port")
    limit = ports.number("limit")
    used = ports.number("used", 0) + ports.number("reserved", 0)
    return Quota(None) if limit < 0 else Quota(limit, used)


def _shown(api: Any, path: str) -> Row | None:
    """Return what an API shows of a project's quotas, None if it does not show them."""
    try:
        return get(api, path, "quota").required_row("quota")
    except (openstack.exceptions.ForbiddenException, openstack.exceptions.NotFoundException):
        return None


def _quota(cloud: Cloud, kind: QuotaKind, project: str, limits: Row) -> Quota:
    limit = limits.number(_NAMES[kind], -1)  # Octavia and Neutron have -1 for none
    if limit < 0:
        return Quota(None)
    api = cloud.octavia
    return Quota(limit, cloud.call(lambda: _used(api, kind, project)))


def _used(api: Any, kind: QuotaKind, project: str) -> int:
    """Count a project's objects: what moves between the pages of a list may come twice."""
    if kind is QuotaKind.LOAD_BALANCERS:
        return len({part.id for part in rows(api, octavia.LOAD_BALANCERS, project_id=project)})
    if kind is QuotaKind.LISTENERS:
        return len({part.id for part in rows(api, octavia.LISTENERS, project_id=project)})
    if kind is QuotaKind.HEALTH_MONITORS:
        return len(set(rows(api, octavia.HEALTH_MONITORS, project_id=project)))
    pools = {pool.id: pool for pool in rows(api, octavia.POOLS, project_id=project)}
    if kind is QuotaKind.POOLS:
        return len(pools)
    return sum(pool.member_count for pool in pools.values())
