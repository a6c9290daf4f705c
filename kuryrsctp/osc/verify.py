# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The command `openstack kuryr sctp verify`."""

import argparse
from collections.abc import Iterator, Sequence

import kuryrsctp
from kuryrsctp import naming
from kuryrsctp.errors import ExitCode, NotJudged
from kuryrsctp.model import Finding, Report, Status
from kuryrsctp.osc.base import VerdictLister

_COLUMNS = ("Service", "Check", "Status", "Resource", "Detail")
_LONG_COLUMNS = (*_COLUMNS, "Hint", "ID")

_EPILOG = """\
Exit status: 0 all is well, 1 it could not be judged, 2 usage, 3 something is
wrong. A WARN row counts as wrong only with --strict.

Examples:
  openstack kuryr sctp verify sctp-demo
  openstack kuryr sctp verify core/amf core/smf --long
  openstack kuryr sctp verify 96b38be3-1183-41c5-a0db-d246ef1d07cb --strict -f json
"""


class Verify(VerdictLister):
    """Check what Octavia holds for SCTP services, one row a check.

    Nothing is changed and no traffic is sent; `openstack kuryr sctp probe` does
    that. With --long each finding comes with what to do about it.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the command's arguments."""
        parser = super().get_parser(prog_name)
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        parser.epilog = _EPILOG
        parser.add_argument(
            "services",
            metavar="<service>",
            nargs="+",
            help="Service to check: its name, <namespace>/<name>, or the ID of its load balancer",
        )
        parser.add_argument(
            "--namespace",
            metavar="<namespace>",
            default=naming.DEFAULT_NAMESPACE,
            help="Namespace of services given by a bare name (default: %(default)s)",
        )
        parser.add_argument(
            "--strict",
            action="store_true",
            help="Exit with status 3 for warnings, too",
        )
        parser.add_argument(
            "--long",
            action="store_true",
            help="Show what to do about each finding, and the ID of what it is about",
        )
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[Sequence[str], list[tuple[str, ...]]]:
        """Verify the services one after the other."""
        for service in parsed_args.services:
            naming.parse_service(service, parsed_args.namespace)
        reports = list(self._reports(parsed_args))
        for report in reports:
            self.exit_code = max(self.exit_code, _verdict(report, strict=parsed_args.strict))
        columns = _LONG_COLUMNS if parsed_args.long else _COLUMNS
        rows = [
            _row(report, finding)[: len(columns)]
            for report in reports
            for finding in report.findings
        ]
        return columns, rows

    def _reports(self, parsed_args: argparse.Namespace) -> Iterator[Report]:
        """Yield a report for each service that can be judged; complain of the others."""
        try:
            with self.connection() as connection:
                for service in parsed_args.services:
                    try:
                        yield kuryrsctp.verify(connection, service, namespace=parsed_args.namespace)
                    except NotJudged as error:
                        self.complain(error)
                        self.exit_code = max(self.exit_code, error.exit_code)
        except KeyboardInterrupt:
            # What is known by now is still shown.
            self.exit_code = ExitCode.INTERRUPTED


def _verdict(report: Report, *, strict: bool) -> ExitCode:
    if report.status is Status.FAIL or (strict and report.status is Status.WARN):
        return ExitCode.WRONG
    judged = any(finding.status is not Status.SKIP for finding in report.findings)
    return ExitCode.OK if judged else ExitCode.NOT_JUDGED


def _row(report: Report, finding: Finding) -> tuple[str, ...]:
    return (
        report.service,
        finding.check,
        finding.status.value,
        finding.resource,
        finding.detail,
        finding.hint,
        finding.id,
    )
