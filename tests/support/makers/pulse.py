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
    " SELECT DISTINCT id FROM load_balancer LEFT JOIN tags ON resource_id = id JOIN marks"
    " ON instr(' ' || name, mark) OR instr(' ' || description, mark) OR instr(' ' || tag, mark)"
    " WHERE provisioning_status != 'DELETED'"
)


def own(cloud: Cloud, marks: Sequence[str]) -> list[str]:
    """Return the IDs of the load balancers whose name, description or tags hold one of these."""
    return [row[0] for row in cloud.sql("octavia", _query("{own}", marks), marks)]


def pulse(cloud: Cloud, apis: Iterable[KubernetesApi], namespace: str, marks: Sequence[str]) -> Any:
    """Return what changes whenever something of a case changes.

    :param marks: what the names, descriptions or tags of its load balancers have in them.
    """
    kinds = ("Service", "Event", "Pod")
    found = [version for api in apis for kind in kinds for version in api.versions(kind, namespace)]
    rows = cloud.sql("octavia", _query(PARTS, marks), marks)
    return sorted(found), sorted(rows, key=str)


def _query(query: str, marks: Sequence[str]) -> str:
    return query.format(own=_OWN.format(values=", ".join(["(?)"] * len(marks))))
