# SPDX-License-Identifier: Apache-2.0


"""Write the table of checks, for people, from the catalogue that `verify` runs.

python doc/check_table.py > doc/source/checks.rst
"""

import re
import sys

from kuryrsctp.verifier.checks import CATALOGUE

_HEAD = """\
.. Written by doc/check_table.py from the catalogue in kuryrsctp/verifier/checks: do not edit.

======
Checks
======

What ``openstack kuryr sctp verify`` looks at, in the order of its rows. The names are stable:
scripts can rely on them.

.. list-table::
   :header-rows: 1
   :widths: 15 25 30 30

"""


def render() -> str:
    """Return the page as reStructuredText."""
    # From the service down to the members, as each kind of subject extends the one above it.
    checks = sorted(CATALOGUE.values(), key=lambda one: len(one.on.__mro__))
    rows = [
        _row(f"``{one.name}``", *map(_text, (one.meaning, one.cause, one.remedy))) for one in checks
    ]
    return _HEAD + _row("Check", "What it means", "Usual cause", "What to do") + "".join(rows)


def _row(first: str, *others: str) -> str:
    return f"   * - {first}\n" + "".join(f"     - {cell}\n" for cell in others)


def _text(words: str) -> str:
    """Turn a sentence of the catalogue into reStructuredText."""
    parts = re.split(r"`([^`]*)`", words)
    plain = (re.sub(r"([\\*_|])", r"\\\1", part) for part in parts[::2])
    code = [f"``{part}``" for part in parts[1::2]] + [""]
    return "".join(part + literal for part, literal in zip(plain, code, strict=True))


if __name__ == "__main__":
    sys.stdout.write(render())
