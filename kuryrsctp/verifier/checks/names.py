# SPDX-License-Identifier: Apache-2.0

"""How a listener and its pool are judged alike: Kuryr gives both one name and one protocol."""

from kuryrsctp.makers import kuryr, occm
from kuryrsctp.verifier.checks.catalogue import Verdict, fail, ok, skip, warn
from kuryrsctp.verifier.checks.targets import ListenerSubject


def name(subject: ListenerSubject, given: str) -> Verdict:
    """Compare the name of a listener, or of its pool, with the maker's name for it."""
    if subject.is_occm:
        # Of any of its Services: several may share a load balancer.
        if occm.is_part_name(given):
            return ok(given)
        return warn(f"'{given}' is no name that cloud-provider-openstack gives")
    service = subject.service_name
    if service is None:
        return skip("the load balancer's name is not Kuryr's")
    expected = str(kuryr.ListenerName(service, "SCTP", subject.listener.protocol_port))
    return ok(given) if given == expected else warn(f"'{given}', where Kuryr has '{expected}'")


def protocol(given: str) -> Verdict:
    """Judge the protocol of either."""
    return ok(given) if given == "SCTP" else fail(f"{given}, not SCTP")
