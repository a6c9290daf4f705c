# SPDX-License-Identifier: Apache-2.0

"""Tell why SCTP traffic to a Kubernetes Service does not get through.

The two jobs, `verify` and `probe`, are exported lazily: OpenStackClient imports
this package on every `openstack` command, and must not pay for what it does
not use.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kuryrsctp.prober import probe as probe
    from kuryrsctp.verifier.single import verify as verify

_HOMES = {"probe": "kuryrsctp.prober", "verify": "kuryrsctp.verifier.single"}

__all__ = ["probe", "verify"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
