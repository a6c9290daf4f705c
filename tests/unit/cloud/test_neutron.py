# SPDX-License-Identifier: Apache-2.0

"""Reading Neutron: what it refuses is unreadable, what it fails at is an error."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from kuryrsctp.cloud import neutron
from kuryrsctp.cloud.calls import Cloud
from kuryrsctp.errors import CloudError
from kuryrsctp.model import Listener, NetworkState, Unreadable
from tests.support.model import findings, listener, load_balancer, member, pool

RULE = {"direction": "ingress", "ethertype": "IPv4", "protocol": "sctp"}


class FakeNetwork:
    """Stands in for the SDK's adapter for Neutron, for refusals that are hard to bring about."""

    def __init__(self, endpoint: str | None = "http://neutron", **refusals: int) -> None:
        self.endpoint = endpoint
        self.refusals = refusals
        self.queries: list[tuple[str, dict[str, Any]]] = []
        self.rule: dict[str, Any] = RULE
        self.addresses = ["10.0.0.128/27", "fd00::/64", "192.0.2.1/32"]

    def get(self, path: str, params: dict[str, Any]) -> requests.Response:
        kind = path.removeprefix("/").replace("-", "_")
        self.queries.append((kind, params))
        answer = requests.Response()
        answer.status_code, answer.url = self.refusals.get(kind, 200), "http://neutron"
        answer._content = json.dumps({kind: getattr(self, kind)(params)}).encode()
        return answer

    def ports(self, query: dict[str, Any]) -> list[Any]:
        addresses = [address.removeprefix("ip_address=") for address in query["fixed_ips"]]
        return [
            {
                "id": f"port-{address}",
                "project_id": "2e89a9e0",
                "fixed_ips": [{"ip_address": address}],
                "security_groups": ["group"],
                "port_security_enabled": True,
            }
            for address in addresses
        ]

    def subnets(self, query: dict[str, Any]) -> list[Any]:
        return [{"id": key, "cidr": "10.0.0.128/26"} for key in query["id"]]

    def floatingips(self, query: dict[str, Any]) -> list[Any]:
        return []

    def security_groups(self, query: dict[str, Any]) -> list[Any]:
        return [{"id": key, "security_group_rules": [self.rule]} for key in query["id"]]

    def address_groups(self, query: dict[str, Any]) -> list[Any]:
        return [{"id": key, "addresses": self.addresses} for key in query["id"]]


def read(network: FakeNetwork, members: int = 2) -> NetworkState:
    pods = [member(address=f"10.1.{pod // 250}.{pod % 250}") for pod in range(members)]
    return read_around(network, listener(pool=pool(*pods)))


def read_around(network: FakeNetwork, *listeners: Listener) -> NetworkState:
    connection: Any = SimpleNamespace(current_project_id="2e89a9e0")
    cloud = Cloud(connection, 20)
    vars(cloud)["neutron"] = network if network.endpoint else None
    return neutron.read_network_state(cloud, [load_balancer(*listeners)])


def test_a_service_costs_one_list_of_each_kind() -> None:
    network = FakeNetwork()
    read(network)
    kinds = [kind for kind, _ in network.queries]
    assert sorted(kinds) == ["floatingips", "ports", "security_groups", "subnets"]


def test_addresses_are_asked_for_in_their_short_form() -> None:
    network = FakeNetwork()
    found = read_around(network, listener(pool=pool(member(address="fd00:75:0::75"))))
    (asked,) = (query["fixed_ips"] for kind, query in network.queries if kind == "ports")
    assert asked == ["ip_address=10.0.0.158", "ip_address=fd00:75::75"]
    assert not isinstance(found.ports, Unreadable)
    assert ("fd00:75::75",) in [port.addresses for port in found.ports]


def test_a_neutron_without_security_groups_filters_nothing() -> None:
    network = FakeNetwork()
    ports = network.ports
    network.ports = lambda query: [  # type: ignore[method-assign]
        {name: value for name, value in port.items() if "security" not in name}
        for port in ports(query)
    ]
    found = read(network)
    assert not isinstance(found.ports, Unreadable)
    assert not any(port.port_security for port in found.ports)
    assert "security_groups" not in [kind for kind, _ in network.queries]


def test_many_members_are_asked_for_in_urls_that_neutron_takes() -> None:
    network = FakeNetwork()
    found = read(network, members=250)
    sizes = [len(query["fixed_ips"]) for kind, query in network.queries if kind == "ports"]
    assert sorted(sizes) == [51, 100, 100]
    assert not isinstance(found.ports, Unreadable)
    assert len(found.ports) == 251


def test_what_may_not_be_read_is_unreadable_and_the_rest_is_read() -> None:
    found = read(FakeNetwork(security_groups=403))
    assert found.groups == Unreadable("these credentials may not read it in Neutron")
    assert not isinstance(found.ports, Unreadable)


def test_without_ports_there_are_no_groups_to_ask_for() -> None:
    network = FakeNetwork(ports=403)
    found = read(network)
    assert found.ports == found.groups
    assert isinstance(found.ports, Unreadable)
    assert "security_groups" not in [kind for kind, _ in network.queries]


def test_a_cloud_without_floating_ips_has_them_unreadable() -> None:
    found = read(FakeNetwork(floatingips=404))
    assert found.floating_ips == Unreadable("this cloud's Neutron does not have it")


def test_a_cloud_without_neutron_is_no_failure() -> None:
    reason = "the catalog holds no Neutron for these credentials"
    assert read(FakeNetwork(endpoint=None)) == NetworkState.unreadable(reason)


def test_where_neutron_fails_nothing_is_said_of_the_service() -> None:
    with pytest.raises(CloudError, match="the API failed"):
        read(FakeNetwork(subnets=500))


def test_a_rule_that_makes_no_sense_is_neutrons_failure() -> None:
    network = FakeNetwork()
    network.rule = RULE | {"remote_ip_prefix": "anywhere"}
    with pytest.raises(CloudError, match="malformed"):
        read(network)


def test_an_address_group_stands_for_its_addresses_of_the_rules_family() -> None:
    network = FakeNetwork()
    network.rule = RULE | {"remote_address_group_id": "balancers"}
    found = read(network)
    assert network.queries[-1][1]["id"] == ["balancers"]
    assert not isinstance(found.groups, Unreadable)
    prefixes = [rule.remote_ip_prefix for rule in found.groups["group"].rules]
    assert prefixes == ["10.0.0.128/27", "192.0.2.1/32"]


def test_an_address_group_that_cannot_be_read_leaves_open_whom_the_rule_admits() -> None:
    network = FakeNetwork(address_groups=404)
    network.rule = RULE | {"remote_address_group_id": "balancers"}
    found = read(network)
    assert not isinstance(found.groups, Unreadable)
    (rule,) = found.groups["group"].rules
    assert (rule.remote_address_group_id, rule.remote_ip_prefix) == ("balancers", None)


def test_an_address_group_that_makes_no_sense_is_neutrons_failure() -> None:
    network = FakeNetwork()
    network.rule, network.addresses = RULE | {"remote_address_group_id": "g"}, ["anywhere"]
    with pytest.raises(CloudError, match="malformed"):
        read(network)


def test_neutron_is_asked_for_the_members_of_every_listener_that_the_checks_look_at() -> None:
    network = FakeNetwork()
    mis_made = listener(protocol="TCP", pool=pool(member(address="10.0.0.11"), protocol="TCP"))
    web = listener(name="default/sctp-demo:TCP:80", protocol="TCP", pool=pool(member(address="1")))
    read_around(network, mis_made, web)
    (asked,) = (query["fixed_ips"] for kind, query in network.queries if kind == "ports")
    assert asked == ["ip_address=10.0.0.11", "ip_address=10.0.0.158"]
    checked = {
        finding.detail
        for finding in findings(load_balancer(mis_made, web))
        if finding.check == "member-address"
    }
    assert checked == {"10.0.0.11"}
