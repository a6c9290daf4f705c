# SPDX-License-Identifier: Apache-2.0

"""The data path's configuration, as files that follow what Octavia holds.

A directory per load balancer has ``vip.json`` and, for each enabled SCTP or UDP listener,
``<listener id>.conf``: what Octavia would send to a real amphora, made by the same template.
"""

import json
import os
import shutil
import subprocess
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from octavia.common import constants
from octavia.common.jinja.lvs.jinja_cfg import LvsJinjaTemplater
from octavia.db import api, models

from tests.support.cloud import walkthrough

HOOK_TIMEOUT = 120.0  # seconds
_lock = threading.Lock()


class DataPathError(Exception):
    """The hook failed; Octavia then marks the load balancer ERROR, as it does in production."""


def publish(loadbalancer: Any) -> None:
    """Make the data path follow a load balancer (an Octavia model).

    :raises DataPathError: the hook failed.
    """
    with _lock:
        _write(_directory(), loadbalancer)
        _run_hook()


def publish_all() -> None:
    """Make the data path follow every load balancer of the database.

    :raises DataPathError: the hook failed.
    """
    with _lock:
        with api.session().begin() as session:
            for loadbalancer in session.query(models.LoadBalancer):
                _write(_directory(), loadbalancer)
        _run_hook()


def withdraw_listener(listener: Any) -> None:
    """Take one listener away.

    :raises DataPathError: the hook failed.
    """
    with _lock:
        path = _directory() / listener.load_balancer.id / f"{listener.id}.conf"
        path.unlink(missing_ok=True)
        _run_hook()


def withdraw(loadbalancer_id: str) -> None:
    """Take a whole load balancer away.

    :raises DataPathError: the hook failed.
    """
    with _lock:
        shutil.rmtree(_directory() / loadbalancer_id, ignore_errors=True)
        _run_hook()


def write_static(directory: Path) -> None:
    """Write the walkthrough's SCTP load balancer, with IPv6 beside IPv4, without any cloud."""
    service = walkthrough.SCTP_DEMO
    addresses = {**walkthrough.PODS, **{f"{pod}-v6": a for pod, a in walkthrough.PODS_V6.items()}}
    members = [
        SimpleNamespace(
            id=f"default/{name}:9090",
            ip_address=address,
            protocol_port=9090,
            weight=1,
            enabled=True,
            monitor_address=None,
            monitor_port=None,
            provisioning_status=constants.ACTIVE,
        )
        for name, address in addresses.items()
    ]
    pool = SimpleNamespace(
        id="sctp-demo-pool",
        protocol=service.protocol,
        lb_algorithm=constants.LB_ALGORITHM_ROUND_ROBIN,
        members=members,
        health_monitor=None,
        session_persistence=None,
        enabled=True,
        provisioning_status=constants.ACTIVE,
    )
    loadbalancer = SimpleNamespace(
        id="sctp-demo",
        name=service.name,
        vip=SimpleNamespace(ip_address=service.vip),
        additional_vips=[SimpleNamespace(ip_address=walkthrough.VIP_V6)],
        enabled=True,
        listeners=[],
    )
    listener = SimpleNamespace(
        id="sctp-demo-listener",
        load_balancer=loadbalancer,
        protocol=service.protocol,
        protocol_port=service.port,
        connection_limit=-1,
        default_pool=pool,
        enabled=True,
    )
    loadbalancer.listeners.append(listener)
    _write(directory, loadbalancer)


def _directory() -> Path:
    return Path(os.environ["LAB_AMPHORA_DIR"])


def _write(root: Path, loadbalancer: Any) -> None:
    directory = root / loadbalancer.id
    directory.mkdir(parents=True, exist_ok=True)
    vip = {
        "name": loadbalancer.name,
        "vip": loadbalancer.vip.ip_address,
        "additional_vips": [vip.ip_address for vip in loadbalancer.additional_vips],
    }
    _replace(directory / "vip.json", json.dumps(vip) + "\n")
    templater = LvsJinjaTemplater()
    wanted = {
        f"{listener.id}.conf": templater.build_config(listener)
        for listener in loadbalancer.listeners
        if listener.protocol in constants.LVS_PROTOCOLS
        and listener.enabled
        and loadbalancer.enabled
    }
    for name, text in wanted.items():
        _replace(directory / name, text)
    for path in directory.glob("*.conf"):
        if path.name not in wanted:
            path.unlink()


def _replace(path: Path, text: str) -> None:
    new = path.with_name(f".{path.name}.new")
    new.write_text(text)
    new.replace(path)


def _run_hook() -> None:
    hook = os.environ.get("LAB_AMPHORA_HOOK")
    if not hook:
        return
    try:
        done = subprocess.run(
            [hook, str(_directory())], capture_output=True, text=True, timeout=HOOK_TIMEOUT
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DataPathError(f"{hook}: {error}") from error
    if done.returncode:
        reason = done.stderr.strip() or f"exit status {done.returncode}"
        raise DataPathError(f"{hook}: {reason}")
