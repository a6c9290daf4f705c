# SPDX-License-Identifier: Apache-2.0

"""What people, or a cloud in trouble, do to a maker's objects in Octavia and Neutron.

An object is named by its kind and, where there are several, its place from 0; ``{of: 1}``
at the end says of which load balancer it is a part:

  ``add KIND {values}``, ``change KIND ATTRIBUTE VALUE [PLACE]``, ``delete KIND [PLACE]``;
  the ``default_pool`` of a listener that is added is the place of a pool
  ``error KIND [PLACE]``  let it be in ERROR; ``mend KIND [PLACE]`` lets it be ACTIVE
  ``attach ADDRESS``      let a floating IP lead to the first load balancer
  ``occupy ADDRESS``      make a port in the subnet of Services that has the address
  ``release ADDRESS``     delete that port
  ``quota KIND NUMBER``   let the project have no more of a kind, as Octavia's API calls it
  ``unlimited``           take all such limits away
  ``make KIND {values}``  make a ``load-balancer`` or a ``port`` on a network, by its ID; or a
                          ``floating-ip`` that has the address, and leads to a port where given
  ``report {states}``     let amphorae report members so, by their names, such as DOWN
"""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from openstack.connection import Connection

from tests.support import kuryr
from tests.support.cloud import Cloud, walkthrough

BY_HAND = "made by hand"  # the description of a port
_TABLES = {"load-balancer": "load_balancer", "listener": "listener", "pool": "pool"}
_TABLES |= {"member": "member", "health-monitor": "health_monitor"}


class Hand:
    """Somebody with the project's rights, and with Octavia's database for what no API does.

    What stands in the way of other cases is undone when `stack` is closed.
    """

    def __init__(
        self,
        cloud: Cloud,
        connection: Connection,
        admin: Connection,
        balancers: list[str],
        stack: ExitStack,
    ) -> None:
        self._cloud = cloud
        self._connection = connection
        self._admin = admin
        self._api: Any = connection.load_balancer
        self._balancers = balancers
        self._stack = stack
        self._of = 0

    def do(self, operation: str, *arguments: Any, of: int = 0, **values: Any) -> None:
        """Do one operation, such as ``delete listener`` or ``error member 1``.

        :param of: the place of the load balancer whose part it is.
        """
        self._of = of
        actions: dict[str, Callable[..., None]] = {
            "add": self._add,
            "attach": self._attach,
            "change": self._change,
            "delete": self._delete,
            "error": self._error,
            "make": self._make,
            "mend": self._mend,
            "occupy": self._occupy,
            "quota": self._quota,
            "release": self._release,
            "report": self._report,
            "unlimited": self._unlimited,
        }
        actions[operation](*arguments, **values)
        for balancer in self._balancers:
            if self._exists(balancer):
                kuryr.settle(self._connection, balancer)

    def _exists(self, balancer: str) -> bool:
        return any(found.id == balancer for found in self._api.load_balancers())

    def _delete(self, kind: str, place: int = 0) -> None:
        found = self._find(kind, place)
        if kind == "load-balancer":
            kuryr.delete(self._connection, found.id)
        elif kind == "member":
            self._api.delete_member(found.id, self._find("pool", 0).id)
        elif kind == "health-monitor":
            self._api.delete_health_monitor(found.id)
        elif kind == "floating-ip":
            self._connection.network.delete_ip(found.id)
        else:
            getattr(self._api, f"delete_{kind}")(found.id)

    def _change(self, kind: str, attribute: str, value: Any, place: int = 0) -> None:
        """Change one attribute, named as the SDK does, such as ``change listener name x``."""
        found = self._find(kind, place)
        update = getattr(self._api, f"update_{kind.replace('-', '_')}")
        parent = [self._find("pool", 0).id] if kind == "member" else []
        update(found.id, *parent, **{attribute: value})

    def _error(self, kind: str, place: int = 0) -> None:
        """Let an object be in ERROR; no API does that."""
        self._set_status(kind, place, "ERROR")

    def _mend(self, kind: str, place: int = 0) -> None:
        self._set_status(kind, place, "ACTIVE")

    def _set_status(self, kind: str, place: int, status: str) -> None:
        statement = f"UPDATE {_TABLES[kind]} SET provisioning_status = ? WHERE id = ?"
        self._cloud.sql("octavia", statement, [status, self._find(kind, place).id])

    def _attach(self, address: str) -> None:
        network: Any = self._connection.network
        (floating,) = network.ips(floating_ip_address=address)
        port = self._api.get_load_balancer(self._balancers[0]).vip_port_id
        network.update_ip(floating.id, port_id=port)

    def _add(self, kind: str, **values: Any) -> None:
        balancer = self._balancers[self._of]
        if kind == "member":
            self._api.create_member(self._find("pool", 0).id, **values)
        elif kind == "listener":
            if "default_pool" in values:
                values["default_pool_id"] = self._find("pool", values.pop("default_pool")).id
            self._api.create_listener(loadbalancer_id=balancer, **values)
        elif kind == "pool":
            self._api.create_pool(loadbalancer_id=balancer, **values)
        else:
            self._api.create_health_monitor(pool_id=self._find("pool", 0).id, **values)

    def _make(self, kind: str, **values: Any) -> None:
        network: Any = self._admin.network
        values["project_id"] = self._connection.current_project_id
        if kind == "load-balancer":
            del values["project_id"]
            self._balancers.append(self._api.create_load_balancer(**values).id)
        elif kind == "port":
            made = network.create_port(description=BY_HAND, **values)
            self._stack.callback(network.delete_port, made.id)
        else:
            public = network.find_network(walkthrough.PUBLIC_NETWORK.name, ignore_missing=False)
            made = network.create_ip(floating_network_id=public.id, **values)
            self._stack.callback(network.delete_ip, made.id)

    def _report(self, **states: str) -> None:
        self._stack.callback(self._cloud.report, {})
        self._cloud.report(states)

    def _occupy(self, address: str) -> None:
        network: Any = self._connection.network
        subnet = network.find_subnet(kuryr.SUBNET, ignore_missing=False)
        fixed = [{"subnet_id": subnet.id, "ip_address": address}]
        network.create_port(name=address, network_id=subnet.network_id, fixed_ips=fixed)
        self._stack.callback(self._release, address)

    def _release(self, address: str) -> None:
        network: Any = self._connection.network
        for port in list(network.ports(name=address)):
            network.delete_port(port)

    def _quota(self, kind: str, number: int) -> None:
        self._stack.callback(self._unlimited)
        if kind == "floating-ip":
            network: Any = self._admin.network
            network.update_quota(self._connection.current_project_id, floating_ips=number)
            return
        octavia: Any = self._admin.load_balancer
        octavia.put(self._quotas, json={"quota": {kind: number}}).raise_for_status()

    def _unlimited(self) -> None:
        network: Any = self._admin.network
        network.delete_quota(self._connection.current_project_id)
        octavia: Any = self._admin.load_balancer
        octavia.delete(self._quotas).raise_for_status()

    @property
    def _quotas(self) -> str:
        return f"/lbaas/quotas/{self._connection.current_project_id}"

    def _find(self, kind: str, place: int) -> Any:
        """Return an object, of those of its kind in the order of their names."""
        balancer = self._balancers[self._of]
        if kind == "load-balancer":
            return self._api.get_load_balancer(self._balancers[place])
        if kind == "floating-ip":
            port = self._api.get_load_balancer(balancer).vip_port_id
            (floating,) = self._connection.network.ips(port_id=port)
            return floating
        if kind == "listener":
            found = self._api.listeners(load_balancer_id=balancer)
        elif kind == "pool":
            found = self._api.pools(loadbalancer_id=balancer)
        elif kind == "member":
            found = self._api.members(self._find("pool", 0).id)
        else:
            found = self._api.health_monitors(pool_id=self._find("pool", 0).id)
        return sorted(found, key=lambda part: str(part.name))[place]
