# SPDX-License-Identifier: Apache-2.0

"""A machine of its own for the tests: kernel SCTP, load balancing and a real OpenStack cloud.

with Lab.start(cloud=False) as lab:
    print(lab.run(["ip", "address"]).stdout)
"""

from tests.support.lab.errors import BootError, LabError
from tests.support.lab.machine import Lab

__all__ = ["BootError", "Lab", "LabError"]
