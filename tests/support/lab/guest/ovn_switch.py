# SPDX-License-Identifier: Apache-2.0

"""Open vSwitch and ovn-controller in the guest's own namespace: this machine is OVN's one host."""

import os
import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.support.cloud import ovn_chassis
from tests.support.lab.guest import cloud_servers, system
from tests.support.ovn.ovn_programs import Programs

_DIRECTORY = system.STATE / "ovs"
_SOCKET = _DIRECTORY / "db.sock"
_REMOTE = cloud_servers.DIRECTORY / ovn_chassis.SOCKET
_INTEGRATION = "br-int"
_START_TIMEOUT = 30.0
_COUNTS_CPUS_AFTER = 10.0
_FLOWS_TIMEOUT = 60.0
_QUIET = ("--no-chdir", "-vconsole:warn", "-vfile:off", "-vsyslog:off")


class Switch:
    """The switch of this machine, from its programs in a directory."""

    def __init__(self, programs: str) -> None:
        self._programs = Programs(Path(programs))
        self._environment = self._programs.environment(_DIRECTORY)
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start Open vSwitch with its bridges; it forwards nothing before the controller says what.

        Raises GuestError when it does not come up.
        """
        _DIRECTORY.mkdir()
        database = str(_DIRECTORY / "conf.db")
        self._call("ovsdb-tool", "create", database, self._programs.schema("vswitch"))
        control = f"--unixctl={_DIRECTORY}/ovsdb-server.ctl"
        self._start("ovsdb-server", control, f"--remote=punix:{_SOCKET}", database)
        system.wait_until(_SOCKET.exists, _START_TIMEOUT, "ovsdb-server answers")
        kind, address = ovn_chassis.ENCAPSULATION
        options = {
            **ovn_chassis.OPTIONS,
            "system-id": ovn_chassis.NAME,
            "hostname": ovn_chassis.NAME,
            "ovn-remote": f"unix:{_REMOTE}",
            "ovn-encap-type": kind,
            "ovn-encap-ip": address,
            # There is one host, which needs all that there is.
            "ovn-monitor-all": "true",
            # On a busy host a daemon may be late, and would be taken for dead.
            "ovn-remote-probe-interval": "0",
            "ovn-openflow-probe-interval": "0",
        }
        settings = [f"external-ids:{name}={value}" for name, value in options.items()]
        self._call("ovs-vsctl", "--no-wait", "init", "--", "set", "Open_vSwitch", ".", *settings)
        # It counts the CPUs at most every ten seconds, by CLOCK_MONOTONIC, which starts at 0 with
        # the guest: started earlier it sees none, and makes no thread for packets without a flow.
        system.wait_until(
            lambda: time.monotonic() > _COUNTS_CPUS_AFTER, _START_TIMEOUT, "ovs-vswitchd can count"
        )
        self._start("ovs-vswitchd", f"--unixctl={_DIRECTORY}/ovs-vswitchd.ctl", f"unix:{_SOCKET}")
        bridge = ("--", "set", "bridge", _INTEGRATION, "fail-mode=secure")
        bridges = ("add-br", _INTEGRATION, *bridge, "--", "add-br", ovn_chassis.BRIDGE)
        self._call("ovs-vsctl", *bridges)

    def follow(self) -> None:
        """Start ovn-controller, once the cloud has OVN's databases."""
        system.wait_until(_REMOTE.exists, cloud_servers.START_TIMEOUT, "OVN's databases answer")
        self._start("ovn-controller", f"unix:{_SOCKET}")

    def plug(self, ports: Mapping[str, str], external: str) -> None:
        """Plug interfaces of this namespace: each for the ID of its port, and one outside."""
        argv = ["add-port", ovn_chassis.BRIDGE, external]
        for interface, port in ports.items():
            argv += ["--", "add-port", _INTEGRATION, interface]
            argv += ["--", "set", "Interface", interface, f"external_ids:iface-id={port}"]
        self._call("ovs-vsctl", *argv)

    def wait(self, ports: Iterable[str]) -> None:
        """Wait until the ports are up, and the switch does what Neutron has asked OVN for.

        Raises GuestError when a daemon has ended, or it takes too long.
        """
        until = [f"--db=unix:{_REMOTE}", f"--timeout={_FLOWS_TIMEOUT:.0f}"]
        try:
            # Without a controller a sync would have nobody to wait for.
            for port in ports:
                self._call(
                    "ovn-nbctl", *until, "wait-until", "logical_switch_port", port, "up=true"
                )
            self._call("ovn-nbctl", *until, "--wait=hv", "sync")
        except system.GuestError as error:
            ended = [name for name, daemon in self._daemons.items() if daemon.poll() is not None]
            words = [f"{name} ended: {system.last_words(_log(name))}" for name in ended]
            raise system.GuestError("; ".join([str(error), *words])) from error

    def _call(self, name: str, *arguments: str) -> None:
        system.call([self._programs[name], *arguments], environment=self._environment)

    def _start(self, name: str, *arguments: str) -> None:
        with _log(name).open("ab") as output:
            self._daemons[name] = subprocess.Popen(
                [self._programs[name], *_QUIET, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **self._environment},
                start_new_session=True,
            )


def _log(name: str) -> Path:
    return system.LOGS / f"{name}.log"
