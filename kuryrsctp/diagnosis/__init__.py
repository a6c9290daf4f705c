# SPDX-License-Identifier: Apache-2.0

"""Verify and probe one service, and conclude from both together."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kuryrsctp import naming
from kuryrsctp.errors import KuryrSctpError, UsageError
from kuryrsctp.model import Conclusion
from kuryrsctp.prober import probe
from kuryrsctp.prober.statistics import ProbeReport
from kuryrsctp.prober.targets import Via
from kuryrsctp.verifier.report import Expectations, VerifyReport
from kuryrsctp.verifier.single import NO_EXPECTATIONS, verify

if TYPE_CHECKING:
    from openstack.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What verify and probe say of one service.

    - `service`: its name
    - `verified`: the report of `verify`
    - `probed`: the report of `probe`, None if no message could be sent
    - `probe_error`: why none could be sent
    """

    service: str
    verified: VerifyReport
    probed: ProbeReport | None = None
    probe_error: KuryrSctpError | None = None

    @property
    def conclusion(self) -> Conclusion:
        """WRONG if either is; OK only if both are."""
        conclusions = {
            self.verified.conclusion(),
            self.probed.conclusion if self.probed else Conclusion.INCONCLUSIVE,
        }
        for conclusion in (Conclusion.WRONG, Conclusion.INCONCLUSIVE):
            if conclusion in conclusions:
                return conclusion
        return Conclusion.OK


def diagnose(
    connection: "Connection",
    service: str,
    *,
    namespace: str = naming.DEFAULT_NAMESPACE,
    expected: Expectations = NO_EXPECTATIONS,
    count: int | None = None,
) -> Diagnosis:
    """Verify a service and probe it, through the VIP and at its members.

    `service`, `namespace` and `expected` are those of `verify`; `count` is the number of messages
    to each target, by default enough for every member to answer. The result holds findings and
    outcomes; it does not name the party at fault.

    Raises UsageError for an invalid name, and CloudError where an API fails.
    """
    verified = verify(connection, service, namespace=namespace, expected=expected)
    try:
        probed = probe(connection, service, namespace=namespace, via=Via.BOTH, count=count)
    except UsageError:
        raise
    except KuryrSctpError as error:
        return Diagnosis(service=verified.service, verified=verified, probe_error=error)
    return Diagnosis(service=verified.service, verified=verified, probed=probed)
