# SPDX-License-Identifier: Apache-2.0

"""What a check is, and what it says."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeVar

from kuryrsctp.verifier.checks.placeholders import filled
from kuryrsctp.verifier.checks.targets import LoadBalancerTarget, ServiceTarget
from kuryrsctp.verifier.report import Finding, Status

T = TypeVar("T", bound=ServiceTarget)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check says of one target; `hint` takes the place of any other remedy.

    `transient` says that it may come right by itself, while the maker and Octavia are at work.
    """

    status: Status
    detail: str
    hint: str = ""
    transient: bool = False


def ok(detail: str) -> CheckResult:
    """Say that all is as it should be."""
    return CheckResult(Status.OK, detail)


def warn(detail: str, hint: str = "", *, transient: bool = False) -> CheckResult:
    """Say that something is odd."""
    return CheckResult(Status.WARN, detail, hint, transient)


def fail(detail: str, hint: str = "", *, transient: bool = False) -> CheckResult:
    """Say that something is wrong."""
    return CheckResult(Status.FAIL, detail, hint, transient)


def skip(reason: str, *, transient: bool = False) -> CheckResult:
    """Say why the check could not be applied."""
    return CheckResult(Status.SKIP, reason, transient=transient)


def is_odd(result: CheckResult) -> bool:
    """Tell whether something has to be looked at."""
    return result.status in (Status.WARN, Status.FAIL)


def _always(_: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of the catalogue.

    `name` is a stable word that scripts rely on. `meaning` says what is checked, `cause` why it
    usually fails, and `remedy` what to do, in one line each; makers and providers add to them.
    Commands are in backquotes, and a finding has the values of their placeholders.
    `on` is the kind of target, and `when` tells for which of these the check is made.
    `tells_deletion` is true for the checks that say that an object is being deleted: nothing else
    is wrong with what is on its way out.
    """

    name: str
    on: type[ServiceTarget]
    when: Callable[[Any], bool]
    meaning: str
    cause: str
    remedy: str
    apply: Callable[[Any], CheckResult]
    tells_deletion: bool = False

    def finding(self, target: ServiceTarget) -> Finding:
        """Apply the check to a target."""
        result = self.apply(target)
        if isinstance(target, LoadBalancerTarget) and is_odd(result):
            result = self._unless_leaving(target, result)
        return Finding(
            check=self.name,
            status=result.status,
            resource=target.resource,
            detail=result.detail,
            id=target.api_object.id if target.api_object else "",
            hint=filled(result.hint or self._remedy(target), target) if is_odd(result) else "",
            transient=result.transient,
        )

    def _unless_leaving(self, target: LoadBalancerTarget, result: CheckResult) -> CheckResult:
        kind = target.leaving
        if not kind or (self.tells_deletion and target.parts[kind] is target.api_object):
            return result
        return skip(f"{result.detail}; the {kind} is being deleted", transient=True)

    def _remedy(self, target: ServiceTarget) -> str:
        remedy = ""
        # What a provider needs comes first: a command that it cannot carry out is no remedy.
        if isinstance(target, LoadBalancerTarget):
            remedy = target.provider.remedies.get(self.name, "")
        return remedy or target.maker.remedies.get(self.name) or self.remedy


def check(
    name: str,
    on: type[T],
    *,
    when: Callable[[T], bool] = _always,
    meaning: str,
    cause: str,
    remedy: str,
    tells_deletion: bool = False,
) -> Callable[[Callable[[T], CheckResult]], Check]:
    """Make a function a check of every `on` for which `when` is true."""

    def make(apply: Callable[[T], CheckResult]) -> Check:
        return Check(
            name=name,
            on=on,
            when=when,
            meaning=meaning,
            cause=cause,
            remedy=remedy,
            apply=apply,
            tells_deletion=tells_deletion,
        )

    return make


def checks_of(modules: Iterable[ModuleType]) -> dict[str, Check]:
    """Return the checks of modules by name, in the order of the modules and of each module's text.

    Raises ValueError if two have the same name.
    """
    catalogue: dict[str, Check] = {}
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, Check):
                if value.name in catalogue:
                    raise ValueError(f"two checks are called {value.name}")
                catalogue[value.name] = value
    return catalogue
