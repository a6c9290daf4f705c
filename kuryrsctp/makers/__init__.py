# SPDX-License-Identifier: Apache-2.0

"""Who made a load balancer for which Service, and which of its parts are for SCTP. Pure.

A new maker is a module with a Maker, and its place in MAKERS.
"""

from kuryrsctp.makers import kuryr, occm
from kuryrsctp.makers.kuryr import KURYR
from kuryrsctp.makers.maker import Maker
from kuryrsctp.makers.occm import OCCM
from kuryrsctp.makers.unknown import Unknown
from kuryrsctp.model import Listener, LoadBalancer, Member, Pool
from kuryrsctp.naming import ServiceName

# The load balancer of the cluster's own API, which no maker made: its parts follow other rules.
CLUSTER_API = kuryr.KUBERNETES_API

# Seconds that a maker waits for a change of Octavia's before it gives up.
CHANGE_TIMEOUT = kuryr.TIMEOUT

MAKERS: tuple[Maker, ...] = (KURYR, OCCM)
UNKNOWN: Maker = Unknown()

# Whose log to look at where it is not known which maker there is.
CONTROLLERS = " or ".join(maker.controller for maker in MAKERS)


def maker_of(load_balancer: LoadBalancer) -> Maker:
    """Return the maker of a load balancer, as its name tells; UNKNOWN if it tells none."""
    return next((maker for maker in MAKERS if maker.made(load_balancer)), UNKNOWN)


def service_of(load_balancer: LoadBalancer) -> ServiceName | None:
    """Return the Service that a load balancer was made for, None where its name tells none."""
    return maker_of(load_balancer).service_of(load_balancer)


def usual_name(service: ServiceName) -> str:
    """Return the name of a Service's load balancer where the name can be told from the Service."""
    return str(service)


def serves(load_balancer: LoadBalancer, service: ServiceName) -> bool:
    """Tell by the name and tags whether a load balancer is for a Service, in any cluster.

    cloud-provider-openstack's name holds the cluster's. Where Services share a load balancer, it
    is called after one of them, and has a tag of such a name for each.
    """
    return any(occm.is_name_of(text, service) for text in (load_balancer.name, *load_balancer.tags))


def host_of(member: Member) -> str | None:
    """Return the name of the host that a member stands for, None where its name tells none.

    It is what kuryr-sctp-demo calls itself in its answers: the name of the pod.
    """
    name = kuryr.read_member(member.name)
    return name.target if name else None


def is_sctp(part: Listener | Pool) -> bool:
    """Tell whether a listener or pool is SCTP, or is called so by its maker."""
    return part.protocol == "SCTP" or kuryr.is_sctp_name(part.name)


def sctp_listeners(load_balancer: LoadBalancer) -> tuple[Listener, ...]:
    """Return the listeners of a load balancer that are, or are called, SCTP, by port."""
    listeners = filter(is_sctp, load_balancer.listeners)
    return tuple(sorted(listeners, key=lambda listener: listener.protocol_port))
