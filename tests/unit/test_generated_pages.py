# SPDX-License-Identifier: Apache-2.0

"""The pages that are generated say what the code says."""

import subprocess
import sys

import pytest

from tests.support.checkout import ROOT


@pytest.mark.parametrize(
    ("generator", "page"),
    [
        ("doc/check_table.py", "doc/source/checks.rst"),
        ("doc/module_map.py", "doc/source/modules.rst"),
        ("doc/provider_table.py", "doc/source/providers-compared.rst"),
    ],
)
def test_a_generated_page_is_up_to_date(generator: str, page: str) -> None:
    done = subprocess.run(
        [sys.executable, generator], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert (ROOT / page).read_text() == done.stdout, f"run: python {generator} > {page}"
