# SPDX-License-Identifier: Apache-2.0

"""What comes right by itself while Kuryr and Octavia are at work is told from what does not."""

from dataclasses import replace
from typing import Any

import pytest

from kuryrsctp import naming
from kuryrsctp.model import LoadBalancer
from kuryrsctp.verifier.report import Expectations
from tests.support.model import NAME, findings, listener, load_balancer, pool

TCP = listener(name=f"{NAME}:TCP:91", protocol="TCP", protocol_port=91, pool=None)
PENDING = load_balancer(provisioning_status="PENDING_UPDATE")
EMPTY = load_balancer(listener(pool=replace(pool(), members=())))


@pytest.mark.parametrize(
    ("found", "expected", "waited_for"),
    [
        ([], {}, {"load-balancer-exists"}),
        ([PENDING], {}, {"load-balancer-provisioning"}),
        ([load_balancer(TCP)], {}, {"listener-exists"}),
        ([load_balancer()], {"ports": ((91, None),)}, {"listener-exists"}),
        ([load_balancer()], {"ports": ((90, 9091),)}, {"member-port"}),
        ([load_balancer(listener(pool=None))], {}, {"pool-exists"}),
        ([EMPTY], {}, {"members-exist"}),
        ([load_balancer()], {"members": 3}, {"members-exist"}),
        ([load_balancer()], {"addresses": ("10.0.0.9",)}, {"members-exist"}),
        ([load_balancer()], {}, set()),
        ([load_balancer(provisioning_status="ERROR")], {}, set()),
        ([load_balancer(listener(protocol_port=91))], {}, set()),
        ([load_balancer(listener(admin_state_up=False))], {}, set()),
    ],
)
def test_what_kuryr_and_octavia_are_at_work_on_may_pass_and_no_other_fault_does(
    found: list[LoadBalancer], expected: dict[str, Any], waited_for: set[str]
) -> None:
    rows = findings(*found, expected=Expectations(**expected))
    assert {finding.check for finding in rows if finding.transient} == waited_for


def test_a_load_balancer_that_is_gone_does_not_come_back_by_its_id() -> None:
    rows = findings(service=naming.LoadBalancerId("96b38be3"))
    assert not any(finding.transient for finding in rows)
