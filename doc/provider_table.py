# SPDX-License-Identifier: Apache-2.0

"""Write the page that compares Octavia's providers, from what the tests have seen of each.

python doc/provider_table.py > doc/source/providers-compared.rst
"""

import sys
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.cloud import providers
from tests.support.comparison import recorded
from tests.support.comparison.all_cases import CASES

_HEAD = """\
.. Written by doc/provider_table.py from what the tests have seen: do not edit.

========================
Amphora and OVN compared
========================

The same cases, played with the two providers that come with Octavia and balance SCTP, by one
program in the :doc:`lab`: what a client sees, what Octavia says, and what ``verify`` says. The
provider for OVN was release 11.0.0, with OVN 23.03. What Octavia says of an amphora's parts is left
out: the lab has no agent that reports it. "Taken" says that the API accepts something, not that the
provider applies it (:doc:`makers-and-providers`).

A Service has two members, A and B. Unless a row says otherwise, its pool is as a maker makes it
(``ROUND_ROBIN``; with OVN ``SOURCE_IP_PORT``), without a health monitor, and a client in another
network sends 16 messages to the VIP, each with an association and a source port of its own. The
words for what it sees are those of :doc:`outcomes`; those for what ``verify`` says are
:doc:`checks`.

.. list-table::
   :header-rows: 1
   :widths: 24 38 38

   * - Case
     - Amphora
     - OVN
"""

_LABELS = {"client": "", "octavia": "Octavia: ", "verify": "``verify``: "}


def render() -> str:
    """Return the page as reStructuredText."""
    seen = [recorded.read(provider) for provider in providers.NAMES]
    rows = []
    for case in CASES:
        rows.append(f"   * - {case.title}\n")
        for found in seen:
            rows.append(_cell(found[case.name]))
    return _HEAD + "".join(rows)


def _cell(seen: Mapping[str, str]) -> str:
    lines = [f"{label}{seen[key]}" for key, label in _LABELS.items() if key in seen]
    (first, *others) = lines
    return "".join([f"     - | {first}\n", *(f"       | {line}\n" for line in others)])


if __name__ == "__main__":
    sys.stdout.write(render())
