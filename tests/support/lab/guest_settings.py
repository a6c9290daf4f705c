# SPDX-License-Identifier: Apache-2.0

"""What the host tells the guest before it boots."""

import dataclasses
from typing import Any

from tests.support.cloud.providers import AMPHORA
from tests.support.lab import topology


@dataclasses.dataclass(frozen=True)
class Settings:
    """One machine's settings; times are in seconds."""

    cloud: bool
    memory: str
    timeout: float
    boot_timeout: float
    pods: tuple[topology.Pod, ...] = topology.PODS
    writable: tuple[str, ...] = ()
    amphora: str | None = None
    """Directory of ready-made load balancer configurations, used when no cloud makes them."""
    provider: str = AMPHORA
    """Who moves the packets; see `tests.support.cloud.providers`."""
    ovn_programs: str | None = None
    """Directory of OVN's programs; see `tests.support.ovn`."""
    modules: str | None = None
    """Directory of kernel modules that take the place of the kernel's own."""
    link: int | None = None
    """Descriptor of the keeper's that becomes the serial line of the link to the host."""

    def to_json(self) -> dict[str, Any]:
        """Return the settings as JSON can hold them."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Settings":
        """Return the settings that `to_json` was called on."""
        pods = tuple(
            topology.Pod(**{**pod, "command": tuple(pod["command"])}) for pod in content["pods"]
        )
        return cls(**{**content, "pods": pods, "writable": tuple(content["writable"])})
