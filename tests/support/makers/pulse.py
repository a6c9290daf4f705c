# SPDX-License-Identifier: Apache-2.0

"""Tells cheaply whether anything of a case has changed: from databases, without the APIs.

A state is read from the APIs only where this has been still. Reading all states every second
would keep both of a small machine's cores busy, and the makers waiting.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from tests.support.cloud import Cloud
from tests.support.cloud.parts import PARTS
from tests.support.makers.kubernetes_api import KubernetesApi

_OWN = (
    "WITH marks(mark) AS (VALUES {values})"
    " SELECT id FROM load_balancer JOIN marks"
    " ON ' ' || name LIKE mark OR ' ' || description LIKE mark"
    " UNION SELECT resource_id FROM tags JOIN marks ON tag LIKE mark"
)


def pulse(cloud: Cloud, apis: Iterable[KubernetesApi], namespace: str, marks: Sequence[str]) -> Any:
    """Return what changes whenever something of a case changes.

    :param marks: what the names, descriptions or tags of its load balancers have in them.
    """
    kinds = ("Service", "Event", "Pod")
    found = [version for api in apis for kind in kinds for version in api.versions(kind, namespace)]
    values = ", ".join(["(?)"] * len(marks))
    query = PARTS.format(own=_OWN.format(values=values))
    rows = cloud.sql("octavia", query, [f"%{mark}%" for mark in marks])
    return sorted(found), sorted(rows, key=str)
