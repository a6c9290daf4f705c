# SPDX-License-Identifier: Apache-2.0

"""How the names and protocols of a listener and of its pool are checked: the same for both."""

from kuryrsctp.model import Listener, Pool
from kuryrsctp.verifier.checks.catalogue import CheckResult, fail, ok, skip, warn
from kuryrsctp.verifier.checks.targets import ListenerTarget

UNKNOWN_MAKER = "the maker of the load balancer is not known, nor the names that it gives"


def name(target: ListenerTarget, part: Listener | Pool) -> CheckResult:
    """Compare the name of a listener, or of its pool, with the maker's name for it."""
    port = target.listener.protocol_port
    fault = target.maker.part_name_fault(part, target.load_balancer, port)
    if fault is None:
        return skip(UNKNOWN_MAKER)
    return warn(fault) if fault else ok(part.name or "no name")


def protocol(given: str) -> CheckResult:
    """Check the protocol of either."""
    return ok(given) if given == "SCTP" else fail(f"{given}, not SCTP")
