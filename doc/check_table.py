# SPDX-License-Identifier: Apache-2.0

"""Write the table of checks, for people, from the catalogue that `verify` runs.

python doc/check_table.py > doc/source/checks.rst
"""

import re
import sys
from collections.abc import Iterator

from kuryrsctp.makers import MAKERS
from kuryrsctp.providers import PROVIDERS
from kuryrsctp.verifier.checks import CATALOGUE, Check

_HEAD = """\
.. Written by doc/check_table.py from the catalogue in kuryrsctp/verifier/checks: do not edit.

======
Checks
======

What ``openstack kuryr sctp verify`` looks at, in the order of its rows. The names are stable:
scripts can rely on them.

Makers make and change one part after the other. What is missing (``listener-exists``,
``pool-exists``, ``members-exist``) is a ``WARN`` while its load balancer is changing, and until a
minute after the last change of it, also one for another Service; then it is a ``FAIL``. What
``--port``, ``--members`` and ``--member`` expect is a ``FAIL`` until it is there. What is being
deleted is a ``SKIP``.

.. list-table::
   :header-rows: 1
   :widths: 15 25 30 30

"""


def render() -> str:
    """Return the page as reStructuredText."""
    # From the service down to the members, as each kind of target extends the one above it.
    checks = sorted(CATALOGUE.values(), key=lambda check: len(check.on.__mro__))
    rows = [
        _row(f"``{check.name}``", _text(check.meaning), _text(_cause(check)), _text(_remedy(check)))
        for check in checks
    ]
    return _HEAD + _row("Check", "What it means", "Usual cause", "What to do") + "".join(rows)


def _cause(check: Check) -> str:
    """Return the cause of a check, and what providers and makers add to it."""
    return " ".join([check.cause, *_added(check.name, "causes")])


def _remedy(check: Check) -> str:
    """Return the remedy of a check, and what takes its place for a provider or maker."""
    return ". ".join([check.remedy, *_added(check.name, "remedies")])


def _added(name: str, kind: str) -> Iterator[str]:
    titled = [(provider.title, provider) for provider in PROVIDERS]
    titled += [(maker.name, maker) for maker in MAKERS]
    for title, knowledge in titled:
        if sentence := getattr(knowledge, kind).get(name):
            yield f"*{title}*: {sentence}"


def _row(first: str, *others: str) -> str:
    return f"   * - {first}\n" + "".join(f"     - {cell}\n" for cell in others)


def _text(words: str) -> str:
    """Turn a sentence of the catalogue into reStructuredText."""
    parts = re.split(r"`([^`]*)`", words)
    plain = (re.sub(r"([\\_|])", r"\\\1", part) for part in parts[::2])
    code = [f"``{part}``" for part in parts[1::2]] + [""]
    return "".join(part + literal for part, literal in zip(plain, code, strict=True))


if __name__ == "__main__":
    sys.stdout.write(render())
