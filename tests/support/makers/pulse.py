# SPDX-License-Identifier: Apache-2.0

"""Tells cheaply whether anything of a case has changed: from databases, without the APIs.

A state is read from the APIs only where this has been still. Reading all states every second
would keep both of a small machine's cores busy, and the makers waiting.
"""

from collections.abc import Iterable
from typing import Any

from tests.support.cloud import Cloud
from tests.support.makers.kubernetes_api import KubernetesApi

_OWN = (
    "SELECT id FROM load_balancer WHERE ' ' || name LIKE :mark OR ' ' || description LIKE :mark"
    " UNION SELECT resource_id FROM tags WHERE tag LIKE :mark"
)
_STATUSES = "id, provisioning_status, operating_status, updated_at"
_PULSES = (
    f"SELECT {_STATUSES} FROM load_balancer WHERE id IN ({_OWN})",
    f"SELECT {_STATUSES} FROM listener WHERE load_balancer_id IN ({_OWN})",
    f"SELECT {_STATUSES} FROM pool WHERE load_balancer_id IN ({_OWN})",
    f"SELECT {_STATUSES} FROM member WHERE pool_id IN"
    f" (SELECT id FROM pool WHERE load_balancer_id IN ({_OWN}))",
)


def pulse(cloud: Cloud, apis: Iterable[KubernetesApi], namespace: str, marks: Iterable[str]) -> Any:
    """Return what changes whenever something of a case changes.

    :param marks: what the names, descriptions or tags of its load balancers have in them.
    """
    kinds = ("Service", "Event", "Pod")
    found = [
        (part["metadata"]["uid"], part["metadata"]["resourceVersion"])
        for api in apis
        for kind in kinds
        for part in api.list(kind, namespace)
    ]
    rows = [
        sorted(cloud.sql("octavia", query, {"mark": f"%{mark}%"}), key=str)
        for mark in marks
        for query in _PULSES
    ]
    return sorted(found), rows
