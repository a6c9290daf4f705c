# SPDX-License-Identifier: Apache-2.0


"""openstack kuryr sctp probe"""

import argparse
import collections
import contextlib
import logging
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from cliff.columns import FormattableColumn
from cliff.lister import Lister

from kuryrsctp.errors import KuryrSctpError
from kuryrsctp.osc import live
from kuryrsctp.osc.base import STREAMED, VerdictLister, cell
from kuryrsctp.osc.exit_codes import ExitCode, exit_code

if TYPE_CHECKING:
    from kuryrsctp.prober import Plan
    from kuryrsctp.prober.statistics import ProbeReport, Summary
    from kuryrsctp.sctp.messages import Exchange

LOG = logging.getLogger(__name__)

_TIMES = ("RTT Min", "RTT Avg", "RTT P95", "RTT Max")
_COLUMNS = ("Target", "Outcome", "Backend", "Member", "Messages", "Share", *_TIMES)
_EACH_COLUMNS = ("Seq", "Target", "Local Port", "Outcome", "Backend", "RTT", "Answer")

# Those that print a row at a time.

_EPILOG = """\
Times are in milliseconds; P95 is exact to 1 %.

Exit codes: 0 every message was answered (with --via both: every one through the
VIP), 1 it could not be judged, 2 usage, 3 a message was not answered, or there is
no such service.

Examples::

  openstack kuryr sctp probe default/sctp-demo
  openstack kuryr sctp probe core/amf --via both --all-members
  openstack kuryr sctp probe --address 10.0.0.158 --port 90 --interval 1 --duration 60
"""


class Milliseconds(FormattableColumn[Any]):
    """Seconds, shown and passed on as milliseconds."""

    def human_readable(self) -> str:
        """Return milliseconds, to the hundredth."""
        return "" if self._value is None else f"{self._value * 1000:.2f}"

    def machine_readable(self) -> float | None:
        """Return milliseconds, to the microsecond."""
        return None if self._value is None else round(self._value * 1000, 3)


class Share(FormattableColumn[Any]):
    """A part of a whole, 0 to 1."""

    def human_readable(self) -> str:
        """Return percents."""
        return f"{self._value:.0%}"

    def machine_readable(self) -> float:
        """Return the part, to four digits."""
        return round(float(self._value), 4)


class Probe(VerdictLister):
    """Send SCTP messages to a service, and show who answers and how fast

    Each message has an association of its own. A member that never answered has a row
    with 0 messages. With --address and --port, no cloud and no credentials are needed.
    """

    epilog = _EPILOG

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the arguments to cliff's."""
        from kuryrsctp.osc import probe_options

        parser = super().get_parser(prog_name)
        probe_options.add_to(parser)
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], Iterable[tuple[Any, ...]]]:
        """Probe; return the columns and a row for each group, or for each message as it ends."""
        plan = self._plan(parsed_args)
        for note in plan.notes:
            LOG.warning("%s", note)
        summary = plan.summary()
        messages = self._run(plan, summary, parsed_args)
        if parsed_args.each:
            return _EACH_COLUMNS, messages
        collections.deque(messages, maxlen=0)
        return _COLUMNS, _rows(summary.report())

    def produce_output(
        self,
        parsed_args: argparse.Namespace,
        column_names: Sequence[str],
        data: Iterable[Sequence[Any]],
    ) -> int:
        """Print the rows; those of messages one by one, in the formats that can do so."""
        if not _streams(parsed_args):
            return super().produce_output(parsed_args, column_names, data)
        try:
            return Lister.produce_output(self, parsed_args, column_names, self._flushed(data))
        except KeyboardInterrupt:
            # It came while a row was printed: for the run it came just after.
            if isinstance(data, Generator):
                with contextlib.suppress(StopIteration):
                    data.throw(KeyboardInterrupt)
            return self.exit_code

    def _flushed(self, rows: Iterable[Sequence[Any]]) -> Iterator[list[Any]]:
        for row in rows:
            yield [cell(one) for one in row]
            self.app.stdout.flush()

    def _plan(self, parsed_args: argparse.Namespace) -> "Plan":
        from kuryrsctp import prober
        from kuryrsctp.osc import probe_options

        arguments = probe_options.arguments(parsed_args)
        if parsed_args.service is None or parsed_args.address is not None:
            return prober.plan(service=parsed_args.service, **arguments)
        with self.connection() as connection:
            return prober.plan(connection, parsed_args.service, **arguments)

    def _run(
        self, plan: "Plan", summary: "Summary", parsed_args: argparse.Namespace
    ) -> Iterator[tuple[Any, ...]]:
        """Send the messages, yield a row for each; in the end say what it comes to."""
        stopped: ExitCode | None = None
        with self._display(plan, summary, parsed_args) as show, closing(plan.run()) as exchanges:
            try:
                for exchange in exchanges:
                    summary.add(exchange)
                    show(exchange)
                    yield _row(exchange)
            except KeyboardInterrupt:
                stopped = ExitCode.INTERRUPTED
            except KuryrSctpError as error:
                if not summary.messages:
                    raise
                self.complain(error)
                stopped = exit_code(error)
        report = summary.report()
        self._tell(plan, report, parsed_args)
        if stopped is ExitCode.INTERRUPTED:
            total = "" if plan.messages is None else f" of {plan.messages}"
            LOG.warning("interrupted after %d%s messages", report.messages, total)
        self.exit_code = exit_code(report.conclusion) if stopped is None else stopped

    def _tell(self, plan: "Plan", report: "ProbeReport", parsed_args: argparse.Namespace) -> None:
        for line in (*report.warnings, *report.verdict.lines):
            LOG.warning("%s", line)
        if plan.schedule.is_watch:
            for outage in report.outages:
                LOG.warning("%s", outage)
        if parsed_args.chart:
            from kuryrsctp.osc.chart import chart

            for line in chart(report):
                print(line, file=self.app.stderr)

    def _display(
        self, plan: "Plan", summary: "Summary", parsed_args: argparse.Namespace
    ) -> "contextlib.AbstractContextManager[live.Show]":
        stderr = self.app.stderr
        rows_are_shown = _streams(parsed_args) and self.app.stdout.isatty()
        if rows_are_shown or self.app.options.verbose_level == 0 or not stderr.isatty():
            return live.nothing()
        return live.shown(stderr, plan.messages, summary)


def _streams(parsed_args: argparse.Namespace) -> bool:
    return bool(parsed_args.each) and parsed_args.formatter in STREAMED


def _rows(report: "ProbeReport") -> Iterable[tuple[Any, ...]]:
    for group in report.groups:
        yield (
            str(group.target),
            group.outcome.value if group.outcome else "",
            group.backend,
            group.member,
            group.messages,
            Share(group.share),
            Milliseconds(group.latency.min),
            Milliseconds(group.latency.mean),
            Milliseconds(group.latency.percentile(95)),
            Milliseconds(group.latency.max),
        )


def _row(exchange: "Exchange") -> tuple[Any, ...]:
    return (
        exchange.seq,
        str(exchange.target),
        exchange.local_port,
        exchange.outcome.value,
        exchange.backend,
        Milliseconds(exchange.rtt),
        exchange.answer.decode("utf-8", "surrogateescape"),
    )
