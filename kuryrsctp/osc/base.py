# SPDX-License-Identifier: Apache-2.0

"""What the commands share: the connection, the conclusion as exit status, safe output.

The only place where a KuryrSctpError becomes a line on stderr and an exit status.
"""

import argparse
import atexit
import contextlib
import functools
import gc
import itertools
import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from cliff.columns import FormattableColumn
from osc_lib.command import command

from kuryrsctp.errors import KuryrSctpError
from kuryrsctp.osc import streams
from kuryrsctp.osc.exit_codes import ExitCode, exit_code
from kuryrsctp.osc.settings import request_timeout, settings_errors
from kuryrsctp.terminal_text import printable

if TYPE_CHECKING:
    from openstack.connection import Connection

    from kuryrsctp.cloud.inventory import OnProgress

LOG = logging.getLogger(__name__)

# Seconds for one request, unless clouds.yaml says otherwise (`api_timeout`).
REQUEST_TIMEOUT = 30.0

_MAX_LINE_LENGTH = 2000
_MAX_CELL_LENGTH = 1000
# They escape what is not printable ASCII themselves; the data stays exact.
_EXACT_FORMATS = frozenset({"json", "yaml"})
# They print each row when it comes; the others need all rows first.
STREAMED = frozenset({"csv", "value"})

T = TypeVar("T")


class VerdictLister(command.Lister):
    """A Lister whose exit status says what was concluded.

    `take_action` returns columns and rows as in cliff, and sets `exit_code`.
    """

    # OpenStackClient would ask Keystone for a token at once, with no deadline.
    auth_required = False

    exit_code: ExitCode = ExitCode.OK
    # What the help ends with, as it is.
    epilog = ""

    def get_epilog(self) -> str:
        """Return the epilog.

        cliff's own names the package of a command, and reads the metadata of every installed
        package for that, which takes longer than what the commands do.
        """
        return self.epilog

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return a parser to which the command's arguments can be added."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        return parser

    @contextlib.contextmanager
    def connection(self) -> Iterator["Connection"]:
        """Connect to the cloud that the user chose; nothing is sent before the first call.

        Raises CloudError where no cloud was chosen, or its settings are incomplete.
        """
        from osc_lib import clientmanager, shell

        from kuryrsctp.cloud.retries import retry_transient_failures

        options = self.app.options
        with settings_errors():
            region = self.app.cloud_config.get_one(cloud=options.cloud, argparse=options)
            timeout = region.config.get("api_timeout")
            manager = clientmanager.ClientManager(
                region, api_version={}, pw_func=shell.prompt_for_password
            )
            manager.setup_auth()
        # osc-lib forgets the timeout of clouds.yaml; without one a request may wait for ever.
        manager.session.timeout = request_timeout(timeout, REQUEST_TIMEOUT)
        retry_transient_failures(manager.session)
        # OpenStackClient closes it at the end, after reading the figures for --timing.
        self.app.client_manager.session = manager.session
        try:
            with contextlib.nullcontext() if options.debug else _without_warnings_of_retries():
                yield manager.sdk_connection
        finally:
            manager.sdk_connection.close()

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Run the command; return its exit status."""
        _skip_last_garbage_collection()
        streams.accept_any_text(self.app)
        try:
            status = self._run(parsed_args)
            self.app.stdout.flush()
        except OSError as error:
            # Of a reader that went away, cliff has the usual exit status, 141.
            if not streams.no_room(error):
                raise
            LOG.error("the result cannot be written: %s", error.strerror)
            status = ExitCode.INCONCLUSIVE
        finally:
            streams.let_go(self.app.stdout, self.app.stderr)
        return status

    def _run(self, parsed_args: argparse.Namespace) -> ExitCode:
        try:
            super().run(parsed_args)
        except KuryrSctpError as error:
            self.complain(error)
            return exit_code(error)
        except KeyboardInterrupt:
            return ExitCode.INTERRUPTED
        return self.exit_code

    def complain(self, error: KuryrSctpError, about: str = "") -> None:
        """Log the error as one line, safe for a terminal; with `--debug`, its traceback too."""
        line = printable(f"{about}: {error}" if about else str(error), _MAX_LINE_LENGTH)
        LOG.error("%s", line, exc_info=error if self.app.options.debug else None)

    def with_progress(
        self, parsed_args: argparse.Namespace, results: Iterable[T], total: int
    ) -> Iterable[T]:
        """Yield the results; show the progress to a user who waits at a terminal."""
        terminal = self.progress_stream(prints_rows=parsed_args.formatter in STREAMED)
        if terminal is None:
            return results
        from kuryrsctp.osc import progress

        return progress.track(results, total, terminal)

    def reading_progress(
        self, parsed_args: argparse.Namespace
    ) -> contextlib.AbstractContextManager["OnProgress"]:
        """Return a context that yields a function to call with the number of objects read."""
        terminal = self.progress_stream(prints_rows=parsed_args.formatter in STREAMED)
        if terminal is None:
            return contextlib.nullcontext(lambda count: None)
        from kuryrsctp.osc import progress

        return progress.counter(terminal)

    def progress_stream(self, *, prints_rows: bool) -> TextIO | None:
        """Return where to show progress; None without a terminal, or with --quiet.

        Nor is it shown on a terminal where rows are printed in between (`prints_rows`).
        """
        stderr: TextIO = self.app.stderr
        mixed = prints_rows and self.app.stdout.isatty()
        return stderr if self.app.options.verbose_level and stderr.isatty() and not mixed else None

    def produce_output(
        self,
        parsed_args: argparse.Namespace,
        column_names: Sequence[str],
        data: Iterable[Sequence[Any]],
    ) -> int:
        """Print the rows, if there are any; text from outside never reaches the terminal raw."""
        rows: Iterator[Sequence[Any]]
        rows = iter(data if parsed_args.formatter in STREAMED else self._all(data))
        first = next(rows, None)
        if first is None and not self.has_result:
            return self.exit_code
        rows = itertools.chain(() if first is None else (first,), rows)
        if parsed_args.formatter not in _EXACT_FORMATS:
            rows = ([self._cell(value) for value in row] for row in rows)
        if parsed_args.formatter == "table":
            rows = self.decorated(column_names, rows)
        return super().produce_output(parsed_args, column_names, rows)

    @property
    def has_result(self) -> bool:
        """Whether there is something to print even if there is no row: an empty list."""
        return self.exit_code is ExitCode.OK

    def decorated(
        self, column_names: Sequence[str], rows: Iterator[Sequence[Any]]
    ) -> Iterator[Sequence[Any]]:
        """Return the rows of a table as a terminal may show them."""
        return rows

    def _cell(self, value: Any) -> Any:
        """Return a value of a row as the output will show it."""
        shown = cell(value)
        return streams.encodable(shown, self.app.stdout) if isinstance(shown, str) else shown

    def _all(self, data: Iterable[T]) -> list[T]:
        """Return the rows, or those that came before the user interrupted."""
        rows: list[T] = []
        try:
            rows.extend(data)
        except KeyboardInterrupt:
            self.exit_code = ExitCode.INTERRUPTED
        return rows


@contextlib.contextmanager
def _without_warnings_of_retries() -> Iterator[None]:
    """Silence libraries that warn of each retry: an error at the end says it better."""
    loggers = [logging.getLogger(name) for name in ("keystoneauth", "urllib3")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


class PlainColumn(FormattableColumn[Any]):
    """A column whose csv and value forms are as in the table; JSON and YAML have its data."""


@functools.cache
def _skip_last_garbage_collection() -> None:
    """Spare the command Python's last garbage collection, once in a process.

    OpenStackClient has so many modules that it takes 0.28 of 1.4 seconds. No object there waits
    for a finalizer.
    """
    atexit.register(gc.freeze)


def cell(value: Any) -> Any:
    """Return a value of a row as it may be shown on a terminal."""
    if isinstance(value, PlainColumn):
        value = value.human_readable()
    return printable(value, _MAX_CELL_LENGTH) if isinstance(value, str) else value
