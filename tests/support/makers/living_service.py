# SPDX-License-Identifier: Apache-2.0

"""Services for the makers to work on: how they are made, changed in health, broken and mended."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from openstack.connection import Connection

from tests.support.makers.by_hand import Hand
from tests.support.makers.catalogue import whole
from tests.support.makers.lab import MakerAtWork, MakersLab

# What a maker needs of a Service so that it makes a load balancer.
_TYPES: Mapping[str, Mapping[str, Any]] = {"kuryr": {}, "occm": {"type": "LoadBalancer"}}
_LABEL = "app"


@dataclass(frozen=True)
class LivingService:
    """A Service in a namespace, its pods, and the maker that follows them."""

    lab: MakersLab
    maker: str
    namespace: str
    name: str = "web"

    @property
    def full_name(self) -> str:
        """The Service as NAMESPACE/NAME."""
        return f"{self.namespace}/{self.name}"

    @property
    def at_work(self) -> MakerAtWork:
        """The maker."""
        return self.lab.maker(self.maker)

    def apply(self, port: int = 90, target: int = 9090, **more: Any) -> None:
        """Make the Service, or give it another port or target port."""
        short = {"service": self.name, "ports": [f"sctp {port} to {target}"]}
        self._apply({**short, "selector": {_LABEL: self.name}, **_TYPES[self.maker], **more})

    def scale(self, pods: int) -> None:
        """Let so many pods run for it."""
        api = self.at_work.api
        wanted = {f"{self.name}-{number}" for number in range(pods)}
        for found in api.list("Pod", self.namespace, labelSelector=f"{_LABEL}={self.name}"):
            if found["metadata"]["name"] not in wanted:
                api.delete("Pod", found["metadata"]["name"], self.namespace)
        for name in sorted(wanted):
            self._apply({"pod": name, "labels": {_LABEL: self.name}})

    def annotate(self, name: str, value: str) -> None:
        """Change the Service a little, so that its maker looks at it."""
        change = {"metadata": {"annotations": {name: value}}}
        self.at_work.api.patch("Service", self.name, change, self.namespace)

    def delete(self) -> None:
        """Delete the Service; its pods stay."""
        self.at_work.api.delete("Service", self.name, self.namespace)

    def hand(self, connection: Connection) -> Hand:
        """Return somebody who changes what the maker made."""
        api: Any = connection.load_balancer
        mark = f"_{self.namespace}_{self.name}"
        found = [
            balancer.id
            for balancer in api.load_balancers()
            if balancer.name == self.full_name or balancer.name.endswith(mark)
        ]
        # None of its faults needs an administrator, or has to be undone.
        return Hand(self.lab.cloud, connection, connection, found, ExitStack())

    def _apply(self, short: dict[str, Any]) -> None:
        self.at_work.api.apply(whole(short), self.namespace)


Act = Callable[[LivingService, Hand], None]


@dataclass(frozen=True)
class Fault:
    """A fault, the check that finds it, and what mends it: by hand, or by the maker.

    `left` is what is still odd then, as the maker leaves it.
    """

    name: str
    check: str
    make: Act
    mend: Act
    left: frozenset[str] = frozenset()


def _by_hand(*words: Any, **values: Any) -> Act:
    return lambda _, hand: hand.do(*words, **values)


def _mended_by_maker(service: LivingService, _: Hand) -> None:
    """Let the maker notice: Kuryr in its round, cloud-provider-openstack at a change."""
    if service.maker == "kuryr":
        service.at_work.start_round()
    else:
        service.annotate("lab/noticed", "yes")


FAULTS = (
    Fault("balancer-in-error", "load-balancer-provisioning",
          _by_hand("error", "load-balancer"), _by_hand("mend", "load-balancer")),
    Fault("balancer-off", "load-balancer-admin-state",
          _by_hand("change", "load-balancer", "is_admin_state_up", False),
          _by_hand("change", "load-balancer", "is_admin_state_up", True)),
    Fault("listener-off", "listener-admin-state",
          _by_hand("change", "listener", "is_admin_state_up", False),
          _by_hand("change", "listener", "is_admin_state_up", True)),
    Fault("listener-deleted", "listener-exists",
          _by_hand("delete", "listener"), _mended_by_maker, frozenset({"pools-used"})),
    Fault("pool-off", "pool-admin-state",
          _by_hand("change", "pool", "is_admin_state_up", False),
          _by_hand("change", "pool", "is_admin_state_up", True)),
    Fault("pool-deleted", "pool-exists",
          _by_hand("delete", "pool"), _mended_by_maker),
)  # fmt: skip
