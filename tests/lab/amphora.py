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

"""The walkthrough's load balancer for a machine without a cloud: rendered once, then cached."""

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.lab import topology
from tests.lab.errors import BootError

_CACHE = topology.REPOSITORY / ".lab" / "amphora"
_INPUTS = ("tests/lab/cloud/render.py", "tests/lab/cloud/walkthrough.py", "tests/constraints.txt")
_TIMEOUT = 60.0


def rendered() -> Path:
    """Return the directory of the configurations that Octavia's own template makes.

    Raises BootError when they cannot be made.
    """
    digest = hashlib.sha256()
    for name in _INPUTS:
        digest.update((topology.REPOSITORY / name).read_bytes())
    directory = _CACHE / digest.hexdigest()[:16]
    if not directory.exists():
        _render(directory)
    return directory


def _render(directory: Path) -> None:
    if not topology.CLOUD_PYTHON.exists():
        raise BootError(f"there is no {topology.CLOUD_PYTHON}; 'make demo' installs it")
    directory.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory.parent) as temporary:
        made = Path(temporary, "made")
        argv = [str(topology.CLOUD_PYTHON), "-m", "tests.lab.cloud", "render-static", str(made)]
        done = subprocess.run(
            argv, cwd=topology.REPOSITORY, capture_output=True, text=True, timeout=_TIMEOUT
        )
        if done.returncode != 0:
            raise BootError(f"Octavia's template could not be rendered: {done.stderr.strip()}")
        if not directory.exists():
            shutil.move(made, directory)
