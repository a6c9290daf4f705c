# SPDX-License-Identifier: Apache-2.0

"""Which parts of a load balancer are for SCTP. Pure."""

from kuryrsctp.makers import kuryr
from kuryrsctp.model import Listener, LoadBalancer, Pool


def is_sctp(part: Listener | Pool) -> bool:
    """Tell whether a listener or pool is SCTP, or is called so by its maker."""
    return part.protocol == "SCTP" or kuryr.is_sctp_name(part.name)


def sctp_listeners(load_balancer: LoadBalancer) -> tuple[Listener, ...]:
    """Return the listeners of a load balancer that are, or are called, SCTP, by port."""
    listeners = filter(is_sctp, load_balancer.listeners)
    return tuple(sorted(listeners, key=lambda listener: listener.protocol_port))
