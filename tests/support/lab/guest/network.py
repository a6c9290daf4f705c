# SPDX-License-Identifier: Apache-2.0

"""Builds the namespaces, bridges, addresses and packet filters of the topology."""

import json
import socket
from collections.abc import Sequence
from pathlib import Path

from tests.support.lab import topology
from tests.support.lab.guest import packet_faults, system

COOKIE_MODULES = ("hmac", "md5", "sha1_generic")
"""SCTP signs its cookies with these, and without them listen() fails."""

_MODULES = (
    *("ipv6", "sctp", "veth", "bridge", "sch_netem", "nf_conntrack_netlink"),
    *("ip_vs", "ip_vs_rr", "ip_vs_wrr", "ip_vs_lc", "ip_vs_sh"),
    *("iptable_nat", "iptable_filter", "iptable_raw"),
    *("ip6table_nat", "ip6table_filter", "ip6table_raw"),
    *("xt_MASQUERADE", "xt_sctp", "xt_conntrack", "xt_CT", "ipt_REJECT", "ip6t_REJECT"),
    *COOKIE_MODULES,
)

# What an amphora sets in its namespace (Octavia's amphora-netns service).
_AMPHORA_SYSCTLS = (
    "ipv4/ip_forward",
    "ipv4/vs/conntrack",
    "ipv6/conf/all/forwarding",
    "ipv4/vs/expire_nodest_conn",
    "ipv4/vs/expire_quiescent_template",
)

# What Octavia's lvs-masquerade script sets where there is no nftables.
_MASQUERADE = """\
*nat
-A POSTROUTING -p udp -o {interface} -j MASQUERADE
-A POSTROUTING -p sctp -o {interface} -j MASQUERADE
COMMIT
*raw
-A PREROUTING -p tcp -i {interface} -j NOTRACK
-A OUTPUT -p tcp -o {interface} -j NOTRACK
COMMIT
"""

# The namespace that Octavia's keepalived configurations name.
_OCTAVIA_NAMESPACE = "amphora-haproxy"
_CONNTRACK_ENTRIES = "125000"
_FIRST_INDEX = 100
_HOSTNAME = "lab"
_LINK_TIMEOUT = 10.0


def build(pods: Sequence[topology.Pod], management: bool = True) -> None:
    """Make every namespace of the topology, with the pods given, and connect them.

    Without ``management`` the client has no second address, which is for APIs inside the guest.
    SCTP would call a floating IP from it: the client's other one is private, and so of less scope.
    """
    system.call(["modprobe", "-a", *_MODULES])
    for name in ("buckets", "max"):
        _sysctl(f"netfilter/nf_conntrack_{name}", _CONNTRACK_ENTRIES)
    hosts = (*topology.HOSTS, *topology.pod_hosts(tuple(pods)))
    names = [topology.ROUTER, *(host.name for host in hosts)]
    system.ip(*(f"netns add {name}" for name in names))
    (system.NAMESPACES / _OCTAVIA_NAMESPACE).symlink_to(topology.AMPHORA)

    # The kernel takes a second to see that a link is up when both ends have the same index.
    system.ip(
        *(
            f"link add {host.interface} index {_FIRST_INDEX + number} netns {host.name} type veth "
            f"peer name port{number} netns {topology.ROUTER}"
            for number, host in enumerate(hosts)
        )
    )
    _router(hosts)
    for host in hosts:
        _host(host)
    if management:
        connect_apis()
    delay_errors(topology.CLIENT, "eth0")
    amphora = next(host for host in hosts if host.name == topology.AMPHORA)
    with system.inside(amphora.name):
        balance(amphora.interface)
    packet_faults.prepare(pods)
    name_hosts(hosts)


def wait() -> None:
    """Wait until the kernel has seen which bridges are up; IPv6 does not work before that."""

    def up() -> bool:
        shown = json.loads(system.call(["ip", "-json", "link"]))
        used = {link["master"] for link in shown if "master" in link}
        return all(link["operstate"] == "UP" for link in shown if link["ifname"] in used)

    with system.inside(topology.ROUTER):
        system.wait_until(up, _LINK_TIMEOUT, "the network is up")


def _router(hosts: Sequence[topology.Host]) -> None:
    lines = ["link set lo up"]
    for network in topology.NETWORKS:
        lines += [
            f"link add {network.name} type bridge forward_delay 0",
            f"addr add {network.ipv4_gateway}/{network.ipv4_prefix} dev {network.name}",
            f"addr add {network.ipv6_gateway}/{network.ipv6_prefix} dev {network.name} nodad",
            f"link set {network.name} up",
        ]
    for number, host in enumerate(hosts):
        lines.append(f"link set port{number} master {host.network.name} up")
    with system.inside(topology.ROUTER):
        system.ip(*lines)
        _sysctl("ipv4/ip_forward")
        _sysctl("ipv6/conf/all/forwarding")


def _host(host: topology.Host) -> None:
    network, interface = host.network, host.interface
    with system.inside(host.name):
        system.ip(
            "link set lo up",
            f"link set {interface} up",
            f"addr add {host.ipv4}/{network.ipv4_prefix} dev {interface}",
            f"addr add {host.ipv6}/{network.ipv6_prefix} dev {interface} nodad",
            f"route add default via {network.ipv4_gateway}",
            f"route add default via {network.ipv6_gateway}",
        )


def connect_apis() -> None:
    """Connect the client to the APIs."""
    prefix = topology.API_PREFIX
    system.ip(
        "link set lo up",
        f"link add mgmt0 type veth peer name mgmt0 netns {topology.CLIENT}",
        f"addr add {topology.API_ADDRESS}/{prefix} dev mgmt0",
        "link set mgmt0 up",
    )
    with system.inside(topology.CLIENT):
        system.ip(f"addr add {topology.API_CLIENT_ADDRESS}/{prefix} dev mgmt0", "link set mgmt0 up")


def delay_errors(host: str, *interfaces: str) -> None:
    """Let a client's errors arrive in time."""
    with system.inside(host):
        # On one CPU an ICMP error comes back before the sender has let go of its socket, and
        # would be seen only with the next retransmission; no real network is that fast.
        for interface in interfaces:
            system.call(["tc", *f"qdisc add dev {interface} root netem delay 1ms".split()])


def balance(interface: str) -> None:
    """Let the kernel's load balancer of this namespace work as an amphora's does."""
    for name in _AMPHORA_SYSCTLS:
        _sysctl(name)
    rules = _MASQUERADE.format(interface=interface)
    for program in ("iptables-legacy-restore", "ip6tables-legacy-restore"):
        system.call([program], rules)


def name_hosts(hosts: Sequence[topology.Host]) -> None:
    """Let every name be found, or not found, at once: there is no name server."""
    socket.sethostname(_HOSTNAME)
    lines = [f"127.0.0.1 localhost {_HOSTNAME}", "::1 localhost"]
    lines += [f"{address} {host.name}" for host in hosts for address in (host.ipv4, host.ipv6)]
    Path("/etc/hosts").write_text("\n".join(lines) + "\n")
    resolver = Path("/etc/resolv.conf")
    resolver.unlink(missing_ok=True)
    resolver.write_text("nameserver 127.0.0.1\n")


def _sysctl(name: str, value: str = "1") -> None:
    Path("/proc/sys/net", name).write_text(value)
