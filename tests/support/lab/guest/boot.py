# SPDX-License-Identifier: Apache-2.0

"""Brings the machine up, step by step."""

import os
import time
from pathlib import Path

from tests.support.lab import protocol
from tests.support.lab.guest import agent, amphora, cloud_servers, packet_path, pods, root, system
from tests.support.lab.guest_settings import Settings


def serve(run: Path) -> None:
    """Bring everything up that the settings ask for, then serve the host until time is up."""
    born = time.monotonic()
    os.environ.update(agent.environment())
    settings = Settings.from_json(protocol.read_json(run / protocol.SETTINGS))
    path = packet_path.of(settings)
    root.switch(run, settings.writable, settings.modules)
    _make_directories(run)
    system.progress("root")
    path.build()
    system.progress("network")
    apis = None
    if settings.cloud:
        apis = cloud_servers.start(settings.provider, path.cloud_variables())
    servers = [pod for pod in settings.pods if pod.command]
    for pod in servers:
        pods.start(pod)
    if settings.amphora is not None:
        amphora.follow(Path(settings.amphora))
        system.progress("amphora")
    for pod in servers:
        pods.wait(pod)
    system.progress("pods")
    path.connect()
    environment = agent.environment()
    if apis is not None:
        cloud_servers.wait(apis, settings.boot_timeout)
        environment |= cloud_servers.environment()
        system.progress("cloud")
    path.wait()
    system.progress("data path")
    protocol.write_json(run / protocol.READY, {"environment": environment})
    agent.Agent(run, settings.timeout - (time.monotonic() - born)).serve()


def _make_directories(run: Path) -> None:
    for name in ("pods", "keepalived", "octavia/lvs"):
        (system.STATE / name).mkdir(parents=True)
    system.LOGS.symlink_to(run / protocol.LOGS)
    (system.STATE / protocol.SETTINGS).symlink_to(run / protocol.SETTINGS)
    Path(os.environ["HOME"]).mkdir()
