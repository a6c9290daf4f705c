# SPDX-License-Identifier: Apache-2.0

"""The catalogue of checks: pure functions over the model, no I/O.

A new check is one decorated function in the module of what it looks at; nothing
else needs to know of it.
"""

# Importing a module is what enters its checks.
from kuryrsctp.verifier.checks import listener, load_balancer, member, network, pool, quota, service
from kuryrsctp.verifier.checks.catalogue import CATALOGUE, Check, run
from kuryrsctp.verifier.snapshot import Snapshot

__all__ = [
    "CATALOGUE",
    "Check",
    "Snapshot",
    "listener",
    "load_balancer",
    "member",
    "network",
    "pool",
    "quota",
    "run",
    "service",
]
