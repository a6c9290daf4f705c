# SPDX-License-Identifier: Apache-2.0

"""Every package has a version: the oldest allowed is proven, and no new release breaks a run."""

import ast
import importlib.metadata
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.checkout import HANG, ROOT

REQUIREMENTS = ROOT / "requirements.txt"
PINS = ROOT / "tests" / "constraints.txt"
OLDEST_PINS = ROOT / "tests" / "constraints-minimum.txt"
ENVIRONMENTS = (Path(sys.executable), ROOT / ".lab" / "venv" / "bin" / "python")
# Part of every environment, our own, and what others are built with.
OURS = {"pip", "kuryrsctp"}
BUILDERS = {"setuptools", "wheel"}
INSTALLED = """
import importlib.metadata, json
print(json.dumps([[one.name, one.version] for one in importlib.metadata.distributions()]))
"""


def requirements(path: Path) -> Iterator[Requirement]:
    """Yield what applies to this Python."""
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            one = Requirement(line)
            if one.marker is None or one.marker.evaluate():
                yield one


def versions(path: Path, operator: str) -> dict[str, str]:
    """Return the one version that each line names."""
    found = {}
    for one in requirements(path):
        (specifier,) = one.specifier
        assert specifier.operator == operator, str(one)
        found[canonicalize_name(one.name)] = specifier.version
    return found


def installed(python: Path) -> dict[str, str]:
    """Return what an environment has, besides what is part of every one."""
    done = subprocess.run(
        [python, "-c", INSTALLED], cwd="/", capture_output=True, text=True, check=True, timeout=HANG
    )
    found = {canonicalize_name(name): version for name, version in json.loads(done.stdout)}
    return {name: version for name, version in found.items() if name not in OURS}


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
    assert needed <= {canonicalize_name(one.name) for one in requirements(REQUIREMENTS)}


@pytest.mark.parametrize("python", ENVIRONMENTS, ids=["plugin", "cloud"])
def test_all_that_is_installed_has_its_version_listed(python: Path) -> None:
    listed = versions(PINS, "==")
    here = installed(python)
    assert {name: listed.get(name) for name in here} == here


def test_no_version_is_listed_that_nobody_installs() -> None:
    used = {name for python in ENVIRONMENTS for name in installed(python)}
    assert set(versions(PINS, "==")) - used <= BUILDERS
