# SPDX-License-Identifier: Apache-2.0

"""Open vSwitch and ovn-controller in the guest's own namespace: this machine is OVN's one host."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.support.cloud import ovn_chassis
from tests.support.lab.guest import cloud_servers, system
from tests.support.ovn.programs import VARIABLE, Programs

_DIRECTORY = system.STATE / "ovs"
_SOCKET = _DIRECTORY / "db.sock"
_INTEGRATION = "br-int"
_START_TIMEOUT = 30.0
_FLOWS_TIMEOUT = 60.0
_QUIET = ("--no-chdir", "-vconsole:warn", "-vfile:off", "-vsyslog:off")


def variables(programs: str) -> Mapping[str, str]:
    """Return what the cloud's servers have to know."""
    return {VARIABLE: programs}


def start(programs: str) -> None:
    """Start Open vSwitch with its bridges; it forwards nothing before the controller says what."""
    _DIRECTORY.mkdir()
    found = Programs(Path(programs))
    database = str(_DIRECTORY / "conf.db")
    _call(found, "ovsdb-tool", "create", database, found.schema("vswitch"))
    _start(found, "ovsdb-server", f"--remote=punix:{_SOCKET}", database)
    system.wait_until(_SOCKET.exists, _START_TIMEOUT, "ovsdb-server answers")
    kind, address = ovn_chassis.ENCAPSULATION
    options = {
        **ovn_chassis.OPTIONS,
        "system-id": ovn_chassis.NAME,
        "hostname": ovn_chassis.NAME,
        "ovn-remote": f"unix:{cloud_servers.DIRECTORY / ovn_chassis.SOCKET}",
        "ovn-encap-type": kind,
        "ovn-encap-ip": address,
        # There is one host, which needs all that there is.
        "ovn-monitor-all": "true",
    }
    settings = [f"external-ids:{name}={value}" for name, value in options.items()]
    _call(found, "ovs-vsctl", "--no-wait", "init", "--", "set", "Open_vSwitch", ".", *settings)
    _start(found, "ovs-vswitchd", f"unix:{_SOCKET}")
    bridges = ["add-br", _INTEGRATION, "--", "set", "bridge", _INTEGRATION, "fail-mode=secure"]
    _call(found, "ovs-vsctl", *bridges, "--", "add-br", ovn_chassis.BRIDGE)


def start_controller(programs: str) -> None:
    """Start ovn-controller, once the cloud has OVN's databases."""
    remote = cloud_servers.DIRECTORY / ovn_chassis.SOCKET
    system.wait_until(remote.exists, cloud_servers.START_TIMEOUT, "OVN's databases answer")
    _start(Programs(Path(programs)), "ovn-controller", f"unix:{_SOCKET}")


def add_ports(programs: str, ports: Mapping[str, str], external: str) -> None:
    """Plug interfaces of this namespace: each for the ID of its port, and one outside."""
    argv = ["add-port", ovn_chassis.BRIDGE, external]
    for interface, port in ports.items():
        argv += ["--", "add-port", _INTEGRATION, interface]
        argv += ["--", "set", "Interface", interface, f"external_ids:iface-id={port}"]
    _call(Programs(Path(programs)), "ovs-vsctl", *argv)


def wait(programs: str) -> None:
    """Wait until the switch does what Neutron has asked OVN for."""
    found = Programs(Path(programs))
    remote = f"--db=unix:{cloud_servers.DIRECTORY / ovn_chassis.SOCKET}"
    timeout = f"--timeout={_FLOWS_TIMEOUT:.0f}"
    _call(found, "ovn-nbctl", remote, timeout, "--wait=hv", "sync")


def _call(found: Programs, name: str, *arguments: str) -> None:
    system.call([found[name], *arguments], environment=found.environment(_DIRECTORY))


def _start(found: Programs, name: str, *arguments: str) -> None:
    control = f"--unixctl={_DIRECTORY / name}.ctl"
    log = system.LOGS / f"{name}.log"
    with log.open("ab") as output:
        subprocess.Popen(
            [found[name], *_QUIET, control, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **found.environment(_DIRECTORY)},
            start_new_session=True,
        )
