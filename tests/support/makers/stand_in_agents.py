# SPDX-License-Identifier: Apache-2.0

"""Stand-ins for Neutron's agents, which the cloud lacks: rows and triggers in its database."""

import json

from tests.support.cloud import Cloud

NODE = "node1"  # the host to which pods' ports are bound

# An L3 agent reports a floating IP as ACTIVE some seconds after it was given a port.
_FLOATING_IPS = """
CREATE TRIGGER IF NOT EXISTS stand_in_l3_agent_{event} AFTER {event} ON floatingips
WHEN NEW.fixed_port_id IS NOT NULL AND NEW.status = 'DOWN'
BEGIN UPDATE floatingips SET status = 'ACTIVE' WHERE id = NEW.id; END
"""


def add(cloud: Cloud) -> None:
    """Let ports bind to the node as with an Open vSwitch agent, and floating IPs become ACTIVE."""
    configuration = {"tunnel_types": ["vxlan"], "bridge_mappings": {}, "datapath_type": "system"}
    row = {
        "id": "00000000-0000-4000-8000-000000000001",
        "agent_type": "Open vSwitch agent",
        "binary": "neutron-openvswitch-agent",
        "topic": "N/A",
        "host": NODE,
        "admin_state_up": 1,
        "created_at": "2026-01-01 00:00:00",
        "started_at": "2026-01-01 00:00:00",
        "heartbeat_timestamp": "2099-01-01 00:00:00",
        "configurations": json.dumps(configuration),
        "load": 0,
    }
    columns, marks = ", ".join(row), ", ".join("?" * len(row))
    statement = f"INSERT OR REPLACE INTO agents ({columns}) VALUES ({marks})"
    cloud.sql("neutron", statement, list(row.values()))
    for event in ("INSERT", "UPDATE"):
        cloud.sql("neutron", _FLOATING_IPS.format(event=event))
