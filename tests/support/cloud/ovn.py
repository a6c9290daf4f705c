# SPDX-License-Identifier: Apache-2.0

"""A cloud with Neutron's ML2/OVN, whose load balancers Octavia's provider ovn makes."""

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from tests.support.cloud import driver_agent, ovn_central, sqlite, walkthrough
from tests.support.cloud.processes import Failed
from tests.support.cloud.providers import OVN, Provider, Section
from tests.support.cloud.walkthrough import Network, Service
from tests.support.ovn import ovn_programs
from tests.support.ovn.debian import NotAvailable

PORTS = "ports.json"
_AGENT_TIMEOUT = 60.0  # seconds
_WORKERS = "ASGI_WORKERS"


class Ovn(Provider):
    """Provider ovn, and the networks of ML2/OVN."""

    kept = (*ovn_central.FILES, PORTS)
    networks = (walkthrough.CLIENT_NETWORK,)
    ports: Mapping[str, tuple[Network, tuple[str, ...]]] = {
        "client": (walkthrough.CLIENT_NETWORK, walkthrough.CLIENT)
    }
    algorithm = "SOURCE_IP_PORT"  # the provider refuses ROUND_ROBIN

    def require(self) -> None:
        """Get OVN's programs; Neutron looks for one of them where programs are."""
        try:
            found = ovn_programs.find()
        except NotAvailable as failure:
            raise Failed(str(failure)) from None
        os.environ[ovn_programs.VARIABLE] = str(found.root)
        os.environ["PATH"] += f":{Path(found['ovsdb-client']).parent}"

    def pods_admit(self, service_network: Network) -> tuple[str, ...]:
        """Pods see the clients' own addresses: a rule for the VIP's subnet would admit nobody."""
        return ("0.0.0.0/0", "::/0")

    def options(self, server: str, state: Path) -> Mapping[str, Section]:
        """Connect Neutron and Octavia with OVN's databases."""
        where = ovn_central.socket(state)
        databases = {"ovn_nb_connection": where, "ovn_sb_connection": where}
        if server == "neutron":
            return {
                "DEFAULT": {"service_plugins": "ovn-router"},
                "ml2": {
                    "mechanism_drivers": "ovn",
                    "overlay_ip_version": 4,
                    "tenant_network_types": "geneve",
                    "type_drivers": "local,flat,geneve",
                },
                "ml2_type_geneve": {"max_header_size": 38, "vni_ranges": "1:1000"},
                "ovn": {
                    **databases,
                    "neutron_sync_mode": "off",
                    "ovn_l3_scheduler": "leastloaded",
                    "ovn_metadata_enabled": "false",
                },
            }
        if server == "octavia":
            return {
                "api_settings": {
                    "default_provider_driver": OVN,
                    "enabled_provider_drivers": "amphora:The Octavia Amphora driver,"
                    "octavia:Its old name,ovn:Octavia OVN driver",
                },
                "driver_agent": {"enabled_provider_agents": OVN},
                "ovn": databases,
            }
        return {}

    @contextlib.contextmanager
    def beside(self, state: Path) -> Iterator[Mapping[str, "subprocess.Popen[bytes]"]]:
        """Run OVN's databases and northd."""
        with ovn_central.running(state) as daemons:
            yield daemons

    def companions(self, server: str, state: Path) -> Mapping[str, Callable[[], None]]:
        """Run Octavia's driver agent with its API, which waits for the agent's sockets."""
        if server != "octavia":
            return {}
        return {driver_agent.NAME: partial(driver_agent.serve, state / "octavia.conf")}

    def before_loading(self, server: str, state: Path) -> None:
        """Let Neutron know its one worker, and Octavia's driver where the agent is."""
        if server == "neutron":
            # Neutron asks its web server how many workers it has, and this one has no answer.
            os.environ[_WORKERS] = "1"
            _hear_all_events()
        elif server == "octavia":
            driver_agent.use_sockets(state)
            # The driver itself looks once a second at first, then every five.
            deadline = time.monotonic() + _AGENT_TIMEOUT
            while not all(path.exists() for path in driver_agent.sockets(state)):
                if time.monotonic() > deadline:
                    raise Failed(f"Octavia's driver agent did not start; see {state}")
                time.sleep(0.05)

    def after_creating(self, server: str) -> None:
        """Give Neutron the rules of its security groups, which come from a migration."""
        if server == "neutron":
            _default_rules()

    def load_balancer(self, service: Service) -> dict[str, Any]:
        """Ask for the provider as Kuryr does: by its name."""
        return {"provider": OVN}

    def protocol(self, service: Service) -> str:
        """Nothing but the transport is the provider's business."""
        return "TCP" if service.protocol == "HTTPS" else service.protocol

    def note_ports(self, state: Path, ports: Mapping[str, Mapping[str, str]]) -> None:
        """Write down the ports, which the guest plugs without asking Neutron."""
        (state / PORTS).write_text(json.dumps(ports) + "\n")


def _hear_all_events() -> None:
    """Let Neutron's one worker heed every event of OVN, and wait for no request meanwhile.

    Events are told to the thread that also completes the changes in OVN that requests wait for, and
    requests hold the write lock of SQLite: if it wants that lock, too, both wait for a minute. So
    it does not write down who heeds which event, and only reads when it looks whom one concerns.
    """
    from neutron.plugins.ml2.drivers.ovn.mech_driver.ovsdb import ovsdb_monitor

    def notify(self: Any, event: Any, row: Any, updates: Any = None) -> None:
        with sqlite.reading():
            for everywhere in (True, False):
                self.notify_handler.notify(event, row, updates, global_=everywhere)

    ovsdb_monitor.OvnIdlDistributedLock.notify = notify


def _default_rules() -> None:
    """Make the rules that each new security group begins with."""
    from neutron.db.models.securitygroup_default_rules import SecurityGroupDefaultRule
    from neutron_lib.db import api

    with api.CONTEXT_WRITER.get_engine().connect() as connection:
        from sqlalchemy.orm import Session

        with Session(connection) as session:
            for ethertype in ("IPv4", "IPv6"):
                session.add(
                    SecurityGroupDefaultRule(
                        direction="egress",
                        ethertype=ethertype,
                        used_in_default_sg=True,
                        used_in_non_default_sg=True,
                    )
                )
                session.add(
                    SecurityGroupDefaultRule(
                        direction="ingress",
                        ethertype=ethertype,
                        remote_group_id="PARENT",
                        used_in_default_sg=True,
                        used_in_non_default_sg=False,
                    )
                )
            session.commit()
