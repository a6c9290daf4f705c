# SPDX-License-Identifier: Apache-2.0

"""What moves the packets in the machine: one protocol for every provider."""

from collections.abc import Collection, Mapping
from typing import Protocol

from tests.support.cloud.providers import OVN
from tests.support.lab.guest_settings import Settings


class DataPath(Protocol):
    """Everything in the machine that depends on the provider. Each method may raise GuestError."""

    def build(self) -> None:
        """Make the namespaces, and whatever can be made before there is a cloud."""

    def cloud_variables(self) -> Mapping[str, str]:
        """Return variables that the cloud's servers need."""

    def connect(self) -> None:
        """Connect what waits for the cloud, which was started."""

    def wait(self) -> None:
        """Wait until packets can pass."""

    def targets(self, verb: str) -> Collection[str]:
        """Return what drop, reject, unplug or restore can be done to."""

    def drop(self, target: str) -> None:
        """Lose every packet to and from the target without a word."""

    def reject(self, target: str, kind: str) -> None:
        """Answer every packet to and from the target with an ICMP error."""

    def unplug(self, target: str) -> None:
        """Take the target's link down: nobody answers for its address any more."""

    def restore(self, target: str) -> None:
        """Undo drop, reject and unplug."""


def of(settings: Settings) -> DataPath:
    """Return the data path that the settings ask for."""
    if settings.provider == OVN:
        from tests.support.lab.guest.ovn_path import OvnPath

        return OvnPath(settings)
    from tests.support.lab.guest.amphora_path import AmphoraPath

    return AmphoraPath(settings)
