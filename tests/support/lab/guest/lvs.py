# SPDX-License-Identifier: Apache-2.0

"""Load balancing as keepalived's configuration asks for it, and as the kernel does it."""

import ipaddress
import re
from dataclasses import dataclass, field

Endpoint = tuple[str, str, int]
"""Protocol, address and port of a virtual service."""
Server = tuple[str, int]


@dataclass
class Service:
    """The real servers behind a virtual service, with their weights."""

    servers: dict[Server, int] = field(default_factory=dict)
    checked: bool = False
    """Whether keepalived takes failing servers out, so that any of them may be missing."""


def parse_configuration(text: str) -> dict[Endpoint, Service]:
    """Return the virtual services of a configuration made by Octavia's LVS template."""
    groups: dict[str, list[Server]] = {}
    services: dict[Endpoint, Service] = {}
    group: list[Server] = []
    service = Service()
    members: list[Server] = []
    server: Server = ("", 0)
    for line in text.splitlines():
        match line.split():
            case ["virtual_server_group", name, "{"]:
                group = groups.setdefault(name, [])
            case [address, port] if _is_address(address):
                group.append((_normal(address), int(port)))
            case ["virtual_server", "group", name, "{"]:
                service, members = Service(), groups[name]
            case ["protocol", protocol]:
                services.update({(protocol, *member): service for member in members})
            case ["real_server", address, port, "{"]:
                server = (_normal(address), int(port))
            case ["weight", weight]:
                service.servers[server] = int(weight)
            case [word, "{"] if word.endswith(("_CHECK", "_GET")):
                service.checked = True
    return services


def parse_kernel(text: str) -> dict[Endpoint, Service]:
    """Return the virtual services of ``/proc/net/ip_vs``."""
    services: dict[Endpoint, Service] = {}
    service = Service()
    for line in text.splitlines():
        match line.split():
            case ["TCP" | "UDP" | "SCTP" as protocol, endpoint, *_]:
                service = services.setdefault((protocol, *_endpoint(endpoint)), Service())
            case ["->", endpoint, _, weight, *_] if weight.isdecimal():
                service.servers[_endpoint(endpoint)] = int(weight)
    return services


def applied(wanted: dict[Endpoint, Service], found: dict[Endpoint, Service]) -> bool:
    """Return whether the kernel does exactly what the configurations ask for.

    A service without servers cannot be asked of keepalived, and is not expected.
    """
    expected = {name: service for name, service in wanted.items() if service.servers}
    if expected.keys() != found.keys():
        return False
    return all(
        found[name].servers.items() <= service.servers.items()
        if service.checked
        else found[name].servers == service.servers
        for name, service in expected.items()
    )


def _endpoint(text: str) -> Server:
    """Return the address and port of "0A00009E:005A" or "[fd00::1]:005A"."""
    address, _, port = text.rpartition(":")
    if re.fullmatch("[0-9A-F]{8}", address):
        return str(ipaddress.IPv4Address(int(address, 16))), int(port, 16)
    return _normal(address.strip("[]")), int(port, 16)


def _normal(address: str) -> str:
    return str(ipaddress.ip_address(address))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
