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


"""openstack kuryr sctp probe"""

import argparse
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cliff.columns import FormattableColumn

from kuryrsctp.errors import ExitCode
from kuryrsctp.osc.base import VerdictLister
from kuryrsctp.text import printable

if TYPE_CHECKING:
    from kuryrsctp.model import Exchange
    from kuryrsctp.prober import Plan
    from kuryrsctp.summary import ProbeReport

LOG = logging.getLogger(__name__)

_TIMES = ("RTT Min", "RTT Avg", "RTT P95", "RTT Max")
_COLUMNS = ("Target", "Outcome", "Backend", "Member", "Messages", "Share", *_TIMES)
_EACH_COLUMNS = ("Seq", "Target", "Local Port", "Outcome", "Backend", "RTT", "Answer")

# More lines than a screen holds tell nobody anything.
_FEW = 50
_LINE = 60

_EPILOG = """
Examples: `openstack kuryr sctp probe default/sctp-demo`; `openstack kuryr sctp probe --address
10.0.0.158 --port 90 --count 20 -f json`. Times are in milliseconds. Exit codes: 0 every message was
answered, 1 it could not be judged, 2 usage, 3 a message was not answered, or there is no such
service.
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

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the arguments to cliff's."""
        from kuryrsctp import naming, prober

        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            "service",
            metavar="<service>",
            nargs="?",
            help="Service as NAME or NAMESPACE/NAME, or the ID of its load balancer",
        )
        parser.add_argument(
            "--namespace",
            metavar="<namespace>",
            default=naming.DEFAULT_NAMESPACE,
            help="Namespace of a service given as NAME (default: %(default)s)",
        )
        parser.add_argument(
            "--address", metavar="<address>", help="Address or host to probe instead of a service"
        )
        parser.add_argument("--port", metavar="<port>", type=int, help="Port, with --address")
        parser.add_argument(
            "--count",
            metavar="<count>",
            type=int,
            help="Messages to each port of the service (default: so many that every member should"
            " answer, 4 to 100)",
        )
        parser.add_argument(
            "--timeout",
            metavar="<seconds>",
            type=float,
            default=prober.TIMEOUT,
            help="Time for each message to associate, send and be answered (default: %(default)g)",
        )
        parser.add_argument(
            "--message",
            metavar="<text>",
            default=prober.MESSAGE,
            help="Message to send (default: %(default)s)",
        )
        parser.add_argument(
            "--each", action="store_true", help="Show a row for each message, with its answer"
        )
        return parser

    def get_epilog(self) -> str:
        """Return examples and exit codes for the help."""
        return f"{_EPILOG}{super().get_epilog()}"

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], Iterable[tuple[Any, ...]]]:
        """Probe; return the columns and a row for each group, or for each message."""
        plan = self._plan(parsed_args)
        exchanges: list[Exchange] = []
        interrupted = False
        try:
            for exchange in plan.run():
                exchanges.append(exchange)
                if plan.messages <= _FEW:
                    self._show(exchange)
        except KeyboardInterrupt:
            interrupted = True
        report = plan.report(exchanges)
        for warning in report.warnings:
            LOG.warning("%s", warning)
        if interrupted:
            LOG.warning("interrupted after %d of %d messages", len(exchanges), plan.messages)
            self.exit_code = ExitCode.INTERRUPTED
        elif not report.answered:
            self.exit_code = ExitCode.WRONG
        if parsed_args.each:
            return _EACH_COLUMNS, map(_row_of_exchange, exchanges)
        return _COLUMNS, _rows(report)

    def _plan(self, parsed_args: argparse.Namespace) -> "Plan":
        from kuryrsctp import prober

        arguments = {
            name: getattr(parsed_args, name)
            for name in ("address", "port", "namespace", "count", "timeout", "message")
        }
        if parsed_args.service is None or parsed_args.address is not None:
            return prober.plan(service=parsed_args.service, **arguments)
        with self.connection() as connection:
            return prober.plan(connection, parsed_args.service, **arguments)

    def _show(self, exchange: "Exchange") -> None:
        """Tell a user who waits at a terminal what has just happened."""
        stderr = self.app.stderr
        if not stderr.isatty() or self.app.options.verbose_level == 0:
            return
        time = "" if exchange.rtt is None else f"{exchange.rtt * 1000:.2f} ms"
        said = printable(exchange.answer, _LINE) or exchange.detail
        line = (
            f"{exchange.seq:3}  {exchange.target}  {exchange.outcome.value:<15}  {time:>10}  {said}"
        )
        print(line, file=stderr, flush=True)


def _rows(report: "ProbeReport") -> Iterable[tuple[Any, ...]]:
    for group in report.groups:
        yield (
            str(group.target),
            group.outcome.value if group.outcome else "",
            group.backend,
            group.member,
            group.messages,
            Share(group.share),
            Milliseconds(group.rtt(0)),
            Milliseconds(group.rtt_avg),
            Milliseconds(group.rtt(95)),
            Milliseconds(group.rtt(100)),
        )


def _row_of_exchange(exchange: "Exchange") -> tuple[Any, ...]:
    from kuryrsctp.summary import backend_of

    return (
        exchange.seq,
        str(exchange.target),
        exchange.local_port,
        exchange.outcome.value,
        backend_of(exchange),
        Milliseconds(exchange.rtt),
        exchange.answer.decode("utf-8", "surrogateescape"),
    )
