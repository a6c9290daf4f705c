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

"""The guest's first process: makes the machine, says that it is ready, and serves the host."""

import os
import sys
import traceback
from pathlib import Path

from tests.lab import protocol
from tests.lab.guest import machine, system


def main() -> None:
    """Bring the machine up and serve; power off whatever happens."""
    run = Path(os.environ["LAB_RUN"])
    try:
        machine.serve(run)
    except system.GuestError as error:
        (run / protocol.FAILED).write_text(str(error))
    except BaseException as error:  # whatever it is, the first process must not just end
        traceback.print_exc()
        (run / protocol.FAILED).write_text(f"{type(error).__name__}: {error}")
    finally:
        sys.stdout.flush()
        system.power_off()


main()
