# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A service whose every text is hostile: held by the fake API, for no API would take it."""

from typing import Any

from tests.functional.fake_api import FakeApi

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
    member = {"id": "m", "name": HOSTILE, "address": HOSTILE, "protocol_port": "x", "weight": "x"}
    api.hold(
        load_balancer | STATE,
        listener | {"default_pool_id": "p"} | STATE,
        pool | STATE,
        member | STATE,
    )
    return lb_id
