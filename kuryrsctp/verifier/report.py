# SPDX-License-Identifier: Apache-2.0

"""What `verify` is asked to expect, and what it reports: frozen data, no I/O."""

import enum
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from kuryrsctp.addresses import Network
from kuryrsctp.model import Conclusion


class Status(str, enum.Enum):
    """What a check says of one resource; SKIP says that it could not be applied."""

    OK = "OK"
    SKIP = "SKIP"
    WARN = "WARN"
    FAIL = "FAIL"

    @property
    def severity(self) -> int:
        """How bad it is: SKIP, which says nothing, comes below OK, then WARN, then FAIL."""
        return _BY_SEVERITY.index(self)


_BY_SEVERITY = (Status.SKIP, Status.OK, Status.WARN, Status.FAIL)


class PortExpectation(NamedTuple):
    """An SCTP port that a Service ought to have.

    - `port`: the Service's port
    - `target`: the port of its members, None for any
    """

    port: int
    target: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectations:
    """What ought to be there, as the user says; what is left out is not checked.

    - `ports`: SCTP ports of the Service, each a `PortExpectation` or a pair of numbers
    - `members`: how many members each port has
    - `addresses`: numeric IP addresses that members have; others may be there as well
    - `source`: the network of the clients (`ipaddress.ip_network`)
    """

    ports: tuple[PortExpectation, ...] = ()
    members: int | None = None
    addresses: tuple[str, ...] = ()
    source: Network | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of `verify`: what one check says of one resource.

    - `check`: the stable name of the check
    - `status`: a `Status`
    - `resource`: the name of what was checked, or its ID if it has no name
    - `detail`: what was seen
    - `id`: the ID of what was checked, "" if it has none
    - `hint`: what to do, "" for nothing
    - `transient`: whether it may come right by itself, while the maker and Octavia are at work
    """

    check: str
    status: Status
    resource: str
    detail: str
    id: str = ""
    hint: str = ""
    transient: bool = False


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """All findings about one service.

    - `service`: NAMESPACE/NAME, CLUSTER:NAMESPACE/NAME where that is needed to tell services
      apart, or the ID of the load balancer
    - `findings`: in the order of the rows of `verify`
    - `changed_at`: when Octavia last changed the load balancer or a part of it (UTC), None if that
      is not known
    - `checked_at`: when it was checked, by the clock of the APIs (UTC)
    """

    service: str
    findings: tuple[Finding, ...]
    changed_at: datetime | None = None
    checked_at: datetime | None = field(default=None, compare=False)

    @property
    def status(self) -> Status:
        """The worst status of any finding; SKIP if no check could be applied."""
        statuses = (finding.status for finding in self.findings)
        return max(statuses, key=lambda status: status.severity, default=Status.SKIP)

    @property
    def ok(self) -> bool:
        """Whether the service was judged and no finding is FAIL; warnings are allowed."""
        return self.conclusion() is Conclusion.OK

    @property
    def failures(self) -> tuple[Finding, ...]:
        """The findings whose status is FAIL."""
        return tuple(finding for finding in self.findings if finding.status is Status.FAIL)

    def conclusion(self, *, strict: bool = False) -> Conclusion:
        """Return what the findings mean together; with `strict` a warning is WRONG, too."""
        wrong = (Status.FAIL, Status.WARN) if strict else (Status.FAIL,)
        if self.status in wrong:
            return Conclusion.WRONG
        return Conclusion.INCONCLUSIVE if self.status is Status.SKIP else Conclusion.OK
