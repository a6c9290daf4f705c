# SPDX-License-Identifier: Apache-2.0

"""The data path of the provider amphora: a router, and one amphora for all load balancers."""

from collections.abc import Collection, Mapping

from tests.support.lab import topology
from tests.support.lab.guest import amphora, links, network, packet_faults, system
from tests.support.lab.guest_settings import Settings

_CONFIGURATIONS = system.STATE / "amphora"
_HOOK = system.STATE / "follow-amphora"
_HOOK_TEXT = f"""\
#!/bin/sh
export PYTHONPATH={topology.REPOSITORY}
exec /usr/bin/python3 -S -m tests.support.lab.guest.amphora "$@"
"""


class AmphoraPath:
    """See `packet_path.DataPath`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        hosts = (*topology.HOSTS, *topology.pod_hosts(settings.pods))
        self._hosts = {host.name: host for host in hosts if host.name != topology.CLIENT}

    def build(self) -> None:
        """Make every namespace and connect them."""
        network.build(self._settings.pods, management=self._settings.link is None)

    def cloud_variables(self) -> Mapping[str, str]:
        """Let Octavia's amphora driver call what configures the amphora."""
        _CONFIGURATIONS.mkdir()
        _HOOK.write_text(_HOOK_TEXT)
        _HOOK.chmod(0o755)
        return {
            "LAB_AMPHORA_DIR": str(_CONFIGURATIONS),
            "LAB_AMPHORA_HOOK": str(_HOOK),
            "LAB_AMPHORA_AGENT": str(amphora.AGENT),
        }

    def connect(self) -> None:
        """All is connected already."""

    def wait(self) -> None:
        """Wait for the bridges."""
        network.wait()

    def targets(self, verb: str) -> Collection[str]:
        """Each pod, and the amphora."""
        return self._hosts

    def drop(self, target: str) -> None:
        """Let the router lose the packets."""
        packet_faults.drop(target)

    def reject(self, target: str, kind: str) -> None:
        """Let the router answer."""
        packet_faults.reject(target, kind)

    def unplug(self, target: str) -> None:
        """Take the link down."""
        links.down(self._hosts[target])

    def restore(self, target: str) -> None:
        """Mend the router and the link."""
        packet_faults.restore(target)
        links.up(self._hosts[target])
