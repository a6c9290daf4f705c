# SPDX-License-Identifier: Apache-2.0

"""A service whose every text is hostile: held by the fake API, for no API would take it."""

from typing import Any

from tests.support.fake_api import FakeApi

STATE = {"admin_state_up": True, "provisioning_status": "ACTIVE", "operating_status": "ONLINE"}
HOSTILE = "default/sctp-demo\x1b]0;owned\x07\r\n\u202e\x9b31m"


def hostile_service(api: FakeApi) -> str:
    """Let the API hold a service whose every text is hostile; return its ID."""
    lb_id = "96b38be3-1183-41c5-a0db-d246ef1d07cb"
    load_balancer: dict[str, Any] = {
        "id": lb_id,
        "name": HOSTILE,
        "project_id": HOSTILE,
        "provider": HOSTILE,
        "vip_address": HOSTILE,
    }
    listener = {"id": "l", "name": HOSTILE, "protocol": "SCTP", "protocol_port": 90}
    pool = {"id": "p", "name": HOSTILE, "protocol": HOSTILE, "lb_algorithm": HOSTILE}
    member = {"id": "m", "name": HOSTILE, "address": HOSTILE, "protocol_port": 90, "weight": 1}
    api.hold(
        load_balancer | STATE,
        listener | {"default_pool_id": "p", "loadbalancers": [{"id": lb_id}]} | STATE,
        pool | STATE,
        member | STATE,
    )
    return lb_id
