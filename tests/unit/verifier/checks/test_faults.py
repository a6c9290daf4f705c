# SPDX-License-Identifier: Apache-2.0

"""Each fault shows in the row that names it, and in no other."""

from datetime import timedelta

import pytest

from kuryrsctp.model import LoadBalancer, Pool
from kuryrsctp.verifier.report import Status
from tests.support.model import (
    NAME,
    NOW,
    POD,
    PORT_NAME,
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


@pytest.mark.parametrize(
    ("broken", "row"),
    [
        (
            load_balancer(admin_state_up=False),
            ("load-balancer-admin-state", NAME, "FAIL switched off (admin_state_up is False)"),
        ),
        (
            load_balancer(provisioning_status="ERROR"),
            ("load-balancer-provisioning", NAME, "FAIL ERROR: the last change to it failed"),
        ),
        (
            load_balancer(operating_status="DEGRADED"),
            (
                "load-balancer-operating",
                NAME,
                "WARN DEGRADED: its listeners and pools do not tell why",
            ),
        ),
        (
            load_balancer(operating_status="OFFLINE"),
            ("load-balancer-operating", NAME, "WARN OFFLINE, expected ONLINE"),
        ),
        (
            load_balancer(listener(name=f"{NAME}:TCP:80", protocol="TCP", protocol_port=80)),
            ("listener-exists", NAME, "FAIL no SCTP listener; there is TCP:80"),
        ),
        (
            load_balancer(listeners=()),
            ("listener-exists", NAME, "FAIL no listener at all"),
        ),
        (
            load_balancer(listener(name="by-hand")),
            ("listener-name", "by-hand", f"WARN 'by-hand', expected '{PORT_NAME}'"),
        ),
        (
            load_balancer(listener(protocol="TCP")),
            ("listener-protocol", PORT_NAME, "FAIL TCP, not SCTP"),
        ),
        (
            load_balancer(listener(admin_state_up=False, allowed_cidrs=("10.0.0.0/26",))),
            ("listener-admin-state", PORT_NAME, "FAIL switched off (admin_state_up is False)"),
        ),
        (
            load_balancer(listener(provisioning_status="ERROR")),
            ("listener-status", PORT_NAME, "FAIL ERROR: the last change to it failed"),
        ),
        (
            load_balancer(listener(operating_status="ERROR")),
            ("listener-status", PORT_NAME, "FAIL ERROR: the amphora does not run it"),
        ),
        (
            load_balancer(listener(operating_status="DEGRADED")),
            (
                "listener-status",
                PORT_NAME,
                "WARN DEGRADED: it has reached its connection limit",
            ),
        ),
        (
            load_balancer(listener(pool=None)),
            ("pool-exists", PORT_NAME, "FAIL no pool: nothing answers on this port"),
        ),
        (
            load_balancer(listener(pool=None), provider="ovn"),
            (
                "pool-exists",
                PORT_NAME,
                "FAIL no pool: OVN refuses a pool whose algorithm it does not support, such as"
                " ROUND_ROBIN",
            ),
        ),
        (on_pool(name="p"), ("pool-name", "p", f"WARN 'p', expected '{PORT_NAME}'")),
        (on_pool(protocol="TCP"), ("pool-protocol", PORT_NAME, "FAIL TCP, not SCTP")),
        (
            on_pool(lb_algorithm="SOURCE_IP_PORT"),
            (
                "pool-algorithm",
                PORT_NAME,
                "FAIL SOURCE_IP_PORT, which provider amphora does not support",
            ),
        ),
        (
            load_balancer(provider="ovn"),
            ("pool-algorithm", PORT_NAME, "FAIL ROUND_ROBIN, which provider ovn does not support"),
        ),
        (
            on_pool(operating_status="ERROR", health_monitor_id="m"),
            (
                "pool-status",
                PORT_NAME,
                "FAIL ERROR: the health monitor reaches none of its members",
            ),
        ),
        (
            on_pool(members=()),
            (
                "members-exist",
                PORT_NAME,
                "WARN no member: right only while no pod is ready; nothing answers",
            ),
        ),
        (
            load_balancer(listener(pool=pool(member(), other_member(address="10.0.0.75")))),
            ("members-distinct", PORT_NAME, "FAIL more than once: 10.0.0.75 port 9090"),
        ),
        (
            on_member(name="pod"),
            ("member-name", "pod", "WARN 'pod' is not a name that Kuryr gives"),
        ),
        (
            on_member(address="fd00::75"),
            ("member-address", POD, "FAIL fd00::75 is IPv6, and no VIP is"),
        ),
        (
            on_member(address="pod"),
            ("member-address", POD, "FAIL 'pod' is not an IP address"),
        ),
        (
            on_member(protocol_port=9091),
            ("member-port", POD, "FAIL 9091, but the name says 9090"),
        ),
        (
            on_member(admin_state_up=False),
            (
                "member-admin-state",
                POD,
                "WARN switched off (admin_state_up is False): it gets no association",
            ),
        ),
        (on_member(weight=0), ("member-weight", POD, "WARN 0: it gets no new association")),
        (
            on_member(provisioning_status="ERROR"),
            ("member-status", POD, "FAIL ERROR: the last change to it failed"),
        ),
        (
            load_balancer(
                listener(
                    pool=pool(
                        member(operating_status="ERROR"), other_member(), health_monitor_id="m"
                    )
                )
            ),
            ("member-status", POD, "FAIL ERROR: the health monitor does not reach it"),
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_fault_shows_in_its_own_row_only(broken: LoadBalancer, row: tuple[str, str, str]) -> None:
    check, resource, verdict = row
    rows = {about: said for about, said in odd(broken).items() if not said.startswith("SKIP")}
    assert rows == {(check, resource): verdict}


def test_a_listener_whose_port_is_not_its_names_is_wrong_and_unknown_to_kuryr() -> None:
    assert odd(load_balancer(listener(protocol_port=91))) == {
        ("listener-name", PORT_NAME): f"WARN '{PORT_NAME}', expected '{NAME}:SCTP:91'",
        ("listener-port", PORT_NAME): "FAIL 91, but the name says 90",
        ("pool-name", PORT_NAME): f"WARN '{PORT_NAME}', expected '{NAME}:SCTP:91'",
    }


OCCM_NAME = "kube_service_prod_default_sctp-demo"


@pytest.mark.parametrize("name", [NAME, OCCM_NAME])
def test_a_listener_that_is_off_is_wrong_whatever_switched_it_off(name: str) -> None:
    found = load_balancer(listener(admin_state_up=False, operating_status="OFFLINE"), name=name)
    rows = {row.check: row for row in findings(found) if row.resource == PORT_NAME}
    off = rows["listener-admin-state"]
    assert (off.status, off.detail) == (Status.FAIL, "switched off (admin_state_up is False)")
    assert off.hint.endswith("`openstack loadbalancer listener set --enable eda5caa0`")
    assert ("NetworkPolicy" in off.hint) == (name == NAME)
    assert rows["listener-status"].detail == "OFFLINE, as the listener is switched off"


def test_what_is_below_something_that_is_switched_off_is_not_blamed_as_well() -> None:
    silent = listener(operating_status="ERROR", pool=pool(operating_status="OFFLINE"))
    found = load_balancer(silent, admin_state_up=False, operating_status="OFFLINE")
    assert odd(found) == {
        ("load-balancer-admin-state", NAME): "FAIL switched off (admin_state_up is False)",
        ("load-balancer-operating", NAME): "SKIP OFFLINE, as the load balancer is switched off",
        ("listener-status", PORT_NAME): "SKIP ERROR, as the load balancer is switched off",
        ("pool-status", PORT_NAME): "SKIP OFFLINE, as the load balancer is switched off",
    }


def test_a_pool_none_of_whose_members_is_used_is_wrong() -> None:
    members = (member(weight=0), other_member(admin_state_up=False))
    verdict = odd(load_balancer(listener(pool=pool(*members))))[("members-exist", PORT_NAME)]
    assert verdict == "FAIL none of 2 is in use: all are switched off or have weight 0"


@pytest.mark.parametrize(
    ("age", "detail", "hint"),
    [
        (7, "PENDING_UPDATE for 7 s", "a change is under way"),
        (300, "PENDING_UPDATE for 5 min", "a change is under way"),
        (301, "PENDING_UPDATE for 5 min, longer than Kuryr waits", "the change may still end"),
        (10800, "PENDING_UPDATE for 3 h, longer than Kuryr waits", "the change may still end"),
        (-5, "PENDING_UPDATE for 0 s", "a change is under way"),
        (None, "PENDING_UPDATE, not known since when", "the change may still end"),
    ],
)
def test_a_change_under_way_is_a_warning_with_its_age(
    age: int | None, detail: str, hint: str
) -> None:
    changed_at = None if age is None else NOW - timedelta(seconds=age)
    changing = load_balancer(provisioning_status="PENDING_UPDATE", changed_at=changed_at)
    (row,) = (finding for finding in findings(changing) if finding.status is Status.WARN)
    assert (row.check, row.detail, row.transient) == ("load-balancer-provisioning", detail, True)
    assert row.hint.startswith(hint)
    assert not any(finding.status is Status.FAIL for finding in findings(changing))


def hint_of_listener(provider: str, ago: timedelta, of: Pool | None) -> str:
    """Return what to do about a listener that has been in PENDING_UPDATE for some time."""
    left = listener(provisioning_status="PENDING_UPDATE", changed_at=NOW - ago, pool=of)
    rows = findings(load_balancer(left, provider=provider))
    (row,) = (row for row in rows if row.check == "listener-status")
    return row.hint


@pytest.mark.parametrize("ago", [timedelta(hours=1), timedelta(hours=9)])
def test_an_update_that_a_provider_may_never_end_has_the_command_that_ends_it(
    ago: timedelta,
) -> None:
    command = "`openstack loadbalancer pool set {} 0935f099`"
    enabled, disabled = (command.format(word) for word in ("--enable", "--disable"))
    assert enabled in hint_of_listener("ovn", ago, pool())
    assert disabled in hint_of_listener("ovn", ago, pool(admin_state_up=False))
    assert "pool set" not in hint_of_listener("amphora", ago, pool())
    assert "pool set" not in hint_of_listener("ovn", ago, None)


@pytest.mark.parametrize(("provider", "ends"), [("ovn", True), ("amphora", False)])
def test_a_failed_change_of_a_pool_has_the_command_that_ends_it(provider: str, ends: bool) -> None:
    failed = listener(pool=pool(provisioning_status="ERROR"))
    rows = findings(load_balancer(failed, provider=provider))
    (row,) = (row for row in rows if row.check == "pool-status")
    assert row.status is Status.FAIL
    assert ("`openstack loadbalancer pool set --enable 0935f099`" in row.hint) == ends


@pytest.mark.parametrize(("provider", "status"), [("ovn", Status.WARN), ("amphora", Status.FAIL)])
def test_an_error_that_a_provider_may_keep_is_no_fault(provider: str, status: Status) -> None:
    left = listener(operating_status="ERROR", pool=pool(lb_algorithm="SOURCE_IP_PORT"))
    rows = findings(load_balancer(left, provider=provider, operating_status="ERROR"))
    told = {row.check: row for row in rows}
    for check in ("load-balancer-operating", "listener-status"):
        assert told[check].status is status
        assert ("likely left over" in told[check].detail) == (provider == "ovn")
    alone = load_balancer(listener(pool=pool()), provider=provider, operating_status="ERROR")
    (row,) = (row for row in findings(alone) if row.check == "load-balancer-operating")
    assert row.status is status


def test_an_update_of_seconds_ends_by_itself() -> None:
    assert "pool set" not in hint_of_listener("ovn", timedelta(seconds=7), pool())
