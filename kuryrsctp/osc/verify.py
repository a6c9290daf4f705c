# SPDX-License-Identifier: Apache-2.0

"""The command `openstack kuryr sctp verify`."""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from kuryrsctp import makers, naming
from kuryrsctp.cloud.threads import DEFAULT_JOBS
from kuryrsctp.errors import Inconclusive, UsageError
from kuryrsctp.osc import argtypes
from kuryrsctp.osc.base import VerdictLister
from kuryrsctp.osc.exit_codes import ExitCode, exit_code
from kuryrsctp.terminal_text import printable
from kuryrsctp.verifier.report import Expectations, Finding, VerifyReport

if TYPE_CHECKING:
    from kuryrsctp.verifier.bulk import ServiceResult
    from kuryrsctp.verifier.waiting import Check

_COLUMNS = ("Service", "Check", "Status", "Resource", "Detail")
_LONG_COLUMNS = (*_COLUMNS, "Hint", "ID")

_MAX_LINE_LENGTH = 1000

_EPILOG = """\
Exit status: 0 all is well, 1 it could not be judged, 2 usage, 3 something is
wrong; of several services, the worst counts. A WARN row counts as wrong only
with --strict.

Every wait has an end. A service has 90 seconds. With --all the lists that are read
first have 5 minutes, and up to 25 services are then read together and share 90
seconds. A service that takes longer is named, and not judged. Ctrl-C prints the
results that there are by then.

Examples::

  openstack kuryr sctp verify sctp-demo
  openstack kuryr sctp verify sctp-demo --port 90:9090 --members 2 --wait
  openstack kuryr sctp verify core/amf blue:core/smf --long
  openstack kuryr sctp verify --all --namespace core
  openstack kuryr sctp verify 96b38be3-1183-41c5-a0db-d246ef1d07cb --strict -f json
"""


class Verify(VerdictLister):
    """Check what Octavia and Neutron hold for SCTP services, a row for each check of each object

    Nothing is changed and no traffic is sent; `openstack kuryr sctp probe` does
    that. With --long each finding comes with what to do about it.
    """

    epilog = _EPILOG

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "services",
            metavar="<service>",
            nargs="*",
            help="Service to check: <name>, <namespace>/<name>, <cluster>:<namespace>/<name>, or"
            " the ID of its load balancer; a name that several clusters or projects have stands"
            " for each of them",
        )
        parser.add_argument(
            "--strict", action="store_true", help="Exit with status 3 for warnings, too"
        )
        parser.add_argument(
            "--long",
            action="store_true",
            help="Show what to do about each finding, and the ID of what it is about",
        )
        parser.add_argument(
            "--wait",
            metavar="<seconds>",
            nargs="?",
            type=argtypes.optional_seconds,
            const=makers.CHANGE_TIMEOUT,
            help="Repeat the checks until no change of the service is under way, and none has been"
            " for 10 seconds, for at most this many seconds"
            f" ({makers.CHANGE_TIMEOUT:.0f} if no number is given); the last check counts. Pods"
            " that become ready later are not known: with --members or --member it is known what"
            " to wait for",
        )
        _add_choice(parser)
        _add_expectations(parser)
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[Sequence[str], Iterator[tuple[str, ...]]]:
        """Verify the services, several at a time."""
        refs = _services(parsed_args)
        columns = _LONG_COLUMNS if parsed_args.long else _COLUMNS
        return columns, self._rows(parsed_args, refs, len(columns))

    def _rows(
        self, parsed_args: argparse.Namespace, refs: Sequence[naming.ServiceRef], width: int
    ) -> Iterator[tuple[str, ...]]:
        """Yield the rows of each service once it is judged, and set the exit status."""
        failed: list[ServiceResult] = []
        count = 0
        try:
            for result in self._results(parsed_args, refs):
                count += 1
                if result.report is None:
                    failed.append(result)
                    continue
                conclusion = result.report.conclusion(strict=parsed_args.strict)
                self.exit_code = max(self.exit_code, exit_code(conclusion))
                for finding in result.report.findings:
                    yield _row(result.report, finding)[:width]
        finally:
            # Also when the user interrupts.
            for result in failed:
                if result.error:
                    self.complain(result.error, result.name if count > 1 else "")
                    self.exit_code = max(self.exit_code, exit_code(result.error))

    def _results(
        self, parsed_args: argparse.Namespace, refs: Sequence[naming.ServiceRef]
    ) -> "Iterator[ServiceResult]":
        """Yield the result of each service, when it has settled if the user waits for that."""
        from kuryrsctp.verifier import bulk

        expected, jobs = _expectations(parsed_args), parsed_args.jobs
        with self.connection() as connection:
            verify_many = partial(
                bulk.verify_many,
                connection,
                project=parsed_args.project,
                expected=expected,
                jobs=jobs,
            )
            if parsed_args.all:
                with self.reading_progress(parsed_args) as on_progress:
                    results = bulk.verify_all(
                        connection,
                        project=parsed_args.project,
                        namespace=parsed_args.namespace,
                        expected=expected,
                        jobs=jobs,
                        on_progress=on_progress,
                    )
            else:
                results = verify_many(refs)
            if not len(results):
                raise Inconclusive(
                    "no service with an SCTP listener is visible to these credentials: check"
                    " project and namespace (`openstack kuryr sctp list`)"
                )
            shown = self.with_progress(parsed_args, results, len(results))
            if parsed_args.wait is None:
                yield from shown
            else:
                yield from self._settled(shown, verify_many, parsed_args.wait)

    def _settled(
        self, results: "Iterable[ServiceResult]", check: "Check", wait: float
    ) -> "Iterable[ServiceResult]":
        """Return the last result of each service, or the last before the user interrupts."""
        from kuryrsctp.verifier.waiting import settle

        latest: dict[naming.ServiceRef, ServiceResult] = {}
        try:
            for result in results:
                latest[result.ref] = result
            settle(latest, check, wait, self._print_reason)
        except KeyboardInterrupt:
            self.exit_code = ExitCode.INTERRUPTED
        return latest.values()

    def _print_reason(self, line: str) -> None:
        """Print why the command waits, for a person or a log."""
        if self.app.options.verbose_level:
            print(printable(line, _MAX_LINE_LENGTH), file=self.app.stderr, flush=True)


def _add_choice(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that choose services."""
    parser.add_argument(
        "--all",
        action="store_true",
        help="Check every service with an SCTP listener that these credentials can see",
    )
    parser.add_argument(
        "--namespace",
        metavar="<namespace>",
        type=argtypes.namespace,
        help="Namespace of services given by a bare name (default:"
        f" {naming.DEFAULT_NAMESPACE}); with --all, check only those in it",
    )
    parser.add_argument(
        "--project",
        metavar="<project>",
        help="Check only services of this project (name or ID)",
    )
    parser.add_argument(
        "--jobs",
        metavar="<number>",
        type=argtypes.jobs,
        default=DEFAULT_JOBS,
        help="Services to check at a time (default: %(default)s)",
    )


def _add_expectations(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say what ought to be there."""
    parser.add_argument(
        "--port",
        metavar="<port>[:<target>]",
        dest="ports",
        type=argtypes.port_mapping,
        action="append",
        default=[],
        help="Expect the service to have this SCTP port, and its members this target port (repeat"
        " for several)",
    )
    parser.add_argument(
        "--members",
        metavar="<number>",
        type=argtypes.count,
        help="Expect this many members behind each port",
    )
    parser.add_argument(
        "--member",
        metavar="<address>",
        dest="addresses",
        type=argtypes.address,
        action="append",
        default=[],
        help="Expect a member with this address (repeat for several)",
    )
    parser.add_argument(
        "--source",
        metavar="<cidr>",
        type=argtypes.network,
        help="Network of the clients: expect the allowed CIDRs and the security groups on the way"
        " to admit it",
    )


def _services(parsed_args: argparse.Namespace) -> list[naming.ServiceRef]:
    """Return the services that were given, each once.

    Raises UsageError.
    """
    if parsed_args.all and parsed_args.services:
        raise UsageError("give services or --all, not both")
    if not (parsed_args.all or parsed_args.services):
        raise UsageError("the following arguments are required: <service>, or --all")
    namespace = parsed_args.namespace or naming.DEFAULT_NAMESPACE
    refs = (naming.parse_service(service, namespace) for service in parsed_args.services)
    return list(dict.fromkeys(refs))


def _expectations(parsed_args: argparse.Namespace) -> Expectations:
    return Expectations(
        ports=tuple(parsed_args.ports),
        members=parsed_args.members,
        addresses=tuple(parsed_args.addresses),
        source=parsed_args.source,
    )


def _row(report: VerifyReport, finding: Finding) -> tuple[str, ...]:
    return (
        report.service,
        finding.check,
        finding.status.value,
        finding.resource,
        finding.detail,
        finding.hint,
        finding.id,
    )
