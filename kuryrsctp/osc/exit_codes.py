# SPDX-License-Identifier: Apache-2.0

"""What the commands return to the shell: the one place where conclusions become numbers."""

import enum

from kuryrsctp.errors import KuryrSctpError, ServiceError, UsageError
from kuryrsctp.model import Conclusion


class ExitCode(enum.IntEnum):
    """The exit status of a command; of several, the highest counts."""

    OK = 0
    INCONCLUSIVE = 1
    USAGE = 2
    WRONG = 3
    INTERRUPTED = 130


_OF_CONCLUSION = {
    Conclusion.OK: ExitCode.OK,
    Conclusion.WRONG: ExitCode.WRONG,
    Conclusion.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
}


def exit_code(result: Conclusion | KuryrSctpError) -> ExitCode:
    """Return the exit status for a conclusion, or for an error that ended a command."""
    if isinstance(result, Conclusion):
        return _OF_CONCLUSION[result]
    if isinstance(result, UsageError):
        return ExitCode.USAGE
    return ExitCode.WRONG if isinstance(result, ServiceError) else ExitCode.INCONCLUSIVE
