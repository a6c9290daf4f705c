# SPDX-License-Identifier: Apache-2.0

"""Who made a load balancer for which Service, and which of its parts are for SCTP. Pure."""

from kuryrsctp.makers import kuryr, occm
from kuryrsctp.model import Listener, LoadBalancer, Pool
from kuryrsctp.naming import ServiceName


def service_of(load_balancer: LoadBalancer) -> ServiceName | None:
    """Return the Service that a load balancer was made for, None where its name tells of none."""
    name = load_balancer.name
    return kuryr.read_service(name) or occm.read_service(name)


def is_sctp(part: Listener | Pool) -> bool:
    """Tell whether a listener or pool is SCTP, or is called so by its maker."""
    return part.protocol == "SCTP" or kuryr.is_sctp_name(part.name)


def sctp_listeners(load_balancer: LoadBalancer) -> tuple[Listener, ...]:
    """Return the listeners of a load balancer that are, or are called, SCTP, by port."""
    listeners = filter(is_sctp, load_balancer.listeners)
    return tuple(sorted(listeners, key=lambda listener: listener.protocol_port))
