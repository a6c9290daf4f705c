# SPDX-License-Identifier: Apache-2.0

"""The tests' rooms: what several of them use stands in tests/support, and nowhere else."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
ROOMS = {"benchmarks", "functional", "lab", "makers", "support", "unit"}
# Every room has its own; a test module is called as the module that it tests.
COMMON_NAMES = {"__init__.py", "__main__.py", "conftest.py"}


def modules() -> Iterator[Path]:
    """Yield the path of each module inside tests/."""
    yield from (path.relative_to(TESTS) for path in TESTS.rglob("*.py"))


def imported_rooms(path: Path) -> set[str]:
    """Return the rooms of tests/ that a module imports from."""
    rooms = set()
    for node in ast.walk(ast.parse((TESTS / path).read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        rooms |= {name.split(".")[1] for name in names if name.startswith("tests.")}
    return rooms


def test_only_support_is_imported_by_other_rooms() -> None:
    wrong = {
        str(path): imported_rooms(path) - {"support"}
        for path in modules()
        # A benchmark is a program of several modules.
        if path.parts[0] != "benchmarks"
    }
    assert {path: rooms for path, rooms in wrong.items() if rooms} == {}
    benchmarks = (path for path in modules() if path.parts[0] == "benchmarks")
    assert all(imported_rooms(path) <= {"benchmarks", "support"} for path in benchmarks)


def test_there_are_no_other_rooms() -> None:
    assert {path.parts[0] for path in modules() if len(path.parts) > 1} == ROOMS


def test_no_two_modules_of_support_have_the_same_name() -> None:
    names = Counter(
        path.name
        for path in modules()
        if not path.name.startswith("test_") and path.name not in COMMON_NAMES
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_tests_stand_in_the_rooms_that_are_run() -> None:
    outside = {path.parts[0] for path in modules() if path.name.startswith("test_")}
    assert outside == {"functional", "lab", "makers", "unit"}
