# SPDX-License-Identifier: Apache-2.0

"""Write the map of modules, for people, from the first sentence of each module.

python doc/module_map.py > doc/source/modules.rst
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "kuryrsctp"

_HEAD = """\
.. Written by doc/module_map.py from the first sentence of each module: do not edit.

=======
Modules
=======

Each package may use those below it, and none above it or beside it; a test checks that.

"""

# From the top down, as the arrows point.
_PACKAGES = (
    "osc",
    "diagnosis",
    "verifier",
    "verifier/checks",
    "prober",
    "cloud",
    "sctp",
    "makers",
    "providers",
    "",
)


def render() -> str:
    """Return the page as reStructuredText."""
    missing = {str(path.parent.relative_to(PACKAGE)) for path in PACKAGE.glob("*/**/__init__.py")}
    missing -= set(_PACKAGES)
    if missing:
        raise SystemExit(f"no place on the map for {', '.join(sorted(missing))}")
    return _HEAD + "\n".join(_package(package) for package in _PACKAGES)


def _package(package: str) -> str:
    title = f"kuryrsctp/{package}".rstrip("/")
    lines = [title, "=" * len(title), ""]
    for path in sorted((PACKAGE / package).glob("*.py")):
        lines += _entry(path)
    return "\n".join([*lines, ""])


def _entry(path: Path) -> Iterator[str]:
    docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
    sentence = " ".join(docstring.partition("\n\n")[0].split())
    if not sentence:
        raise SystemExit(f"{path} has no docstring")
    yield f":``{path.name}``: {_text(sentence)}"


def _text(words: str) -> str:
    """Turn a sentence of a docstring into reStructuredText."""
    return re.sub(r"`([^`]*)`", r"``\1``", words)


if __name__ == "__main__":
    sys.stdout.write(render())
