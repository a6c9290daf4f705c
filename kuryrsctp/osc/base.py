# SPDX-License-Identifier: Apache-2.0

"""What the commands share: the connection, the verdict as exit code, safe output.

The one place where a KuryrSctpError becomes a line on stderr and an exit code.
"""

import argparse
import atexit
import contextlib
import gc
import itertools
import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from osc_lib.command import command

from kuryrsctp.errors import CloudError, KuryrSctpError
from kuryrsctp.osc.exit_codes import ExitCode, exit_code
from kuryrsctp.terminal_text import printable

if TYPE_CHECKING:
    from openstack.connection import Connection

    from kuryrsctp.cloud.inventory import Seen

LOG = logging.getLogger(__name__)

# Seconds for one request, unless clouds.yaml says otherwise (`api_timeout`).
REQUEST_TIMEOUT = 30.0

_LONGEST_LINE = 2000
_LONGEST_CELL = 1000
# They escape what is not printable ASCII themselves, so that the data stays exact.
_EXACT_FORMATS = frozenset({"json", "yaml"})
# They print a row when it comes; the others need all of them first.
STREAMED = frozenset({"csv", "value"})

T = TypeVar("T")


class VerdictLister(command.Lister):
    """A Lister whose exit code is the verdict.

    `take_action` returns columns and rows as in cliff, and sets `exit_code`.
    """

    # OpenStackClient would ask Keystone for a token at once, with no deadline.
    auth_required = False

    exit_code: ExitCode = ExitCode.OK
    # What the help ends with, as it is.
    epilog = ""

    def get_epilog(self) -> str:
        """Return the epilog.

        To name a command's package in it, cliff would read the metadata of all that are
        installed, which takes longer than what the commands do.
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

        from kuryrsctp.cloud.retries import retry

        options = self.app.options
        if not options.debug:
            # They warn of each try again, and of what the error that follows says better.
            for chatty in ("keystoneauth", "urllib3"):
                logging.getLogger(chatty).setLevel(logging.ERROR)
        with _settings_errors():
            region = self.app.cloud_config.get_one(cloud=options.cloud, argparse=options)
            timeout = region.config.get("api_timeout")
            manager = clientmanager.ClientManager(
                region, api_version={}, pw_func=shell.prompt_for_password
            )
            manager.setup_auth()
        # osc-lib forgets the timeout of clouds.yaml; without one a request waits for ever.
        manager.session.timeout = float(timeout or REQUEST_TIMEOUT)
        retry(manager.session)
        # In the end OpenStackClient closes it, after reading the figures for --timing.
        self.app.client_manager.session = manager.session
        try:
            yield manager.sdk_connection
        finally:
            manager.sdk_connection.close()

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Run the command; return the verdict, or what an error stands for."""
        # Python ends with a look through all that lives, and OpenStackClient's modules are so many
        # that this takes a fifth of the time of a command. Nothing there waits to be finalized.
        atexit.register(gc.freeze)
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
        line = printable(f"{about}: {error}" if about else str(error), _LONGEST_LINE)
        LOG.error("%s", line, exc_info=error if self.app.options.debug else None)

    def shown(
        self, parsed_args: argparse.Namespace, things: Iterable[T], total: int
    ) -> Iterable[T]:
        """Yield the things; whoever waits at a terminal sees how far it is."""
        terminal = self.progress_stream(prints_rows=parsed_args.formatter in STREAMED)
        if terminal is None:
            return things
        from kuryrsctp.osc import progress

        return progress.track(things, total, terminal)

    def counted(self, parsed_args: argparse.Namespace) -> contextlib.AbstractContextManager["Seen"]:
        """Return a context that yields what to tell of how much was read, to be shown likewise."""
        terminal = self.progress_stream(prints_rows=parsed_args.formatter in STREAMED)
        if terminal is None:
            return contextlib.nullcontext(lambda count: None)
        from kuryrsctp.osc import progress

        return progress.counter(terminal)

    def progress_stream(self, *, prints_rows: bool) -> TextIO | None:
        """Return where to show progress; None without a terminal, or with --quiet.

        Nor is it shown on a terminal where rows are printed meanwhile (`prints_rows`).
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
        """Print the rows, if anything is known; text of others never reaches the terminal raw."""
        rows = iter(data if parsed_args.formatter in STREAMED else self._all(data))
        first = next(rows, None)
        if first is None and self.exit_code is not ExitCode.OK:
            return self.exit_code
        rows = itertools.chain(() if first is None else (first,), rows)
        if parsed_args.formatter not in _EXACT_FORMATS:
            rows = ([cell(value) for value in row] for row in rows)
        return super().produce_output(parsed_args, column_names, rows)

    def _all(self, data: Iterable[T]) -> list[T]:
        """Return the rows, or those that are known when the user interrupts."""
        rows: list[T] = []
        try:
            rows.extend(data)
        except KeyboardInterrupt:
            self.exit_code = ExitCode.INTERRUPTED
        return rows


@contextlib.contextmanager
def _settings_errors() -> Iterator[None]:
    """Turn what OpenStackClient says of missing settings into a CloudError."""
    import keystoneauth1.exceptions
    import openstack.exceptions
    import osc_lib.exceptions

    try:
        yield
    except (
        keystoneauth1.exceptions.ClientException,
        openstack.exceptions.ConfigException,
        osc_lib.exceptions.CommandError,
    ) as error:
        said = " ".join(str(error).split())
        raise CloudError(
            f"{said}: choose a cloud of clouds.yaml with --os-cloud or OS_CLOUD, or set OS_AUTH_URL"
            " and the other OS_* variables (source your openrc file)"
        ) from error


def cell(value: Any) -> Any:
    """Return a value of a row as it may be shown on a terminal."""
    return printable(value, _LONGEST_CELL) if isinstance(value, str) else value
