# SPDX-License-Identifier: Apache-2.0


"""The documents say of the checks what the catalogue says."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_table_of_checks_is_the_catalogues() -> None:
    generator = ROOT / "doc" / "check_table.py"
    done = subprocess.run(
        [sys.executable, generator], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert (ROOT / "doc" / "source" / "checks.rst").read_text() == done.stdout, (
        "write it anew: python doc/check_table.py > doc/source/checks.rst"
    )
