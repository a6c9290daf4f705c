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

"""Tell why SCTP traffic to a Kubernetes Service does not get through.

The two jobs, `verify` and `probe`, are exported lazily: OpenStackClient imports
this package on every `openstack` command, and must not pay for what it does
not use.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kuryrsctp.prober import probe as probe
    from kuryrsctp.verifier import verify as verify

_HOMES = {"probe": "kuryrsctp.prober", "verify": "kuryrsctp.verifier"}

__all__ = ["probe", "verify"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
