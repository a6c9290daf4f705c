# SPDX-License-Identifier: Apache-2.0

"""The command `openstack kuryr sctp verify`."""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from kuryrsctp import naming
from kuryrsctp.errors import Inconclusive
from kuryrsctp.osc import verify_options
from kuryrsctp.osc.base import STREAMED, VerdictLister
from kuryrsctp.osc.colour import coloured, has_colours
from kuryrsctp.osc.exit_codes import ExitCode, exit_code
from kuryrsctp.osc.summary import summary
from kuryrsctp.terminal_text import printable
from kuryrsctp.verifier.report import Finding, Status, VerifyReport

if TYPE_CHECKING:
    from kuryrsctp.verifier.bulk import ServiceResult
    from kuryrsctp.verifier.waiting import Check

_COLUMNS = ("Service", "Check", "Status", "Resource", "Detail")
_LONG_COLUMNS = (*_COLUMNS, "Hint", "ID")

_MAX_LINE_LENGTH = 1000

_EPILOG = """\
Exit status: 0 all is well, 1 it could not be judged, 2 usage, 3 something is
wrong or missing; of several services, the worst counts. A WARN row counts as
wrong only with --strict. With --wait the last check of a service counts.

Every wait has an end. A service has 90 seconds. With --all, reading the lists may
take 5 minutes; then up to 25 services are read together within 90 seconds. A
service that takes longer is named, and not judged. After Ctrl-C the results that
are there are printed.

On a terminal FAIL and WARN have colours, unless the variable NO_COLOR is set.

Examples::

  openstack kuryr sctp verify sctp-demo
  openstack kuryr sctp verify sctp-demo --port 90:9090 --members 2 --wait
  openstack kuryr sctp verify core/amf blue:core/smf --long
  openstack kuryr sctp verify --all --namespace core
  openstack kuryr sctp verify 96b38be3-1183-41c5-a0db-d246ef1d07cb --strict -f json
"""


class Verify(VerdictLister):
    """Check what Octavia and Neutron hold for SCTP services, a row for each check of each object

    Nothing is changed. No traffic is sent: `openstack kuryr sctp probe` sends some.
    With --long a row also says what to do. A line that sums up each service is printed
    on standard error, unless --quiet is given to openstack.
    """

    epilog = _EPILOG

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Start without a result."""
        super().__init__(*args, **kwargs)
        self._reports: list[tuple[str, Status, str]] = []
        self._printed = 0

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the command's arguments."""
        parser = super().get_parser(prog_name)
        verify_options.add_to(parser)
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[Sequence[str], Iterator[tuple[str, ...]]]:
        """Verify the services, several at a time."""
        refs = verify_options.services(parsed_args)
        columns = _LONG_COLUMNS if parsed_args.long else _COLUMNS
        return columns, self._rows(parsed_args, refs, len(columns))

    def _rows(
        self, parsed_args: argparse.Namespace, refs: Sequence[naming.ServiceRef], width: int
    ) -> Iterator[tuple[str, ...]]:
        """Yield the rows of each service once it is judged, and set the exit status."""
        failed: list[ServiceResult] = []
        count = 0
        is_shown = verify_options.choice_of_rows(parsed_args)
        prints_at_once = self._prints_summaries_at_once(parsed_args)
        try:
            for result in self._results(parsed_args, refs):
                count += 1
                if result.report is None:
                    failed.append(result)
                    continue
                conclusion = result.report.conclusion(strict=parsed_args.strict)
                self.exit_code = max(self.exit_code, exit_code(conclusion))
                for finding in filter(is_shown, result.report.findings):
                    yield _row(result.report, finding)[:width]
                self._reports.append(summary(result.report))
                if prints_at_once:
                    self._print_summaries()
        finally:
            # Also when the user interrupts.
            for result in failed:
                if result.error:
                    self.complain(result.error, result.name if count > 1 else "")
                    self.exit_code = max(self.exit_code, exit_code(result.error))

    def produce_output(
        self,
        parsed_args: argparse.Namespace,
        column_names: Sequence[str],
        data: Iterable[Sequence[Any]],
    ) -> int:
        """Print the rows, and a line about each service on stderr."""
        try:
            return super().produce_output(parsed_args, column_names, data)
        finally:
            self.app.stdout.flush()
            self._print_summaries()

    @property
    def has_result(self) -> bool:
        """Whether a service was judged, even if no row of it is shown."""
        return bool(self._reports) or super().has_result

    def decorated(
        self, column_names: Sequence[str], rows: Iterator[Sequence[Any]]
    ) -> Iterator[Sequence[Any]]:
        """Colour what is WARN or FAIL, if the terminal has colours."""
        if "Status" not in column_names or not has_colours(self.app.stdout):
            return rows
        place = list(column_names).index("Status")
        return ([*row[:place], coloured(row[place]), *row[place + 1 :]] for row in rows)

    def _prints_summaries_at_once(self, parsed_args: argparse.Namespace) -> bool:
        """Tell whether rows are printed one by one, and no progress is shown in between."""
        streams = parsed_args.formatter in STREAMED
        return streams and self.progress_stream(prints_rows=True) is None

    def _print_summaries(self) -> None:
        stream = self.app.stderr
        for name, status, counts in self._reports[self._printed :]:
            self._printed += 1
            if self.app.options.verbose_level:
                word = "NOT JUDGED" if status is Status.SKIP else status.value
                word = coloured(word) if has_colours(stream) else word
                print(f"{name}: {word} ({counts})", file=stream, flush=True)

    def _results(
        self, parsed_args: argparse.Namespace, refs: Sequence[naming.ServiceRef]
    ) -> "Iterator[ServiceResult]":
        """Yield the result of each service, when it has settled if the user waits for that."""
        from kuryrsctp.verifier import bulk

        expected, jobs = verify_options.expectations(parsed_args), parsed_args.jobs
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
