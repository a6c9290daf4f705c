# SPDX-License-Identifier: Apache-2.0

"""What is well has nothing but OK rows, and what is missing or foreign is called that."""

import re
from typing import Any

import pytest

from kuryrsctp import naming
from kuryrsctp.model import LoadBalancer
from kuryrsctp.verifier import checks
from kuryrsctp.verifier.report import Status
from tests.support.model import (
    NAME,
    OTHER_POD,
    POD,
    PORT_NAME,
    SERVICE,
    findings,
    listener,
    load_balancer,
    member,
    odd,
    on_member,
    on_pool,
    other_member,
    pool,
)

OCCM_NAME = "kube_service_prod_default_sctp-demo"


def occm(node: str = "worker-1") -> LoadBalancer:
    """Return a service of OCCM's, as its names, node ports and addresses have it."""
    members = pool(member(name=node, address="192.168.0.11", protocol_port=31090))
    port = listener(
        name=f"listener_0_{OCCM_NAME}",
        pool=pool(*members.members, name=f"pool_0_{OCCM_NAME}"),
    )
    return load_balancer(port, name=OCCM_NAME)


def on_ovn(**changes: Any) -> LoadBalancer:
    members = (member(operating_status="ONLINE"), other_member())
    port = listener(pool=pool(*members, **{"lb_algorithm": "SOURCE_IP_PORT"} | changes))
    return load_balancer(port, provider="ovn")


@pytest.mark.parametrize(
    "healthy",
    [
        pytest.param(load_balancer(), id="the walkthrough"),
        pytest.param(load_balancer(provider="octavia"), id="amphora by its alias"),
        pytest.param(on_ovn(), id="OVN"),
        pytest.param(on_ovn(lb_algorithm="SOURCE_IP"), id="OVN that knows another algorithm"),
        pytest.param(on_ovn(operating_status="OFFLINE"), id="OVN that calls its pool OFFLINE"),
        pytest.param(occm(), id="OCCM"),
        pytest.param(
            load_balancer(
                listener(),
                listener(
                    name=f"{NAME}:TCP:90", protocol="TCP", pool=None, operating_status="OFFLINE"
                ),
            ),
            id="TCP and SCTP on one port, TCP not judged",
        ),
        pytest.param(
            load_balancer(
                listener(),
                listener(
                    name=f"{NAME}:SCTP:91", protocol_port=91, pool=pool(name=f"{NAME}:SCTP:91")
                ),
            ),
            id="two SCTP ports",
        ),
        pytest.param(on_pool(lb_algorithm="SOURCE_IP"), id="one member for each client"),
        pytest.param(on_pool(session_persistence="SOURCE_IP"), id="session persistence"),
        pytest.param(on_pool(health_monitor_id="m", operating_status="ONLINE"), id="a monitor"),
        pytest.param(on_member(subnet_id="service-subnet"), id="the VIP's subnet on a member"),
        pytest.param(
            load_balancer(
                listener(pool=pool(member(name=f"{NAME}:9090"), other_member(name=f"{NAME}:9090")))
            ),
            id="endpoints without a target, which share one name",
        ),
        pytest.param(
            load_balancer(listener(allowed_cidrs=("10.0.0.0/26",))),
            id="a NetworkPolicy that admits",
        ),
        pytest.param(
            load_balancer(
                listener(
                    name=f"listener_2_{OCCM_NAME}-too", pool=pool(name=f"pool_2_{OCCM_NAME}-too")
                ),
                name=OCCM_NAME,
            ),
            id="a load balancer that OCCM's services share",
        ),
        pytest.param(
            load_balancer(
                listener(pool=pool(member(address="fd00::75"), other_member(address="fd00::88"))),
                vip_address="fd00:158::1",
            ),
            id="IPv6",
        ),
    ],
)
def test_a_healthy_service_has_nothing_but_ok_rows(healthy: LoadBalancer) -> None:
    service = naming.LoadBalancerId("x") if healthy.name != NAME else SERVICE
    rows = odd(healthy, service=service)
    rows.pop(("load-balancer-unique", healthy.name), None)  # skipped for one picked by its ID
    assert rows == {}


def test_every_check_but_those_on_what_is_missing_has_a_row_for_all_it_looks_at() -> None:
    rows = [finding.check for finding in findings(load_balancer())]
    rare = {
        "health-monitor-quota",
        "listener-connection-limit",
        "listener-pool",
        "listener-quota",
        "load-balancer-quota",
        "member-backup",
        "member-quota",
        "monitor-security-groups",
        "octavia-version",
        "pool-quota",
        "pools-used",
        "port-quota",
    }
    assert set(rows) == set(checks.CATALOGUE) - rare
    assert rows.count("member-port") == 2


def test_two_load_balancers_of_one_name_are_both_named_and_neither_is_judged() -> None:
    other = load_balancer(id="77aa", project_id="other", vip_address="10.0.0.2")
    rows = findings(load_balancer(), other)
    assert [finding.check for finding in rows] == ["load-balancer-exists", "load-balancer-unique"]
    assert rows[1].status is Status.FAIL
    assert rows[1].detail == (
        "2 load balancers: 96b38be3 (project 2e89a9e0, VIP 10.0.0.158);"
        " 77aa (project other, VIP 10.0.0.2)"
    )


@pytest.mark.parametrize(
    ("others", "nearest"),
    [
        ((), ""),
        (("default/amf",), ""),
        (("default/sctp-dem0",), "; there is 'default/sctp-dem0'"),
        (("core/sctp-demo",), "; there is 'core/sctp-demo'"),
        (
            ("core/sctp-demo", "DEFAULT/SCTP-DEMO"),
            "; there is load balancer 96b38be3 ('DEFAULT/SCTP-DEMO') and 'core/sctp-demo'",
        ),
        ((OCCM_NAME.replace("demo", "dem0"),), "; there is 'default/sctp-dem0'"),
        (("default/Sctp_demo",), "; there is load balancer 96b38be3 ('default/Sctp_demo')"),
    ],
)
def test_a_missing_load_balancer_comes_with_what_a_command_takes_for_those_nearest_to_it(
    others: tuple[str, ...], nearest: str
) -> None:
    known = tuple(load_balancer(name=name) for name in others)
    missing = "FAIL no load balancer 'default/sctp-demo' is visible to these credentials"
    assert odd(all_load_balancers=known) == {
        ("load-balancer-exists", NAME): missing + nearest,
        ("load-balancer-unique", NAME): "SKIP there is none",
    }


def test_names_are_not_judged_where_neither_kuryr_nor_occm_named_the_load_balancer() -> None:
    by_hand = load_balancer(name="by-hand")
    rows = odd(by_hand, service=naming.LoadBalancerId(by_hand.id))
    reason = "SKIP the maker of the load balancer is not known, nor the names that it gives"
    assert rows == {
        ("load-balancer-unique", "by-hand"): "SKIP picked by its ID",
        ("listener-name", PORT_NAME): reason,
        ("pool-name", PORT_NAME): reason,
        ("member-name", POD): reason,
        ("member-name", OTHER_POD): reason,
    }


def test_a_service_of_occms_is_said_to_be_that() -> None:
    exists = findings(occm())[0]
    assert (exists.status, exists.detail) == (
        Status.OK,
        "VIP 10.0.0.158; made by cloud-provider-openstack",
    )


@pytest.mark.parametrize("name", ["", "by-hand"])
def test_occm_goes_by_port_and_tags_so_any_name_is_right(name: str) -> None:
    port = listener(name=name, pool=pool(name=name))
    assert odd(load_balancer(port, name=OCCM_NAME)) == {}


def test_a_row_that_is_odd_has_a_hint_and_one_that_is_well_has_none() -> None:
    rows = findings(load_balancer(admin_state_up=False))
    assert {finding.check for finding in rows if finding.hint} == {"load-balancer-admin-state"}


def test_each_check_is_explained_in_lines_that_fit_a_table() -> None:
    for entry in checks.CATALOGUE.values():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)+", entry.name)
        for words in (entry.meaning, entry.cause, entry.remedy):
            assert words
            assert "\n" not in words
