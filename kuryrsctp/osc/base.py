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

"""What the commands share: the connection, the verdict as exit code, safe output.

The one place where a KuryrSctpError becomes a line on stderr and an exit code.
"""

import argparse
import contextlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from osc_lib.command import command

from kuryrsctp.errors import CloudError, ExitCode, KuryrSctpError
from kuryrsctp.text import printable

if TYPE_CHECKING:
    from openstack.connection import Connection

LOG = logging.getLogger(__name__)

# Seconds for one request, unless clouds.yaml says otherwise (`api_timeout`).
REQUEST_TIMEOUT = 30.0

_LONGEST_LINE = 2000
_LONGEST_CELL = 1000
# They escape what is not printable ASCII themselves, so that the data stays exact.
_EXACT_FORMATS = frozenset({"json", "yaml"})


class VerdictLister(command.Lister):
    """A Lister whose exit code is the verdict.

    `take_action` returns columns and rows as in cliff, and sets `exit_code`.
    """

    # OpenStackClient would ask Keystone for a token at once, with no deadline.
    auth_required = False

    exit_code: ExitCode = ExitCode.OK

    @contextlib.contextmanager
    def connection(self) -> Iterator["Connection"]:
        """Connect to the cloud that the user chose; nothing is sent before the first call.

        Raises CloudError where no cloud was chosen, or its settings are incomplete.
        """
        from osc_lib import clientmanager, shell

        from kuryrsctp.retries import retry

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
        try:
            super().run(parsed_args)
        except KuryrSctpError as error:
            self.complain(error)
            return error.exit_code
        except KeyboardInterrupt:
            return ExitCode.INTERRUPTED
        return self.exit_code

    def complain(self, error: KuryrSctpError, about: str = "") -> None:
        """Log the error as one line, safe for a terminal; with `--debug`, its traceback too."""
        line = printable(f"{about}: {error}" if about else str(error), _LONGEST_LINE)
        LOG.error("%s", line, exc_info=error if self.app.options.debug else None)

    def produce_output(
        self,
        parsed_args: argparse.Namespace,
        column_names: Sequence[str],
        data: Iterable[Sequence[Any]],
    ) -> int:
        """Print the rows, if anything is known; text of others never reaches the terminal raw."""
        rows = list(data)
        if not rows and self.exit_code is not ExitCode.OK:
            return self.exit_code
        if parsed_args.formatter not in _EXACT_FORMATS:
            rows = [[_cell(value) for value in row] for row in rows]
        return super().produce_output(parsed_args, column_names, rows)


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


def _cell(value: Any) -> Any:
    return printable(value, _LONGEST_CELL) if isinstance(value, str) else value
