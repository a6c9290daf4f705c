# SPDX-License-Identifier: Apache-2.0

"""The command `openstack kuryr sctp probe`."""

import argparse
import contextlib
import logging
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, TextIO

from cliff.columns import FormattableColumn
from cliff.lister import Lister

from kuryrsctp.errors import KuryrSctpError
from kuryrsctp.osc.base import STREAMED, VerdictLister, cell
from kuryrsctp.osc.exit_codes import ExitCode, exit_code

if TYPE_CHECKING:
    from kuryrsctp.prober import Plan
    from kuryrsctp.prober.statistics import ProbeReport, Summary
    from kuryrsctp.sctp.messages import Exchange

LOG = logging.getLogger(__name__)

_RTT_COLUMNS = ("RTT Min", "RTT Avg", "RTT P95", "RTT Max")
_COLUMNS = ("Target", "Outcome", "Backend", "Member", "Messages", "Share", *_RTT_COLUMNS)
_EACH_COLUMNS = ("Seq", "Target", "Local Port", "Outcome", "Backend", "RTT", "Answer")

_EPILOG = """\
Exit status: 0 every message was answered, 1 it could not be judged, 2 usage, 3 a
message was not answered, or there is no such service, or several of this name. With
--via both, members that this host cannot reach do not count.

Round-trip times (RTT) are in milliseconds; P95 is exact to 1 %. The source ports that
were used last are recorded in ~/.cache/kuryrsctp/source-port, so that the next
messages are sent from others.

Examples::

  openstack kuryr sctp probe default/sctp-demo
  openstack kuryr sctp probe core/amf --via both --all-members
  openstack kuryr sctp probe --address 10.0.0.158 --port 90 --interval 1 --duration 60
"""


class Milliseconds(FormattableColumn[Any]):
    """Seconds, printed as milliseconds."""

    def human_readable(self) -> str:
        """Return milliseconds, to the hundredth."""
        return "" if self._value is None else f"{self._value * 1000:.2f}"

    def machine_readable(self) -> float | None:
        """Return milliseconds, to the microsecond."""
        return None if self._value is None else round(self._value * 1000, 3)


class Share(FormattableColumn[Any]):
    """A share, 0 to 1."""

    def human_readable(self) -> str:
        """Return a percentage."""
        return f"{self._value:.0%}"

    def machine_readable(self) -> float:
        """Return the share, to four digits."""
        return round(float(self._value), 4)


class Probe(VerdictLister):
    """Send SCTP messages to a service, and show who answers and how fast

    Messages go to each VIP of the service and each of its SCTP ports. Each message has
    an association of its own. A member that never answered has a row with 0 messages.
    With --address and --port, no cloud and no credentials are needed.
    """

    epilog = _EPILOG

    _plan: "Plan"
    # Closes the connection when the command has ended: the counters are read last.
    _open: contextlib.ExitStack

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Run the command; return its exit status."""
        with contextlib.ExitStack() as self._open:
            return super().run(parsed_args)

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the command's arguments."""
        from kuryrsctp.osc import probe_options

        parser = super().get_parser(prog_name)
        probe_options.add_to(parser)
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], Iterable[tuple[Any, ...]]]:
        """Probe; return the columns and a row for each group of messages, or for each message.

        Messages whose rows are printed one by one are sent by `produce_output`.
        """
        self._plan = self._make_plan(parsed_args)
        for note in self._plan.notes:
            LOG.warning("%s", note)
        rows: list[tuple[Any, ...]] = []
        if _streams(parsed_args):
            return _EACH_COLUMNS, rows

        def keep_rows(exchanges: Iterator["Exchange"]) -> None:
            for exchange in exchanges:
                if parsed_args.each:
                    rows.append(_exchange_row(exchange))

        report = self._probe(parsed_args, keep_rows)
        return (_EACH_COLUMNS, rows) if parsed_args.each else (_COLUMNS, _group_rows(report))

    def produce_output(
        self,
        parsed_args: argparse.Namespace,
        column_names: Sequence[str],
        data: Iterable[Sequence[Any]],
    ) -> int:
        """Print the rows; or send the messages, and print each row when its message has ended."""
        if not _streams(parsed_args):
            return super().produce_output(parsed_args, column_names, data)

        def print_rows(exchanges: Iterator["Exchange"]) -> None:
            Lister.produce_output(self, parsed_args, column_names, self._flushed_rows(exchanges))

        self._probe(parsed_args, print_rows)
        return self.exit_code

    def _flushed_rows(self, exchanges: Iterator["Exchange"]) -> Iterator[list[Any]]:
        for exchange in exchanges:
            yield [cell(value) for value in _exchange_row(exchange)]
            self.app.stdout.flush()

    def _make_plan(self, parsed_args: argparse.Namespace) -> "Plan":
        from kuryrsctp.osc import probe_options

        plan = probe_options.planner(parsed_args)
        if parsed_args.service is None or parsed_args.address is not None:
            return plan()
        return plan(self._open.enter_context(self.connection()))

    def _probe(
        self, parsed_args: argparse.Namespace, consume: Callable[[Iterator["Exchange"]], None]
    ) -> "ProbeReport":
        """Send the messages as `consume` reads their exchanges, and report in the end.

        There is always a report: also when the user interrupts a message or the printing of a
        row, or when an error ends the probe after some messages.
        """
        plan, summary = self._plan, self._plan.summary()
        terminal = self.progress_stream(prints_rows=_streams(parsed_args))
        status: ExitCode | None = None
        if plan.counters:
            plan.counters.start()
        with closing(_exchanges(plan, summary, terminal)) as exchanges:
            try:
                consume(exchanges)
            except KeyboardInterrupt:
                status = ExitCode.INTERRUPTED
            except KuryrSctpError as error:
                if not summary.messages:
                    raise
                self.complain(error)
                status = exit_code(error)
        report = summary.report()
        if plan.counters and status is not ExitCode.INTERRUPTED:
            try:
                _wait_for_counters(plan.counters.wait(report), terminal)
            except KeyboardInterrupt:
                status = ExitCode.INTERRUPTED
            report = plan.counters.add_to(report)
        self._print_report(parsed_args, report)
        if status is ExitCode.INTERRUPTED:
            total = "" if plan.messages is None else f" of {plan.messages}"
            LOG.warning("interrupted after %d%s messages", report.messages, total)
        self.exit_code = exit_code(report.conclusion) if status is None else status
        return report

    def _print_report(self, parsed_args: argparse.Namespace, report: "ProbeReport") -> None:
        for line in (*report.warnings, *report.reasons):
            LOG.warning("%s", line)
        if self._plan.schedule.is_watch:
            for outage in report.outages:
                LOG.warning("%s", outage)
        if parsed_args.chart:
            from kuryrsctp.osc.chart import chart

            for line in chart(report):
                print(line, file=self.app.stderr)


def _exchanges(
    plan: "Plan", summary: "Summary", terminal: TextIO | None
) -> Generator["Exchange", None, None]:
    """Send the messages; yield each exchange when it has been counted and shown."""
    with contextlib.ExitStack() as stack:
        show: Callable[[Exchange], None] | None = None
        if terminal:
            from kuryrsctp.osc import progress

            show = stack.enter_context(progress.exchanges(terminal, plan.messages, summary))
        for exchange in stack.enter_context(closing(plan.run())):
            summary.add(exchange)
            if show:
                show(exchange)
            yield exchange


def _wait_for_counters(waits: Iterator[float], terminal: TextIO | None) -> None:
    for number, left in enumerate(waits):
        if terminal and not number:
            print(f"waiting up to {left:.0f} s for what the load balancer counts", file=terminal)


def _streams(parsed_args: argparse.Namespace) -> bool:
    """Return whether each row is printed when it comes."""
    return bool(parsed_args.each) and parsed_args.formatter in STREAMED


def _group_rows(report: "ProbeReport") -> Iterator[tuple[Any, ...]]:
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


def _exchange_row(exchange: "Exchange") -> tuple[Any, ...]:
    return (
        exchange.seq,
        str(exchange.target),
        exchange.local_port,
        exchange.outcome.value,
        exchange.backend,
        Milliseconds(exchange.rtt),
        exchange.answer.decode("utf-8", "surrogateescape"),
    )
