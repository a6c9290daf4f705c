# SPDX-License-Identifier: Apache-2.0

"""Who made a load balancer for which Service, and which of its parts are for SCTP. Pure.

A new maker is a module with a Maker, and its place in registry.MAKERS.
"""

from kuryrsctp.makers import kuryr
from kuryrsctp.makers.maker import Claim, Maker
from kuryrsctp.makers.ownership import (
    Service,
    ServiceGroup,
    claims,
    filters,
    groups,
    owner_of,
    refs,
    service_on,
    services,
    whole,
)
from kuryrsctp.makers.parts import host_of, is_pod, is_sctp, sctp_listeners
from kuryrsctp.makers.registry import MAKERS
from kuryrsctp.makers.unknown import UNKNOWN

__all__ = [
    "CHANGE_TIMEOUT",
    "CLUSTER_API",
    "CONTROLLERS",
    "MAKERS",
    "UNKNOWN",
    "Claim",
    "Maker",
    "Service",
    "ServiceGroup",
    "claims",
    "filters",
    "groups",
    "host_of",
    "is_pod",
    "is_sctp",
    "owner_of",
    "refs",
    "sctp_listeners",
    "service_on",
    "services",
    "whole",
]

# The load balancer of the cluster's own API, which no maker made: its parts follow other rules.
CLUSTER_API = kuryr.KUBERNETES_API

# Seconds that a maker waits for a change of Octavia's before it gives up.
CHANGE_TIMEOUT = kuryr.TIMEOUT

# Whose log to look at where it is not known which maker there is.
CONTROLLERS = " or ".join(maker.controller for maker in MAKERS)
