# SPDX-License-Identifier: Apache-2.0

"""The data path of the provider ovn: Open vSwitch, with the client and the pods as Neutron's ports.

client --+                                  (Neutron's router and load balancers: OVN's flows)
a pod ---+--- br-int --- br-ex --- outside  (203.0.113.1, the public network's gateway)
a pod ---+
"""

import json
import socket
from collections.abc import Collection, Mapping
from typing import Any

from tests.support.lab import topology
from tests.support.lab.guest import cloud_servers, host_faults, links, network, system
from tests.support.lab.guest.ovn_switch import Switch
from tests.support.lab.guest_settings import Settings
from tests.support.ovn.ovn_programs import VARIABLE

_MODULES = (
    *("ipv6", "sctp", "veth", "openvswitch", "sch_netem", "nf_conntrack_netlink"),
    *("iptable_filter", "ip6table_filter", "ipt_REJECT", "ip6t_REJECT"),
    *network.COOKIE_MODULES,
)
_PORTS = cloud_servers.DIRECTORY / "ports.json"
_FIRST_INDEX = 100
_ROUTER_TIMEOUT = 30.0
_DISCARD = 9  # a UDP port


class OvnPath:
    """See `packet_path.DataPath`."""

    def __init__(self, settings: Settings) -> None:
        assert settings.ovn_programs
        self._programs = settings.ovn_programs
        self._switch = Switch(self._programs)
        self._port_ids: list[str] = []
        client = next(host for host in topology.HOSTS if host.name == topology.CLIENT)
        self._pods = {host.name: host for host in topology.pod_hosts(settings.pods)}
        self._hosts = (client, *self._pods.values())

    def build(self) -> None:
        """Make the namespaces, which have no link yet but the client's to the APIs."""
        system.call(["modprobe", "-a", *_MODULES])
        names = [*(host.name for host in self._hosts), topology.OUTSIDE]
        system.ip(*(f"netns add {name}" for name in names))
        for name in names:
            with system.inside(name):
                system.ip("link set lo up")
        network.connect_apis()
        network.name_hosts(self._hosts)

    def cloud_variables(self) -> Mapping[str, str]:
        """Tell the cloud where OVN's programs are."""
        return {VARIABLE: self._programs}

    def connect(self) -> None:
        """Start the switch, and plug the hosts into Neutron's ports."""
        self._switch.start()
        system.progress("switch")
        ports: dict[str, Any] = {}

        def is_known() -> bool:
            ports.update(_read_ports())
            return bool(ports)

        system.wait_until(is_known, cloud_servers.START_TIMEOUT, "the cloud's ports are known")
        self._switch.follow()
        ends = {}
        for number, host in enumerate(self._hosts):
            port = ports[host.name]
            ends[f"tap{port['id'][:11]}"] = port["id"]
            self._plug(host, _FIRST_INDEX + number, port)
        self._plug_outside()
        self._switch.plug(ends, topology.OUTSIDE)
        self._port_ids = list(ends.values())
        system.progress("ports")

    def wait(self) -> None:
        """Wait until every change of Neutron's has become flows."""
        self._switch.wait(self._port_ids)
        system.wait_until(self._reaches_router, _ROUTER_TIMEOUT, "OVN's router answers the client")
        # On one CPU an ICMP error would come too early, as behind a router: see `network`.
        network.delay_errors(topology.CLIENT, "eth0", "lo")
        network.delay_errors(topology.OUTSIDE, "eth0")

    def targets(self, verb: str) -> Collection[str]:
        """Each pod; the way to the load balancers has no link of its own."""
        return self._pods if verb == "unplug" else (topology.AMPHORA, *self._pods)

    def drop(self, target: str) -> None:
        """Let the pod, or the client, lose the packets."""
        host_faults.drop(target)

    def reject(self, target: str, kind: str) -> None:
        """Let the pod, or the client itself, answer."""
        host_faults.reject(target, kind)

    def unplug(self, target: str) -> None:
        """Take the link down."""
        links.down(self._pods[target])

    def restore(self, target: str) -> None:
        """Mend the packet filter and the link."""
        host_faults.restore(target)
        if target in self._pods:
            links.up(self._pods[target])

    def _reaches_router(self) -> bool:
        """Ask for the MAC address of the client's router, which is one of the switch's flows."""
        client = self._hosts[0]
        gateway = client.network.ipv4_gateway
        with system.inside(client.name), socket.socket(type=socket.SOCK_DGRAM) as asking:
            asking.sendto(b"", (gateway, _DISCARD))
            neighbours = system.call(["ip", "neigh", "show", gateway, "dev", client.interface])
        return "lladdr" in neighbours

    @staticmethod
    def _plug(host: topology.Host, index: int, port: Mapping[str, str]) -> None:
        """Connect a host as a compute node does: its interface has the port's MAC address."""
        tap = f"tap{port['id'][:11]}"
        # The kernel takes a second to see that a link is up when both ends have the same index.
        system.ip(
            f"link add {host.interface} index {index} netns {host.name} address {port['mac']} "
            f"type veth peer name {tap}",
            f"link set {tap} up",
        )
        with system.inside(host.name):
            system.ip(f"addr add {host.ipv4}/{host.network.ipv4_prefix} dev {host.interface}")
        links.up(host)

    @staticmethod
    def _plug_outside() -> None:
        system.ip(
            f"link add eth0 index {_FIRST_INDEX - 1} netns {topology.OUTSIDE} type veth "
            f"peer name {topology.OUTSIDE}",
            f"link set {topology.OUTSIDE} up",
        )
        with system.inside(topology.OUTSIDE):
            system.ip("link set eth0 up", f"addr add {topology.OUTSIDE_ADDRESS} dev eth0")


def _read_ports() -> dict[str, Any]:
    """Return the ports that the cloud has written down, none while it has not, or not all of it."""
    try:
        read: dict[str, Any] = json.loads(_PORTS.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return read
