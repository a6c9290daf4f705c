# SPDX-License-Identifier: Apache-2.0

"""cloud-provider-openstack (OCCM): how its objects are named, also where the name was cut at 255.

Load balancer `kube_service_<cluster>_<ns>_<svc>`, cut at 255 characters; listener and pool
`listener_<number>_` and `pool_<number>_` before that.
"""

import re

from kuryrsctp.makers import kuryr
from kuryrsctp.makers.unknown import Unknown
from kuryrsctp.model import LoadBalancer
from kuryrsctp.naming import ServiceName

_PREFIX = "kube_service_"
_PART = re.compile(r"(?:listener|pool)_[0-9]+_")
_MAX_NAME_LENGTH = 255


def read_service(text: str) -> ServiceName | None:
    """Read the name of a load balancer of OCCM's; None if it is none, or was cut."""
    parts = text.removeprefix(_PREFIX).rsplit("_", 2)
    if not is_name(text) or len(text) >= _MAX_NAME_LENGTH or len(parts) < 3:
        return None
    return kuryr.read_service("/".join(parts[1:]))


def is_name(text: str) -> bool:
    """Tell whether a load balancer's name is of OCCM's making."""
    return text.startswith(_PREFIX)


def is_name_of(text: str, service: ServiceName) -> bool:
    """Tell whether a load balancer's name is OCCM's for this Service, in any cluster.

    A name that was cut at 255 characters is not recognised.
    """
    return is_name(text) and text.endswith(f"_{service.namespace}_{service.name}")


def is_part_name(text: str) -> bool:
    """Tell whether a listener's or pool's name is of OCCM's making."""
    start = _PART.match(text)
    return start is not None and is_name(text[start.end() :])


class Occm(Unknown):
    """cloud-provider-openstack."""

    name = "cloud-provider-openstack"
    controller = "openstack-cloud-controller-manager"
    note = "made by cloud-provider-openstack"

    def made(self, load_balancer: LoadBalancer) -> bool:
        """Tell by its name whether it made a load balancer."""
        return is_name(load_balancer.name)

    def service_of(self, load_balancer: LoadBalancer) -> ServiceName | None:
        """Return the Service that the name tells, unless the name may have been cut."""
        return read_service(load_balancer.name)

    def part_name_fault(self, name: str, load_balancer: LoadBalancer, port: int) -> str | None:
        """Check the form of the name: several Services may share a load balancer."""
        if is_part_name(name):
            return ""
        return f"'{name}' is not a name that cloud-provider-openstack gives"

    def member_name_fault(self, name: str) -> str | None:
        """Accept any name: a member has the name of its node."""
        return ""

    def member_title(self, name: str) -> str:
        """Return the node that the name is of."""
        return f"node {name}"


OCCM = Occm()
