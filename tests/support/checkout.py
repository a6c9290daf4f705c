# SPDX-License-Identifier: Apache-2.0

"""This checkout, and programs run on it."""

import subprocess
import sys
from pathlib import Path

# Seconds after which a program hangs, however busy the machine is.
HANG = 600

ROOT = Path(__file__).resolve().parents[2]
DEPENDENCIES = next(path for path in sys.path if path.endswith("site-packages"))


def run(*argv: object) -> str:
    """Return what a program prints; it has to succeed."""
    done = subprocess.run(
        [str(argument) for argument in argv], cwd="/", capture_output=True, text=True, timeout=HANG
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
