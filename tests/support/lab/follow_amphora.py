# SPDX-License-Identifier: Apache-2.0

"""Lets the amphora of a guest follow what an Octavia of this host holds.

``python -m tests.support.lab.follow_amphora RUN DIRECTORY`` is what `write_hook` writes for Octavia
to run: RUN is the guest's run directory, and DIRECTORY what the cloud has rendered.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from tests.support.lab import topology
from tests.support.lab.machine import Lab

_TIMEOUT = 60.0


def write_hook(lab: Lab) -> Path:
    """Write the program that Octavia has to run for each change of a load balancer."""
    hook = lab.directory / "follow-amphora"
    command = f"{sys.executable} -m {__name__} {lab.directory}"
    hook.write_text(f'#!/bin/sh\nexport PYTHONPATH={topology.REPOSITORY}\nexec {command} "$@"\n')
    hook.chmod(0o755)
    return hook


def follow(lab: Lab, directory: Path) -> None:
    """Return once the kernel of the guest balances what the directory says.

    Ends the process with the reason when it does not.
    """
    # The guest's kernel does not notice changes of a file that it has read: each time a new one.
    with tempfile.TemporaryDirectory(prefix="amphora-", dir=lab.directory) as new:
        shutil.copytree(directory, new, dirs_exist_ok=True)
        argv = ["/usr/bin/python3", "-S", "-m", "tests.support.lab.guest.amphora", new]
        done = lab.run(argv, ns=topology.ROOT, timeout=_TIMEOUT)
        if done.returncode != 0:
            sys.exit(done.stderr.strip())


if __name__ == "__main__":
    follow(Lab(Path(sys.argv[1])), Path(sys.argv[2]))
