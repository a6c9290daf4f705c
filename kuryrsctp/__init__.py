# SPDX-License-Identifier: Apache-2.0

"""Tell why SCTP traffic to a Kubernetes Service does not get through.

The names in `__all__` are for programs, and stay. They are imported at their first use:
OpenStackClient imports this package on every `openstack` command.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kuryrsctp.cloud.inventory import list_services as list_services
    from kuryrsctp.diagnosis import Diagnosis as Diagnosis
    from kuryrsctp.diagnosis import diagnose as diagnose
    from kuryrsctp.errors import AddressError as AddressError
    from kuryrsctp.errors import CloudError as CloudError
    from kuryrsctp.errors import Inconclusive as Inconclusive
    from kuryrsctp.errors import KuryrSctpError as KuryrSctpError
    from kuryrsctp.errors import MalformedAnswer as MalformedAnswer
    from kuryrsctp.errors import SctpUnavailable as SctpUnavailable
    from kuryrsctp.errors import ServiceAmbiguous as ServiceAmbiguous
    from kuryrsctp.errors import ServiceError as ServiceError
    from kuryrsctp.errors import ServiceLacksFloatingIp as ServiceLacksFloatingIp
    from kuryrsctp.errors import ServiceLacksSctp as ServiceLacksSctp
    from kuryrsctp.errors import ServiceNotFound as ServiceNotFound
    from kuryrsctp.errors import UsageError as UsageError
    from kuryrsctp.model import Conclusion as Conclusion
    from kuryrsctp.model import Outcome as Outcome
    from kuryrsctp.prober import plan as plan
    from kuryrsctp.prober import probe as probe
    from kuryrsctp.prober.schedule import Schedule as Schedule
    from kuryrsctp.prober.statistics import ProbeReport as ProbeReport
    from kuryrsctp.prober.targets import Via as Via
    from kuryrsctp.sctp.messages import Exchange as Exchange
    from kuryrsctp.sctp.messages import Message as Message
    from kuryrsctp.verifier.bulk import verify_all as verify_all
    from kuryrsctp.verifier.bulk import verify_many as verify_many
    from kuryrsctp.verifier.report import Expectations as Expectations
    from kuryrsctp.verifier.report import Finding as Finding
    from kuryrsctp.verifier.report import Status as Status
    from kuryrsctp.verifier.report import VerifyReport as VerifyReport
    from kuryrsctp.verifier.single import verify as verify
    from kuryrsctp.verifier.waiting import wait_until_settled as wait_until_settled

# Where each name is defined.
_HOMES = {
    "AddressError": "errors",
    "CloudError": "errors",
    "Conclusion": "model",
    "Diagnosis": "diagnosis",
    "Exchange": "sctp.messages",
    "Expectations": "verifier.report",
    "Finding": "verifier.report",
    "Inconclusive": "errors",
    "KuryrSctpError": "errors",
    "MalformedAnswer": "errors",
    "Message": "sctp.messages",
    "Outcome": "model",
    "ProbeReport": "prober.statistics",
    "Schedule": "prober.schedule",
    "SctpUnavailable": "errors",
    "ServiceAmbiguous": "errors",
    "ServiceError": "errors",
    "ServiceLacksFloatingIp": "errors",
    "ServiceLacksSctp": "errors",
    "ServiceNotFound": "errors",
    "Status": "verifier.report",
    "UsageError": "errors",
    "VerifyReport": "verifier.report",
    "Via": "prober.targets",
    "diagnose": "diagnosis",
    "list_services": "cloud.inventory",
    "plan": "prober",
    "probe": "prober",
    "verify": "verifier.single",
    "verify_all": "verifier.bulk",
    "verify_many": "verifier.bulk",
    "wait_until_settled": "verifier.waiting",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605 - the names are listed once


def __getattr__(name: str) -> Any:
    """Import a public name at its first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
