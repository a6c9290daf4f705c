# SPDX-License-Identifier: Apache-2.0

"""What `verify` says of a case's Services, as if the makers had been done for an hour.

A part that is missing is a fault only when a change had time to make it.
"""

from collections.abc import Iterable

from openstack.connection import Connection

import kuryrsctp
from kuryrsctp.verifier.report import Status, VerifyReport
from tests.support import kuryr
from tests.support.cloud import Cloud

_WELL = (Status.OK, Status.SKIP)
Verdict = dict[str, str]  # checks, and what they say


def judge(
    cloud: Cloud, connection: Connection, balancers: Iterable[str], services: Iterable[str]
) -> dict[str, Verdict]:
    """Return what is not well of each Service, by the name that `verify` has for it.

    :param balancers: the IDs of the load balancers that are to be an hour old.
    :param services: the Services as NAMESPACE/NAME.
    """
    for balancer in balancers:
        kuryr.age(cloud, balancer)
    told = {}
    for result in kuryrsctp.verify_many(connection, sorted(services)):
        assert result.report, result.error
        told[result.name] = _not_well(result.report)
    return dict(sorted(told.items()))


def _not_well(report: VerifyReport) -> Verdict:
    found = [row for row in report.findings if row.status not in _WELL]
    worst_last = sorted(found, key=lambda row: row.status.severity)
    return dict(sorted((row.check, row.status.value) for row in worst_last))
