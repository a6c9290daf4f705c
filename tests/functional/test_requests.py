# SPDX-License-Identifier: Apache-2.0

"""What a whole command asks of the real servers, token and versions included: each line is one."""

import re
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.support import kuryr, occm
from tests.support.cloud import Cloud
from tests.support.healthy_service import NAME, HealthyService
from tests.support.service_faults import full
from tests.support.shell import Shell
from tests.support.struggling_proxy import in_front_of

# The SDK's own affairs.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack")

_PAGING = {"fields", "limit", "sort", "sort_dir", "sort_key"}
_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f-]{36}")

AUTHENTICATION = ["GET /v3", "POST /v3/auth/tokens"]
NEUTRON = [
    "GET /v2.0/floatingips port_id",
    "GET /v2.0/ports fixed_ips",
    "GET /v2.0/security-groups id",
    "GET /v2.0/subnets id",
]


def asked(shell: Shell, cloud: Cloud, *arguments: str, code: int = 0) -> list[str]:
    """Run a command; return method, path and filters of each request, sorted."""
    with in_front_of(cloud, shell.home) as proxy:
        done = shell.openstack("--quiet", "kuryr", "sctp", *arguments, env=proxy.environ)
        assert (done.returncode, done.stderr) == (code, "")
        return sorted(map(_shape, proxy.requests))


def _shape(request: str) -> str:
    method, url = request.split(" ")
    parts = urlsplit(url)
    filters = sorted({name for name, _ in parse_qsl(parts.query)} - _PAGING)
    return " ".join([method, _ID.sub("<id>", parts.path), *filters])


def test_one_service_costs_a_token_and_one_list_of_each_kind(shell: Shell, cloud: Cloud) -> None:
    assert asked(shell, cloud, "verify", "sctp-demo") == sorted(
        [
            *AUTHENTICATION,
            "GET /v2.0/lbaas/listeners load_balancer_id",
            "GET /v2.0/lbaas/loadbalancers",
            "GET /v2.0/lbaas/pools loadbalancer_id",
            "GET /v2.0/lbaas/pools/<id>/members",
            *NEUTRON,
        ]
    )


def test_a_service_with_its_cluster_is_asked_for_by_tag_name_and_description(
    shell: Shell, cloud: Cloud
) -> None:
    mark = occm.mark("amf")
    listeners = [occm.listener(mark, 38412, 31412)]
    with kuryr.connect(cloud) as connection, occm.load_balancer(connection, mark, listeners):
        requests = asked(shell, cloud, "verify", "prod:core/amf")
    balancers = [request for request in requests if "loadbalancers" in request]
    path = "GET /v2.0/lbaas/loadbalancers"
    assert balancers == [f"{path} description", f"{path} name", f"{path} tags"]


def test_a_second_service_costs_no_second_token(shell: Shell, cloud: Cloud) -> None:
    both = asked(shell, cloud, "verify", "sctp-demo", "nowhere", code=3)
    assert [request for request in both if "/v3" in request] == AUTHENTICATION


def test_all_services_cost_three_lists_and_the_members_of_each_sctp_pool(
    shell: Shell, cloud: Cloud
) -> None:
    assert asked(shell, cloud, "verify", "--all") == sorted(
        [
            *AUTHENTICATION,
            "GET /v2.0/lbaas/listeners",
            "GET /v2.0/lbaas/loadbalancers",
            "GET /v2.0/lbaas/pools protocol",
            "GET /v2.0/lbaas/pools/<id>/members",
            *NEUTRON,
        ]
    )


def test_what_is_missing_costs_the_quota_and_a_list_of_what_counts_against_it(
    shell: Shell, cloud: Cloud, healthy: HealthyService
) -> None:
    quota = "GET /v2.0/lbaas/quotas/<id>"
    unlimited = asked(shell, cloud, "verify", NAME, "--members", "3", code=3)
    with full("members")(healthy):
        limited = asked(shell, cloud, "verify", NAME, "--members", "3", code=3)
        everything = asked(shell, cloud, "verify", "--all", "--members", "3", code=3)
    healthy = asked(shell, cloud, "verify", NAME)
    counting = [quota, "GET /v2.0/lbaas/pools project_id"]
    assert unlimited == sorted([*healthy, quota])
    assert limited == sorted([*healthy, *counting])
    # Two services have three pools that are short of members.
    assert [request for request in everything if request in counting] == sorted(counting)


def test_a_missing_load_balancer_costs_one_quota_of_each_api(shell: Shell, cloud: Cloud) -> None:
    assert asked(shell, cloud, "verify", "nowhere", code=3) == sorted(
        [
            *AUTHENTICATION,
            "GET /v2.0/lbaas/listeners",
            "GET /v2.0/lbaas/loadbalancers",
            "GET /v2.0/lbaas/quotas/<id>",
            "GET /v2.0/quotas/<id>/details",
        ]
    )


def test_the_list_costs_three_requests_and_a_token(shell: Shell, cloud: Cloud) -> None:
    assert asked(shell, cloud, "list") == sorted(
        [
            *AUTHENTICATION,
            "GET /v2.0/lbaas/listeners",
            "GET /v2.0/lbaas/loadbalancers",
            "GET /v2.0/lbaas/pools protocol",
        ]
    )
