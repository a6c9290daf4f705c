# SPDX-License-Identifier: Apache-2.0

"""One line about what was found out of one service, for a person or a log. No I/O."""

from collections import Counter

from kuryrsctp.terminal_text import printable
from kuryrsctp.verifier.report import Status, VerifyReport

_MAX_NAME_LENGTH = 500


def summary(report: VerifyReport) -> tuple[str, Status, str]:
    """Return a service's name, its worst status, and how many checks came to what."""
    counts = Counter(finding.status for finding in report.findings)
    parts = [
        _counted(counts[Status.FAIL], "failure"),
        _counted(counts[Status.WARN], "warning"),
        _counted(len(report.findings), "check"),
        f"{counts[Status.SKIP]} not judged" if counts[Status.SKIP] else "",
    ]
    return (
        printable(report.service, _MAX_NAME_LENGTH),
        report.status,
        ", ".join(filter(None, parts)),
    )


def _counted(number: int, noun: str) -> str:
    if not number:
        return ""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
