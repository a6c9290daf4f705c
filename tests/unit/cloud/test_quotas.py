# SPDX-License-Identifier: Apache-2.0

"""Reading Neutron's quota of ports: what it does not show is not known."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from kuryrsctp.cloud.calls import Cloud
from kuryrsctp.cloud.quotas import Quotas
from kuryrsctp.errors import CloudError
from kuryrsctp.model import Quota, QuotaKind

UNUSED = {"limit": -1, "used": 9, "reserved": 0}


class FakeNetwork:
    """Stands in for the SDK's adapter for Neutron, for refusals that are hard to bring about."""

    def __init__(self, status: int = 200, **ports: Any) -> None:
        self.status, self.ports = status, UNUSED | ports
        self.asked: list[str] = []

    def get(self, path: str, params: dict[str, Any]) -> requests.Response:
        self.asked.append(path)
        answer = requests.Response()
        answer.status_code, answer.url = self.status, "http://neutron"
        answer._content = json.dumps({"quota": {"port": self.ports}}).encode()
        return answer


def quota_of_ports(network: FakeNetwork | None) -> Quota | None:
    """Read the quota of ports twice: the second time nothing may be asked."""
    connection: Any = SimpleNamespace(current_project_id="2e89a9e0")
    cloud, quotas = Cloud(connection, 20), Quotas()
    vars(cloud)["neutron"] = network
    read = [quotas.read(cloud, QuotaKind.PORTS, "2e89a9e0") for _ in range(2)]
    assert read[0] == read[1]
    assert network is None or network.asked == ["/quotas/2e89a9e0/details"]
    return read[0]


@pytest.mark.parametrize(
    ("ports", "quota"),
    [({}, Quota(None)), ({"limit": 9}, Quota(9, 9)), ({"limit": 11, "reserved": 1}, Quota(11, 10))],
    ids=str,
)
def test_ports_that_are_being_made_are_used_as_well(ports: dict[str, int], quota: Quota) -> None:
    assert quota_of_ports(FakeNetwork(**ports)) == quota


@pytest.mark.parametrize("network", [FakeNetwork(403), FakeNetwork(404), None])
def test_a_quota_that_neutron_does_not_show_is_not_known(network: FakeNetwork | None) -> None:
    assert quota_of_ports(network) is None


def test_a_quota_of_another_type_is_a_malformed_answer() -> None:
    with pytest.raises(CloudError, match="limit"):
        quota_of_ports(FakeNetwork(limit="many"))
