# SPDX-License-Identifier: Apache-2.0

"""The names that cloud-provider-openstack (OCCM) gives to Octavia's objects.

Load balancer `kube_service_<cluster>_<ns>_<svc>`, cut at 255 characters; listener and pool
`listener_<number>_` and `pool_<number>_` before that.
"""

import re

from kuryrsctp.makers import kuryr
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
