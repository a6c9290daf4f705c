# SPDX-License-Identifier: Apache-2.0

"""Makes the amphora follow a directory of load balancers, as Octavia's agent follows its API.

``python -m tests.support.lab.guest.amphora DIRECTORY`` returns once the kernel balances what the
directory says. It holds, for each load balancer, a directory with ``vip.json`` and one
``<listener>.conf`` of keepalived for each listener; each listener has a keepalived of its own.
"""

import fcntl
import ipaddress
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.support.lab import topology
from tests.support.lab.guest import lvs, system

_STATE = system.STATE / "keepalived"
AGENT = system.STATE / "octavia"
"""Stands for an amphora's /var/lib/octavia, where Octavia's agent looks for what is running."""
_LOG = system.LOGS / "keepalived.log"
_CHECKERS = topology.CLOUD_PYTHON.parent
"""Where amphora-health-checker is, which keepalived runs to see whether a member lives."""
_START_TIMEOUT = 10.0
_STOP_TIMEOUT = 5.0
_APPLY_TIMEOUT = 20.0
_HOST_BITS = {4: 32, 6: 128}


def follow(directory: Path) -> None:
    """Change addresses and keepalived processes until the kernel does as the directory says.

    Raises GuestError when it does not within the time that keepalived needs at most.
    """
    wanted = {path.stem: path.read_text() for path in directory.glob("*/[!.]*.conf")}
    with (_STATE / "lock").open("w") as lock, system.inside(topology.AMPHORA):
        fcntl.flock(lock, fcntl.LOCK_EX)
        _follow_addresses(directory)
        running = {path.stem: path.read_text() for path in _STATE.glob("*.conf")}
        for listener in running.keys() - wanted.keys():
            _stop(listener)
        for listener, text in wanted.items():
            # Octavia's agent restarts keepalived for every change: a reload would not put members
            # back to the state they begin in.
            if listener in running and running[listener] != text:
                _stop(listener)
            if running.get(listener) != text or _pid(listener) is None:
                _start(listener, text)
        services = {
            endpoint: service
            for text in wanted.values()
            for endpoint, service in lvs.parse_configuration(text).items()
        }
        system.wait_until(
            lambda: lvs.applied(services, lvs.parse_kernel(_table())),
            _APPLY_TIMEOUT,
            "keepalived applies its configuration",
        )


def _follow_addresses(directory: Path) -> None:
    """Give the amphora's interface the VIPs, and take those away that are gone."""
    host = next(host for host in topology.HOSTS if host.name == topology.AMPHORA)
    wanted = set()
    for path in directory.glob("*/vip.json"):
        balancer = json.loads(path.read_text())
        wanted |= {balancer["vip"], *balancer["additional_vips"]}
    shown = json.loads(system.call(["ip", "-json", "addr", "show", "dev", host.interface]))
    present = {
        address["local"]
        for address in shown[0]["addr_info"]
        if address["prefixlen"] == _HOST_BITS[ipaddress.ip_address(address["local"]).version]
    }
    changes = [f"addr del {_prefixed(a)} dev {host.interface}" for a in present - wanted]
    for address in wanted - present:
        nodad = " nodad" if ":" in address else ""
        changes.append(f"addr add {_prefixed(address)} dev {host.interface}{nodad}")
    if changes:
        system.call(["ip", "-batch", "-"], "\n".join(changes) + "\n")


def _prefixed(address: str) -> str:
    return f"{address}/{_HOST_BITS[ipaddress.ip_address(address).version]}"


def _start(listener: str, text: str) -> None:
    """Start keepalived as the service that Octavia's agent installs does."""
    configuration = _STATE / f"{listener}.conf"
    configuration.write_text(text)
    for kind in ("conf", "pid"):
        link = _agents_link(listener, kind)
        link.unlink(missing_ok=True)
        link.symlink_to(_STATE / f"{listener}.{kind}")
    files = [_STATE / f"{listener}.{kind}" for kind in ("pid", "vrrp.pid", "check.pid")]
    argv = ["keepalived", "--dont-fork", "--no-syslog", "--log-console", "--log-detail"]
    for option, path in zip(("-f", "-p", "-r", "-c"), (configuration, *files), strict=True):
        argv += [option, str(path)]
    with _LOG.open("ab") as log:
        subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "PATH": f"{_CHECKERS}:{os.environ['PATH']}"},
            start_new_session=True,
        )
    system.wait_until(
        lambda: _pid(listener) is not None, _START_TIMEOUT, f"keepalived of {listener} starts"
    )


def _stop(listener: str) -> None:
    """Stop a listener's keepalived; it takes its virtual services out of the kernel."""
    pid = _pid(listener)
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        system.wait_until(
            lambda: _pid(listener) is None, _STOP_TIMEOUT, f"keepalived of {listener} stops"
        )
    for path in _STATE.glob(f"{listener}.*"):
        path.unlink()
    for kind in ("conf", "pid"):
        _agents_link(listener, kind).unlink(missing_ok=True)


def _agents_link(listener: str, kind: str) -> Path:
    return AGENT / "lvs" / f"octavia-keepalivedlvs-{listener}.{kind}"


def _pid(listener: str) -> int | None:
    """Return the process of a listener's keepalived, if it lives."""
    try:
        pid = int((_STATE / f"{listener}.pid").read_text())
    except (OSError, ValueError):
        return None
    return pid if system.lives(pid) else None


def _table() -> str:
    return Path("/proc/self/net/ip_vs").read_text()


def main() -> int:
    """Follow the directory that the argument names."""
    return system.exit_status(lambda: follow(Path(sys.argv[1])))


if __name__ == "__main__":
    sys.exit(main())
