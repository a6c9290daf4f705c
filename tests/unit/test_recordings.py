# SPDX-License-Identifier: Apache-2.0

"""What the makers were seen to make: every recording can be read, and a difference is seen."""

import copy
import json
import re

import pytest

from tests.support import recordings
from tests.support.makers import comparing
from tests.support.makers.catalogue import cases
from tests.support.makers.lab import MAKERS
from tests.support.makers.normalising import normalise
from tests.support.makers.stand_in_kubelet import Pod

RECORDED = [(maker, name) for maker in MAKERS for name in recordings.names(maker)]
IDENTIFIER = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@pytest.mark.parametrize(("maker", "name"), RECORDED)
def test_a_recording_has_a_state_for_each_step_and_nothing_of_its_day(
    maker: str, name: str
) -> None:
    recorded = recordings.recording(maker, name)
    (case,) = (case for case in cases(maker) if case.name == name)
    assert [step["step"] for step in recorded["steps"]] == [step.title for step in case.steps]
    assert recorded["what"] == case.what
    assert not IDENTIFIER.search(json.dumps(recorded))


def test_a_field_that_differs_is_told_with_its_path_and_both_values() -> None:
    recorded = recordings.recording("kuryr", "one-port")
    made = copy.deepcopy(recorded)
    made["steps"][0]["seconds"] += 1
    assert comparing.differences(recorded, made) == []
    made["steps"][0]["load_balancers"][0]["listeners"][0]["timeout_client_data"] = 1
    assert comparing.differences(recorded, made) == [
        "steps[0].load_balancers[0].listeners[0].timeout_client_data: recorded 50000, made 1"
    ]


def test_a_part_that_is_missing_is_told() -> None:
    recorded = recordings.recording("occm", "one-port")
    made = copy.deepcopy(recorded)
    gone = made["steps"][0]["load_balancers"].pop()
    (line,) = comparing.differences(recorded, made)
    assert line.startswith("steps[0].load_balancers[0]: recorded {")
    assert gone["name"] in line
    assert line.endswith("made nothing")


def test_words_stand_for_what_differs_from_run_to_run() -> None:
    balancer = {
        "id": "11111111-1111-1111-1111-111111111111",
        "vip_port_id": "22222222-2222-2222-2222-222222222222",
        "vip_address": "10.0.0.140",
        "listeners": [],
        "other_pools": [],
        "floating_ips": [],
        "description": "octavia-lb-11111111-1111-1111-1111-111111111111 of 10.0.0.140",
        "project": "33333333-3333-3333-3333-333333333333",
        "allowed_cidrs": ["10.0.0.128/26"],
        "members": ["10.0.0.70", 30123],
    }
    port = {"name": "sctp-90", "nodePort": 30123, "port": 90}
    services = {"demo": {"spec": {"clusterIP": "10.0.0.140", "ports": [port]}}}
    state = {"load_balancers": [balancer], "services": services, "events": []}
    words = normalise(state, [Pod("default", "server-1", "node1", "10.0.0.70")], {})
    assert words["load_balancers"][0] | {"listeners": 0} == {
        "id": "<load balancer 1>",
        "vip_port_id": "<vip port 1>",
        "vip_address": "<vip>",
        "listeners": 0,
        "other_pools": [],
        "floating_ips": [],
        "description": "octavia-lb-<load balancer 1> of <vip>",
        "project": "<id>",
        "allowed_cidrs": ["10.0.0.128/26"],
        "members": ["<address of server-1>", "<node port sctp-90>"],
    }
