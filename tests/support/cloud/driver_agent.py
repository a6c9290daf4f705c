# SPDX-License-Identifier: Apache-2.0

"""Octavia's driver agent, which takes from OVN's driver what became of each change."""

import os
import sys
from pathlib import Path
from typing import Any

from tests.support.cloud import processes, sqlite

NAME = "octavia-driver-agent"


def sockets(state: Path) -> list[Path]:
    """Return the agent's sockets: for statuses, statistics and questions."""
    return [state / f"{kind}.sock" for kind in ("status", "stats", "get")]


def use_sockets(state: Path) -> None:
    """Let OVN's driver find the agent: it looks in /var/run/octavia, whatever is configured."""
    from octavia_lib.api.drivers import driver_lib

    driver_lib.DriverLibrary.__init__.__defaults__ = tuple(map(str, sockets(state)))


def serve(config: Path) -> None:
    """Run the agent and its processes."""
    use_sockets(config.parent)
    # It starts processes that would stay when it is killed.
    os.register_at_fork(after_in_child=lambda: processes.die_with(os.getppid()))
    sys.argv += ["--config-file", str(config)]
    from octavia.api.drivers.driver_agent import driver_listener
    from octavia.cmd import driver_agent

    answer = driver_listener.get_listener

    def only_read(exit_event: Any) -> None:
        # Asked while Octavia's API changes something, it would wait for that, and be waited for.
        sqlite.only_read()
        answer(exit_event)

    driver_listener.get_listener = only_read
    driver_agent.main()
