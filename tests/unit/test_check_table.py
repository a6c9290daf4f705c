# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


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
