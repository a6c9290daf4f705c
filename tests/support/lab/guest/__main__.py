# SPDX-License-Identifier: Apache-2.0

"""The guest's first process: makes the machine, says that it is ready, and serves the host."""

import os
import sys
import traceback
from pathlib import Path

from tests.support.lab import protocol
from tests.support.lab.guest import boot, system


def main() -> None:
    """Bring the machine up and serve; power off whatever happens."""
    run = Path(os.environ["LAB_RUN"])
    try:
        boot.serve(run)
    except system.GuestError as error:
        (run / protocol.FAILED).write_text(str(error))
    except BaseException as error:  # whatever it is, the first process must not just end
        traceback.print_exc()
        (run / protocol.FAILED).write_text(f"{type(error).__name__}: {error}")
    finally:
        sys.stdout.flush()
        system.power_off()


main()
