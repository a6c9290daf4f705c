# SPDX-License-Identifier: Apache-2.0

"""What was seen in the labs: read for the page and the tests, and recorded anew.

    python -m tests.support.comparison.recorded amphora|ovn [CASE ...]

boots the provider's lab, plays the cases there, and writes down what was seen. Then write the page:
see `doc/provider_table.py`.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.support.comparison.all_cases import CASES
from tests.support.lab import Lab, topology

DIRECTORY = Path(__file__).parents[1] / "recorded" / "providers"
_TIMEOUT = 1800.0  # seconds, on a machine that has other work
Seen = dict[str, dict[str, str]]
"""What was seen of each case, by its name."""


class CaseFailed(Exception):
    """A case could not be played; the message says why."""


def read(provider: str) -> Seen:
    """Return what is on record of a provider."""
    found: Seen = json.loads((DIRECTORY / f"{provider}.json").read_text())
    return found


def play(lab: Lab, provider: str, cases: Sequence[str] = ()) -> Seen:
    """Play cases in a provider's lab, all of them unless some are named.

    :raises CaseFailed: one could not be played.
    """
    argv = [str(topology.PLUGIN_PYTHON), "-m", "tests.support.comparison", provider, *cases]
    done = lab.run(argv, timeout=_TIMEOUT)
    played: list[Mapping[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    failed = [f"{each['case']}: {each['failed']}" for each in played if "failed" in each]
    if failed or len(played) < len(cases or CASES):
        raise CaseFailed("\n".join([*failed, done.stderr]))
    return {each["case"]: each["seen"] for each in played}


def record(provider: str, cases: Sequence[str]) -> None:
    """Play cases, and write down what was seen."""
    path = DIRECTORY / f"{provider}.json"
    known = read(provider) if cases and path.exists() else {}
    with Lab.start(provider=provider) as lab:
        seen = known | play(lab, provider, cases)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(seen, indent=1) + "\n")


if __name__ == "__main__":
    record(sys.argv[1], sys.argv[2:])
