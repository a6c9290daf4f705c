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

"""A machine of its own for the tests: kernel SCTP, load balancing and a real OpenStack cloud.

with Lab.start(cloud=False) as lab:
    print(lab.run(["ip", "address"]).stdout)
"""

from tests.lab.errors import BootError, LabError
from tests.lab.machine import Lab

__all__ = ["BootError", "Lab", "LabError"]
