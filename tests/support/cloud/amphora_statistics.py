# SPDX-License-Identifier: Apache-2.0

"""What the kernel counts for each listener, read and sent by the code of Octavia's own agent.

``LAB_AMPHORA_AGENT`` names the directory that stands for an amphora's ``/var/lib/octavia``. Without
it there is no data path, and nothing is counted.
"""

import os

from oslo_config import cfg


def deltas() -> dict[str, dict[str, int]]:
    """Return, for each listener, what it has counted since the last call.

    :raises subprocess.CalledProcessError: the kernel's counters cannot be read.
    """
    base = os.environ.get("LAB_AMPHORA_AGENT")
    if not base:
        return {}
    # It takes a second to import, which a cloud without a data path need not spend.
    from octavia.amphorae.backends.health_daemon import health_daemon
    from octavia.amphorae.backends.utils import keepalivedlvs_query

    cfg.CONF.set_override("base_path", base, "haproxy_amphora")
    traffic = {}
    for listener, counted in keepalivedlvs_query.get_lvs_listeners_stats().items():
        delta = health_daemon.calculate_stats_deltas(listener, counted["stats"])
        traffic[listener] = {
            "tx": delta["bout"],
            "rx": delta["bin"],
            "conns": counted["stats"]["scur"],
            "totconns": delta["stot"],
            "ereq": delta["ereq"],
        }
    return traffic
