# SPDX-License-Identifier: Apache-2.0

"""The walkthrough's load balancer for a machine without a cloud: rendered once, then cached."""

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.support.lab import topology
from tests.support.lab.errors import BootError

_CACHE = topology.REPOSITORY / ".lab" / "amphora"
_INPUTS = (
    "tests/support/cloud/render.py",
    "tests/support/cloud/walkthrough.py",
    "tests/constraints.txt",
)
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
        argv = [str(topology.CLOUD_PYTHON), "-m", "tests.support.cloud", "render-static", str(made)]
        done = subprocess.run(
            argv, cwd=topology.REPOSITORY, capture_output=True, text=True, timeout=_TIMEOUT
        )
        if done.returncode != 0:
            raise BootError(f"Octavia's template could not be rendered: {done.stderr.strip()}")
        if not directory.exists():
            shutil.move(made, directory)
