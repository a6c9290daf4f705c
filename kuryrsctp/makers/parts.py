# SPDX-License-Identifier: Apache-2.0

"""Which parts of a load balancer are for SCTP, and what its members stand for. Pure."""

from kuryrsctp.makers.maker import Maker
from kuryrsctp.makers.registry import MAKERS
from kuryrsctp.model import Listener, LoadBalancer, Member, Pool


def is_sctp(part: Listener | Pool) -> bool:
    """Tell whether a listener or pool is SCTP, or is called so by its maker."""
    return part.protocol == "SCTP" or any(maker.is_sctp_name(part.name) for maker in MAKERS)


def sctp_listeners(load_balancer: LoadBalancer) -> tuple[Listener, ...]:
    """Return the listeners of a load balancer that are, or are called, SCTP, by port."""
    listeners = filter(is_sctp, load_balancer.listeners)
    return tuple(sorted(listeners, key=lambda listener: listener.protocol_port))


def host_of(member: Member) -> str:
    """Return the name of the host that a member stands for: a pod, or a node.

    It is what kuryr-sctp-demo calls itself in its answers, in the pod's or in the node's network.
    """
    maker = _maker_of(member)
    return (maker.member_host(member.name) if maker else None) or member.name


def is_pod(member: Member) -> bool:
    """Tell by its name whether a member is a pod itself, not a port of a node or not known."""
    maker = _maker_of(member)
    return maker is not None and maker.members_are_pods


def _maker_of(member: Member) -> Maker | None:
    """Return the maker that gives such names to members."""
    return next((maker for maker in MAKERS if maker.member_host(member.name)), None)
