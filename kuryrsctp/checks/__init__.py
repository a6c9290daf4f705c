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

"""The catalogue of checks: pure functions over the model, no I/O.

A new check is one decorated function in the module of what it looks at; nothing
else needs to know of it.
"""

# Importing a module is what enters its checks.
from kuryrsctp.checks import listener, load_balancer, member, network, pool, quota, service
from kuryrsctp.checks.catalogue import CATALOGUE, Check, run
from kuryrsctp.checks.subjects import Scene

__all__ = [
    "CATALOGUE",
    "Check",
    "Scene",
    "listener",
    "load_balancer",
    "member",
    "network",
    "pool",
    "quota",
    "run",
    "service",
]
