# SPDX-License-Identifier: Apache-2.0

"""Reading Neutron: what it refuses is unreadable, what it fails at is an error."""

from types import SimpleNamespace
from typing import Any

import openstack.exceptions
import pytest
import requests

from kuryrsctp.cloud import neutron
from kuryrsctp.cloud.deadline import Deadline
from kuryrsctp.errors import CloudError
from kuryrsctp.model import NetworkState, Unreadable
from tests.support.model import listener, load_balancer, member, pool

RULE = {"direction": "ingress", "ethertype": "IPv4", "protocol": "sctp"}


class FakeNetwork:
    """Stands in for the SDK's network proxy, for refusals that are hard to bring about."""

    def __init__(self, endpoint: str | None = "http://neutron", **refusals: Exception) -> None:
        self.endpoint = endpoint
        self.refusals = refusals
        self.queries: list[tuple[str, dict[str, Any]]] = []
        self.rule: dict[str, Any] = RULE

    def get_endpoint(self) -> str | None:
        return self.endpoint

    def _asked(self, kind: str, query: dict[str, Any]) -> None:
        self.queries.append((kind, query))
        if kind in self.refusals:
            raise self.refusals[kind]

    def ports(self, **query: Any) -> list[Any]:
        self._asked("ports", query)
        addresses = [one.removeprefix("ip_address=") for one in query["fixed_ips"]]
        return [
            SimpleNamespace(
                id=f"port-{one}",
                project_id="2e89a9e0",
                fixed_ips=[{"ip_address": one}],
                security_group_ids=["group"],
                is_port_security_enabled=True,
            )
            for one in addresses
        ]

    def subnets(self, **query: Any) -> list[Any]:
        self._asked("subnets", query)
        return [SimpleNamespace(id=one, cidr="10.0.0.128/26") for one in query["id"]]

    def ips(self, **query: Any) -> list[Any]:
        self._asked("ips", query)
        return []

    def security_groups(self, **query: Any) -> list[Any]:
        self._asked("security_groups", query)
        return [SimpleNamespace(id=one, security_group_rules=[self.rule]) for one in query["id"]]


def read(network: FakeNetwork, members: int = 2) -> NetworkState:
    found = [member(address=f"10.1.{one // 250}.{one % 250}") for one in range(members)]
    whole = load_balancer(listener(pool=pool(*found)))
    connection: Any = SimpleNamespace(network=network, current_project_id="2e89a9e0")
    return neutron.read(connection, [whole], Deadline(20))


def forbidden() -> Exception:
    return openstack.exceptions.ForbiddenException()


def test_a_service_costs_one_list_of_each_kind() -> None:
    network = FakeNetwork()
    read(network)
    kinds = [kind for kind, _ in network.queries]
    assert sorted(kinds) == ["ips", "ports", "security_groups", "subnets"]


def test_many_members_are_asked_for_in_urls_that_neutron_takes() -> None:
    network = FakeNetwork()
    found = read(network, members=250)
    sizes = [len(query["fixed_ips"]) for kind, query in network.queries if kind == "ports"]
    assert sorted(sizes) == [51, 100, 100]
    assert not isinstance(found.ports, Unreadable)
    assert len(found.ports) == 251


def test_what_may_not_be_read_is_unreadable_and_the_rest_is_read() -> None:
    found = read(FakeNetwork(security_groups=forbidden()))
    assert found.groups == Unreadable("these credentials may not read it in Neutron")
    assert not isinstance(found.ports, Unreadable)


def test_without_ports_there_are_no_groups_to_ask_for() -> None:
    network = FakeNetwork(ports=forbidden())
    found = read(network)
    assert found.ports == found.groups
    assert isinstance(found.ports, Unreadable)
    assert "security_groups" not in [kind for kind, _ in network.queries]


def test_a_cloud_without_floating_ips_has_them_unreadable() -> None:
    found = read(FakeNetwork(ips=openstack.exceptions.NotFoundException()))
    assert found.floating_ips == Unreadable("this cloud's Neutron does not have it")


def test_a_cloud_without_neutron_is_no_failure() -> None:
    reason = "the catalog holds no Neutron for these credentials"
    assert read(FakeNetwork(endpoint=None)) == NetworkState.unreadable(reason)


def test_where_neutron_fails_nothing_is_said_of_the_service() -> None:
    answer = requests.Response()
    answer.status_code = 500
    failure = openstack.exceptions.HttpException(response=answer)
    with pytest.raises(CloudError, match="the API failed"):
        read(FakeNetwork(subnets=failure))


def test_a_rule_that_makes_no_sense_is_neutrons_failure() -> None:
    network = FakeNetwork()
    network.rule = RULE | {"remote_ip_prefix": "anywhere"}
    with pytest.raises(CloudError, match="malformed"):
        read(network)
