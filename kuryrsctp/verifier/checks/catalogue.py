# SPDX-License-Identifier: Apache-2.0

"""What a check is, and how all of them are run over a snapshot."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from kuryrsctp.verifier.checks.targets import Subject, subjects
from kuryrsctp.verifier.report import Finding, Status
from kuryrsctp.verifier.snapshot import Snapshot

S = TypeVar("S", bound=Subject)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check says of one subject; `hint` stands in for the check's remedy.

    `transient` says that it may come right by itself, while Kuryr and Octavia are at work.
    """

    status: Status
    detail: str
    hint: str = ""
    transient: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """One entry of the catalogue.

    `name` is a stable word that scripts lean on. `meaning` says what is judged,
    `cause` how it usually comes to fail, `remedy` what to do, in one line.
    """

    name: str
    on: type[Subject]
    meaning: str
    cause: str
    remedy: str
    judge: Callable[[Any], Verdict]


CATALOGUE: dict[str, Check] = {}


def check(
    name: str, on: type[S], *, meaning: str, cause: str, remedy: str
) -> Callable[[Callable[[S], Verdict]], Callable[[S], Verdict]]:
    """Enter a function into the catalogue as the check `name` of every `on`."""

    def enter(judge: Callable[[S], Verdict]) -> Callable[[S], Verdict]:
        if name in CATALOGUE:
            raise ValueError(f"two checks are called {name}")
        CATALOGUE[name] = Check(name, on, meaning, cause, remedy, judge)
        return judge

    return enter


def ok(detail: str) -> Verdict:
    """Say that all is as it should be."""
    return Verdict(Status.OK, detail)


def warn(detail: str, hint: str = "", *, transient: bool = False) -> Verdict:
    """Say that something is odd."""
    return Verdict(Status.WARN, detail, hint, transient)


def fail(detail: str, hint: str = "", *, transient: bool = False) -> Verdict:
    """Say that something is wrong."""
    return Verdict(Status.FAIL, detail, hint, transient)


def skip(reason: str) -> Verdict:
    """Say why the check could not be applied."""
    return Verdict(Status.SKIP, reason)


def run(snapshot: Snapshot) -> tuple[Finding, ...]:
    """Apply every check to every subject of the snapshot."""
    return tuple(_findings(snapshot))


def _findings(snapshot: Snapshot) -> Iterable[Finding]:
    for subject in subjects(snapshot):
        for entry in CATALOGUE.values():
            if entry.on is type(subject):
                yield _finding(entry, subject)


def _finding(entry: Check, subject: Subject) -> Finding:
    verdict = entry.judge(subject)
    wrong = verdict.status in (Status.WARN, Status.FAIL)
    return Finding(
        check=entry.name,
        status=verdict.status,
        resource=subject.resource,
        detail=verdict.detail,
        id=subject.about.id if subject.about else "",
        hint=(verdict.hint or entry.remedy) if wrong else "",
        transient=verdict.transient,
    )
