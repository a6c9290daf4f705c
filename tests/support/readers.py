# SPDX-License-Identifier: Apache-2.0

"""A service as `verify NAME`, `verify --all`, `list` and `probe` read it: all tell the same."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from openstack.connection import Connection

import kuryrsctp
from kuryrsctp import naming
from kuryrsctp.cloud.inventory import ListedService
from kuryrsctp.prober.targets import Via
from kuryrsctp.verifier.bulk import ServiceResult
from kuryrsctp.verifier.report import Expectations, Finding, Status, VerifyReport

_ODD = (Status.WARN, Status.FAIL)


@dataclass(frozen=True)
class Reading:
    """The services that a name leads to: the report of each, and its row in the list."""

    reports: dict[str, VerifyReport]
    listed: dict[str, ListedService]

    @property
    def report(self) -> VerifyReport:
        """The report of the only service."""
        (report,) = self.reports.values()
        return report

    @property
    def odd(self) -> set[tuple[str, str]]:
        """Check and status of what is WARN or FAIL."""
        findings = (row for report in self.reports.values() for row in report.findings)
        return {(row.check, row.status.value) for row in findings if row.status in _ODD}

    @property
    def hints(self) -> str:
        """All hints, one a line."""
        findings = (row for report in self.reports.values() for row in report.findings)
        return "\n".join(row.hint for row in findings)

    def row(self, check: str, resource: str = "") -> Finding:
        """Return the only row of a check, or the only one about a resource."""
        rows = [row for row in self.report.findings if row.check == check]
        (row,) = (row for row in rows if resource in ("", row.resource))
        return row

    def told(self, check: str, resource: str = "") -> str:
        """Return status and detail of that row."""
        row = self.row(check, resource)
        return f"{row.status.value} {row.detail}"


def read(
    connection: Connection,
    service: str,
    *,
    project: str | None = None,
    listed: bool = True,
    **expected: Any,
) -> Reading:
    """Verify a service, NAMESPACE/NAME or CLUSTER:NAMESPACE/NAME, by its name and among all.

    Both have to give equal rows, and the list has to have it; or else, where it is not `listed`,
    neither the list nor the report on all has it.
    """
    name, wanted = naming.parse_service(service), Expectations(**expected)
    assert isinstance(name, naming.ServiceName)
    by_name = kuryrsctp.verify_many(connection, [service], project=project, expected=wanted)
    reports = _reports(by_name)
    where: dict[str, Any] = {"project": project, "namespace": name.namespace}
    # With one job, the network state of all these services is read together.
    of_all = _reports(kuryrsctp.verify_all(connection, expected=wanted, jobs=1, **where))
    in_list = {str(row.ref): row for row in kuryrsctp.list_services(connection, **where)}
    if not listed:
        assert not reports.keys() & (of_all.keys() | in_list.keys())
        return Reading(reports, {})
    for ref, report in reports.items():
        key = ref if ref in of_all else name.in_cluster
        alone, among_all = (without_ages(rows) for rows in (report.findings, of_all[key].findings))
        assert alone == among_all, set(alone) ^ set(among_all)
    shown = {ref: in_list.get(ref) or in_list[name.in_cluster] for ref in reports}
    return Reading(reports, shown)


def without_ages(rows: Iterable[Finding]) -> list[Finding]:
    """Return findings without the time that passes from one reading to the other."""
    age = re.compile(r"\bfor \d+ (s|min|h|days)\b")
    return [replace(row, detail=age.sub("for some time", row.detail)) for row in rows]


def endpoints(connection: Connection, service: str, via: Via = Via.VIP) -> set[str]:
    """Return where `probe` sends messages to a service."""
    return {str(target.endpoint) for target in kuryrsctp.plan(connection, service, via=via).targets}


def _reports(results: Iterable[ServiceResult]) -> dict[str, VerifyReport]:
    reports = {}
    for result in results:
        assert result.report is not None, result.error
        reports[result.name] = result.report
    return reports
