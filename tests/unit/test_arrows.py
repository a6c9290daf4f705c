# SPDX-License-Identifier: Apache-2.0

"""Which module may import which: no arrow points up, and what is pure reaches for no I/O."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import kuryrsctp

PACKAGE = Path(kuryrsctp.__file__).parent

# From the bottom up. What stands on one line does not import each other.
SHELVES = (
    {"errors", "terminal_text"},
    {"addresses", "naming"},
    {"model"},
    {"makers", "providers"},
    {"cloud", "kubernetes", "sctp"},
    {"verifier", "prober"},
    {"diagnosis"},
    {"osc", "exporter", "demo", "plugin"},
)
LEVEL = {name: level for level, names in enumerate(SHELVES) for name in names}

TOP_LEVEL = {"__init__", "addresses", "demo", "errors", "model", "naming", "plugin"} | {
    "terminal_text"
}

PURE = ("makers", "providers", "verifier/checks")
# What a pure module may use of the shelf that it stands on.
PURE_NEIGHBOURS = {
    "kuryrsctp.verifier.checks",
    "kuryrsctp.verifier.report",
    "kuryrsctp.verifier.security_groups",
    "kuryrsctp.verifier.snapshot",
}
INPUT_AND_OUTPUT = {"openstack", "osc_lib", "cliff", "requests", "sctp", "select", "subprocess"} | {
    "keystoneauth1",
    "socket",
    "threading",
    "urllib3",
}


def modules(under: str = "") -> Iterator[tuple[str, ast.Module]]:
    """Yield the path inside the package and the syntax tree of each module."""
    for path in sorted((PACKAGE / under).rglob("*.py")):
        yield str(path.relative_to(PACKAGE)), ast.parse(path.read_text())


def imports(tree: ast.Module) -> Iterator[str]:
    """Yield the full name of each module or object that is imported, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def shelf(name: str) -> str:
    """Return the part of the package that an imported name stands in, "" if in none of ours."""
    package, _, rest = name.partition(".")
    return rest.partition(".")[0] if package == "kuryrsctp" else ""


def upward(path: str, tree: ast.Module) -> set[str]:
    """Return the imports of a module that do not point down."""
    own = path.partition("/")[0].removesuffix(".py")
    return {
        name
        for name in imports(tree)
        if shelf(name) and shelf(name) != own and not LEVEL[shelf(name)] < LEVEL[own]
    }


def test_no_arrow_points_up_or_sideways() -> None:
    wrong = {path: upward(path, tree) for path, tree in modules() if path != "__init__.py"}
    assert {path: names for path, names in wrong.items() if names} == {}


def test_an_arrow_that_points_up_is_seen_wherever_it_stands() -> None:
    late = ast.parse("def f():\n    from kuryrsctp.osc import base\n")
    sideways = ast.parse("from kuryrsctp.cloud import octavia\nimport kuryrsctp.errors\n")
    assert upward("prober/targets.py", late) == {"kuryrsctp.osc.base"}
    assert upward("sctp/client.py", sideways) == {"kuryrsctp.cloud.octavia"}
    assert upward("prober/targets.py", sideways) == set()


def test_every_other_module_stands_on_a_shelf() -> None:
    assert {path.stem for path in PACKAGE.glob("*.py")} == TOP_LEVEL
    shelves = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert shelves <= set(LEVEL) - TOP_LEVEL


@pytest.mark.parametrize("under", [place for place in PURE if (PACKAGE / place).is_dir()])
def test_what_is_pure_reaches_for_no_input_or_output(under: str) -> None:
    for path, tree in modules(under):
        names = set(imports(tree))
        assert {name.partition(".")[0] for name in names} & INPUT_AND_OUTPUT == set(), path
        if under == "verifier/checks":
            own = {name for name in names if shelf(name) == "verifier"}
            assert {name for name in own if not name.startswith(tuple(PURE_NEIGHBOURS))} == set()
