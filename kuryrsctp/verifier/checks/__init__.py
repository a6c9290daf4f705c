# SPDX-License-Identifier: Apache-2.0

"""The catalogue of checks: pure functions over a snapshot, no I/O.

A new check is one decorated function in the module of what it is about; nothing else needs to
know of it.
"""

from collections.abc import Iterator

from kuryrsctp.verifier.checks import (
    groups,
    listener,
    load_balancer,
    member,
    network,
    pool,
    quotas,
    service,
)
from kuryrsctp.verifier.checks.catalogue import Check, checks_of
from kuryrsctp.verifier.checks.targets import targets
from kuryrsctp.verifier.report import Finding
from kuryrsctp.verifier.snapshot import Snapshot

__all__ = ["CATALOGUE", "Check", "run"]

# In the order of the rows about one target.
_MODULES = (service, load_balancer, listener, pool, member, network, groups, quotas)

CATALOGUE = checks_of(_MODULES)


def run(snapshot: Snapshot) -> tuple[Finding, ...]:
    """Apply every check to every target of the snapshot."""
    return tuple(_findings(snapshot))


def _findings(snapshot: Snapshot) -> Iterator[Finding]:
    for target in targets(snapshot):
        for check in CATALOGUE.values():
            if check.on is type(target) and check.when(target):
                yield check.finding(target)
