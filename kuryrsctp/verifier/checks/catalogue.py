# SPDX-License-Identifier: Apache-2.0

"""What a check is, and how all of them are run over a scene."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from kuryrsctp.model import Finding, Status
from kuryrsctp.verifier.checks.targets import Scene, Subject, subjects

S = TypeVar("S", bound=Subject)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check says of one subject; `hint` stands in for the check's remedy.

    `passing` says that it may come right by itself, while Kuryr and Octavia are at work.
    """

    status: Status
    detail: str
    hint: str = ""
    passing: bool = False


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


def warn(detail: str, hint: str = "", *, passing: bool = False) -> Verdict:
    """Say that something is odd."""
    return Verdict(Status.WARN, detail, hint, passing)


def fail(detail: str, hint: str = "", *, passing: bool = False) -> Verdict:
    """Say that something is wrong."""
    return Verdict(Status.FAIL, detail, hint, passing)


def skip(reason: str) -> Verdict:
    """Say why the check could not be applied."""
    return Verdict(Status.SKIP, reason)


def run(scene: Scene) -> tuple[Finding, ...]:
    """Apply every check to every subject of the scene."""
    return tuple(_findings(scene))


def _findings(scene: Scene) -> Iterable[Finding]:
    for subject in subjects(scene):
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
        passing=verdict.passing,
    )
