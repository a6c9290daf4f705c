# SPDX-License-Identifier: Apache-2.0

"""The exceptions that this package raises, and the exit status that each stands for.

KuryrSctpError
├── UsageError            what was asked for makes no sense          exit 2
├── Inconclusive          nothing can be said about the service      exit 1
│   ├── CloudError        an OpenStack API failed or refused
│   │   └── MalformedAnswer  its answer is not as its reference promises
│   ├── SctpUnavailable   this host cannot speak SCTP
│   └── AddressError      a name or address leads nowhere
└── ServiceError          the service itself is wrong                exit 3
    ├── ServiceNotFound   no load balancer for it
    ├── ServiceAmbiguous  several load balancers for its name
    ├── ServiceLacksSctp  the load balancer has no SCTP listener
    └── ServiceLacksFloatingIp  no floating IP is bound to its VIP

Every message is one line and holds no secret; where something can be done, it says what.
"""


class KuryrSctpError(Exception):
    """Anything this package raises on purpose."""


class UsageError(KuryrSctpError):
    """The arguments contradict each other or make no sense."""


class Inconclusive(KuryrSctpError):
    """Nothing can be said about the service, neither good nor bad."""


class CloudError(Inconclusive):
    """An OpenStack API refused or failed, did not answer, or gave a malformed answer."""


class MalformedAnswer(CloudError):
    """An answer is not what the API's reference promises, or does not come from that API."""

    def __init__(self, what: str) -> None:
        """Say what is wrong with the answer; what to do about it is always the same."""
        super().__init__(
            f"{what}: check that the endpoints lead to the APIs, not to a proxy or login page"
            " (`openstack catalog list`)"
        )


class SctpUnavailable(Inconclusive):
    """This host cannot open an SCTP socket, or the binding is missing."""


class AddressError(Inconclusive):
    """A host name or address cannot be resolved or used."""


class ServiceError(KuryrSctpError):
    """The service does not exist, is not the only one of its name, or lacks what was asked for."""


class ServiceNotFound(ServiceError):
    """There is no load balancer for the service."""


class ServiceAmbiguous(ServiceError):
    """The service's name stands for more than one load balancer."""


class ServiceLacksSctp(ServiceError):
    """The load balancer exists and has no SCTP listener."""


class ServiceLacksFloatingIp(ServiceError):
    """No floating IP is bound to the VIP of the load balancer."""
