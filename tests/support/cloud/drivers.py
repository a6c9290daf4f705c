# SPDX-License-Identifier: Apache-2.0

"""Octavia's drivers for amphorae that are no virtual machines but a directory of configuration."""

from types import SimpleNamespace
from typing import Any, ClassVar

from octavia.amphorae.drivers.noop_driver.driver import NoopAmphoraLoadBalancerDriver
from octavia.common import clients, constants
from octavia.compute.drivers.noop_driver.driver import NoopComputeDriver
from octavia.db import api, models
from octavia.network.drivers.neutron.allowed_address_pairs import AllowedAddressPairsDriver

from tests.support.cloud import render


class AmphoraDriver(NoopAmphoraLoadBalancerDriver):
    """Hands each load balancer to the data path at the moments a real amphora would get it."""

    def post_vip_plug(
        self, amphora: Any, load_balancer: Any, *arguments: Any, **options: Any
    ) -> None:
        """Make the VIP known."""
        render.publish(load_balancer)

    def update(self, loadbalancer: Any) -> None:
        """Make changed listeners, pools and members known."""
        render.publish(loadbalancer)

    def update_amphora_listeners(self, loadbalancer: Any, amphora: Any, timeout_dict: Any) -> None:
        """Make listeners known to one amphora, the only one a load balancer has here."""
        render.publish(loadbalancer)

    def delete(self, listener: Any) -> None:
        """Take a listener away."""
        render.withdraw_listener(listener)


class ComputeDriver(NoopComputeDriver):
    """Does to Neutron's ports what Nova would do, which Octavia's real network driver needs."""

    def attach_network_or_port(
        self,
        compute_id: str,
        network_id: str | None = None,
        ip_address: str | None = None,
        port_id: str | None = None,
    ) -> SimpleNamespace:
        """Bind a port to an amphora, and describe it as Nova does."""
        port = clients.NeutronAuth.get_neutron_client().network.update_port(
            port_id, device_id=compute_id, device_owner="compute:lab"
        )
        return SimpleNamespace(net_id=port.network_id, port_id=port.id, fixed_ips=port.fixed_ips)

    def detach_port(self, compute_id: str, port_id: str) -> None:
        """Free a port from its amphora."""
        clients.NeutronAuth.get_neutron_client().network.update_port(
            port_id, device_id="", device_owner="Octavia"
        )

    def delete(self, compute_id: str) -> None:
        """End an amphora; with a load balancer's last one its data path ends."""
        with api.session().begin() as session:
            amphora = session.query(models.Amphora).filter_by(compute_id=compute_id).one_or_none()
            if amphora is None or amphora.load_balancer is None:
                return
            loadbalancer_id = amphora.load_balancer.id
            others = [other for other in amphora.load_balancer.amphorae if other is not amphora]
            if any(other.status != constants.DELETED for other in others):
                return
        render.withdraw(loadbalancer_id)


class NetworkDriver(AllowedAddressPairsDriver):
    """Octavia's driver for Neutron, but asks once for Neutron's extensions, not in every task."""

    _extensions: ClassVar[dict[str, bool]] = {}

    def _check_extension_enabled(self, extension_alias: str) -> bool:
        if extension_alias not in self._extensions:
            enabled = super()._check_extension_enabled(extension_alias)
            self._extensions[extension_alias] = enabled
        return self._extensions[extension_alias]
