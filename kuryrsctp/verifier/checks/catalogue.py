# SPDX-License-Identifier: Apache-2.0

"""What a check is, and what it says."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeVar

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


def skip(reason: str) -> CheckResult:
    """Say why the check could not be applied."""
    return CheckResult(Status.SKIP, reason)


def _always(_: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of the catalogue.

    `name` is a stable word that scripts rely on. `meaning` says what is checked, `cause` why it
    usually fails, and `remedy` what to do, in one line each; makers and providers add to them.
    `on` is the kind of target, and `when` tells for which of these the check is made.
    """

    name: str
    on: type[ServiceTarget]
    when: Callable[[Any], bool]
    meaning: str
    cause: str
    remedy: str
    apply: Callable[[Any], CheckResult]

    def finding(self, target: ServiceTarget) -> Finding:
        """Apply the check to a target."""
        result = self.apply(target)
        is_odd = result.status in (Status.WARN, Status.FAIL)
        return Finding(
            check=self.name,
            status=result.status,
            resource=target.resource,
            detail=result.detail,
            id=target.api_object.id if target.api_object else "",
            hint=(result.hint or self._remedy(target)) if is_odd else "",
            transient=result.transient,
        )

    def _remedy(self, target: ServiceTarget) -> str:
        remedy = target.maker.remedies.get(self.name)
        if not remedy and isinstance(target, LoadBalancerTarget):
            remedy = target.provider.remedies.get(self.name)
        return remedy or self.remedy


def check(
    name: str,
    on: type[T],
    *,
    when: Callable[[T], bool] = _always,
    meaning: str,
    cause: str,
    remedy: str,
) -> Callable[[Callable[[T], CheckResult]], Check]:
    """Make a function a check of every `on` for which `when` is true."""

    def make(apply: Callable[[T], CheckResult]) -> Check:
        return Check(
            name=name, on=on, when=when, meaning=meaning, cause=cause, remedy=remedy, apply=apply
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
