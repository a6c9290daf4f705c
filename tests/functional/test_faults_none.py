# SPDX-License-Identifier: Apache-2.0

"""What is normal, made in a real cloud, is not called a fault by any check."""

import ipaddress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from kuryrsctp.verifier.report import Finding, Status
from tests.support import kuryr
from tests.support.group_faults import (
    pods_in_a_group,
    pods_that_admit_addresses,
    vip_given_a_group,
)
from tests.support.healthy_service import (
    NAME,
    Fault,
    HealthyService,
    changed,
    forbidden,
    heard,
    stored,
)
from tests.support.service_faults import (
    POLICY_LOCAL,
    beside,
    down,
    floating_ip_down,
    floating_ip_is_active,
    monitored,
    nothing,
    on_the_vips_subnet,
    together,
    vip_without_groups,
)

pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack")

OVN = {"lb_algorithm": "SOURCE_IP_PORT", "operating_status": "OFFLINE"}
OCCM = "kube_service_prod_core_nrf"
ANOTHER = "kube_service_prod_core_udm"
CLIENTS = ipaddress.ip_network("192.0.2.0/24")


@dataclass(frozen=True)
class Kind:
    """A kind of service that is well, and what may be expected of it.

    The service is the healthy's unless another one is named.
    """

    change: Fault
    expected: dict[str, Any] = field(default_factory=dict)
    service: str = ""


def occm(*, other: str = OCCM) -> Fault:
    """Call all as cloud-provider-openstack does; the second listener may be another Service's."""
    return together(
        changed("load_balancer", name=OCCM),
        changed("listener", name=f"listener_0_{OCCM}"),
        changed("pool", name=f"pool_0_{OCCM}"),
        changed("member", name="worker-1"),
        changed("other_listener", name=f"listener_1_{other}"),
        changed("other_pool", name=f"pool_1_{other}"),
    )


DELETING = {"provisioning_status": "PENDING_DELETE", "age": timedelta(seconds=5)}
BROKEN = {"provisioning_status": "ERROR"}

HEALTHY = {
    "a load balancer that is being deleted, whatever its parts are": Kind(
        together(
            stored("load_balancer", **DELETING),
            stored("listener", **DELETING, operating_status="ERROR"),
            stored("pool", **DELETING, protocol="TCP"),
            stored("other_listener", **BROKEN, default_pool_id=None),
        )
    ),
    "a listener that is being deleted": Kind(
        together(stored("listener", **DELETING), stored("pool", **BROKEN, protocol="TCP"))
    ),
    "a pool that is being deleted": Kind(
        together(stored("pool", **DELETING), stored("member", **BROKEN))
    ),
    "Kuryr's on an amphora": Kind(nothing),
    "as expected": Kind(
        nothing,
        {
            "ports": ((38412, 38412), (9999, None)),
            "members": 2,
            "addresses": ("10.0.0.110", "10.0.0.111"),
            "source": CLIENTS,
        },
    ),
    "OVN": Kind(
        together(
            stored("load_balancer", provider="ovn"),
            stored("pool", **OVN),
            stored("other_pool", **OVN),
            vip_without_groups,
        )
    ),
    "amphora by its alias": Kind(stored("load_balancer", provider="octavia")),
    "OCCM": Kind(occm()),
    "OCCM, shared by two Services": Kind(occm(other=ANOTHER)),
    "a floating IP": Kind(together(floating_ip_down, floating_ip_is_active)),
    "no group at the VIP": Kind(vip_without_groups),
    "a group that was given to the VIP": Kind(vip_given_a_group("sctp")),
    "a group that was given to the VIP of a listener with allowed CIDRs": Kind(
        together(changed("listener", allowed_cidrs=["203.0.113.0/24"]), vip_given_a_group("sctp")),
        expected={"source": CLIENTS},
    ),
    "pods in a group that lets nothing out unasked": Kind(pods_in_a_group()),
    "pods in a stateless group": Kind(pods_in_a_group(stateful=False, answers=True)),
    "pods that let in an address group": Kind(pods_that_admit_addresses("10.0.0.128/25")),
    "0 for the default timeout": Kind(stored("listener", timeout_client_data=0)),
    "a timeout that is annotated": Kind(changed("listener", timeout_client_data=60000)),
    "one client to one member": Kind(stored("pool", lb_algorithm="SOURCE_IP")),
    "session persistence": Kind(changed("pool", session_persistence={"type": "SOURCE_IP"})),
    "a monitor over SCTP": Kind(heard(monitored("SCTP"), "member", "ONLINE")),
    "externalTrafficPolicy Local, with one node that has a pod": Kind(
        heard(POLICY_LOCAL, "pool", "DEGRADED", down("member"))
    ),
    "OCCM, shared with a Service that is broken": Kind(
        together(
            occm(other=ANOTHER),
            stored("other_pool", operating_status="ERROR"),
            stored("load_balancer", operating_status="ERROR"),
        )
    ),
    "all made a moment ago, of which no amphora has told yet": Kind(
        together(
            *(
                stored(part, operating_status="OFFLINE", age=timedelta(seconds=5))
                for part in ("load_balancer", "listener", "pool")
            )
        )
    ),
    "tags": Kind(
        together(*(changed(part, tags=["of-kuryr"]) for part in ("load_balancer", "listener")))
    ),
    "endpoints without a target, which share a name": Kind(
        together(*(changed(part, name=f"{NAME}:38412") for part in ("member", "other_member")))
    ),
    "a policy that admits some clients": Kind(changed("listener", allowed_cidrs=[str(CLIENTS)])),
    "a policy that admits the clients": Kind(
        changed("listener", allowed_cidrs=["192.0.2.0/25", "192.0.2.128/25"]),
        {"source": CLIENTS},
    ),
    "a member that is said to be on the VIP's subnet": Kind(on_the_vips_subnet),
    "IPv6": Kind(
        beside(
            "core/pcf",
            kuryr.listener("core/pcf:SCTP:1", 1, kuryr.member("core/pcf-0:1", "fd00:75::75", 1)),
            subnet=kuryr.SUBNET_V6,
        ),
        service="core/pcf",
    ),
}


@pytest.mark.parametrize("kind", HEALTHY.values(), ids=HEALTHY)
def test_a_healthy_service_is_well_whoever_asks(healthy: HealthyService, kind: Kind) -> None:
    with kind.change(healthy):
        seen = {user: healthy.wrong(user, kind.service, **kind.expected) for user in healthy.users}
    assert seen == {"kuryr": set(), "viewer": set(), "admin": set()}


def skipped(rows: tuple[Finding, ...]) -> dict[str, str]:
    """Return the checks that were skipped, with the last reason."""
    return {row.check: row.detail for row in rows if row.status is Status.SKIP}


PORTS, SUBNETS, GROUPS = "get_port", "get_subnet", "get_security_group"


@pytest.mark.parametrize(
    ("rules", "reasons"),
    [
        (
            (PORTS,),
            {
                "vip-port": "is visible: these credentials see no port of project",
                "vip-security-groups": "the VIP's port is not visible",
                "member-security-groups": "no port with 10.0.0.111 is visible",
            },
        ),
        ((SUBNETS,), {"member-security-groups": "the load balancer's subnet"}),
        ((GROUPS,), {"member-security-groups": "group is not visible to these credentials"}),
        (
            (PORTS, SUBNETS, GROUPS),
            {"vip-port": "is visible: these credentials see no port of project"},
        ),
    ],
    ids=str,
)
def test_what_neutron_does_not_show_a_reader_is_skipped_with_the_reason(
    healthy: HealthyService, rules: tuple[str, ...], reasons: dict[str, str]
) -> None:
    with forbidden(healthy.cloud, *rules):
        rows = healthy.rows("viewer")
    assert all(row.status in (Status.OK, Status.SKIP) for row in rows)
    for check, reason in reasons.items():
        assert reason in skipped(rows)[check]


def test_a_quota_that_octavia_does_not_show_a_reader_is_skipped(healthy: HealthyService) -> None:
    with forbidden(healthy.cloud, "load-balancer:read-quota"):
        short = healthy.rows("viewer", members=3)
        missing = healthy.rows("viewer", "core/udm")
    secret = "these credentials cannot read the project's quota"
    assert skipped(short)["member-quota"] == secret
    assert skipped(missing)["load-balancer-quota"] == secret
