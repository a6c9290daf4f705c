# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What the commands cost, beside their peers in the same run, against real APIs.

python -m tests.bench.scale [--json FILE] [--sizes N ...] [--runs N]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.bench.scale_fill import fill
from tests.functional.struggling_proxy import in_front_of
from tests.functional.test_startup import ALREADY_THERE, COMMANDS
from tests.lab.cloud import Cloud
from tests.lab.cloud.walkthrough import SCTP_DEMO

OPENSTACK = str(Path(sys.executable).with_name("openstack"))
LONG = 60.0  # seconds: what takes longer is measured once
_LIST_LISTENERS = (
    "import openstack; found = openstack.connect().load_balancer.listeners(protocol='SCTP');"
    " print(len(list(found)))"
)
_IMPORT = (
    "import importlib, sys, time\n"
    "there, ours = (one.split(',') for one in sys.argv[1:])\n"
    "for one in there: importlib.import_module(one)\n"
    "begun = time.perf_counter()\n"
    "for one in ours: importlib.import_module(one)\n"
    "print(time.perf_counter() - begun)\n"
)
OF_ALL = {
    "kuryr sctp list": [OPENSTACK, "kuryr", "sctp", "list", "-f", "json"],
    "kuryr sctp verify --all": [OPENSTACK, "kuryr", "sctp", "verify", "--all", "-f", "json"],
    "loadbalancer list": [OPENSTACK, "loadbalancer", "list", "-f", "json"],
    "SDK: listeners(protocol='SCTP')": [sys.executable, "-c", _LIST_LISTENERS],
}
PEERS = {"kuryr sctp list": "SDK: listeners(protocol='SCTP')"}


@dataclass(frozen=True)
class Cost:
    """What a command costs: HTTP requests, seconds (median), and MiB at its peak."""

    requests: int
    seconds: float
    peak_mib: float
    runs: int = 1


def once(argv: Sequence[str], environ: Mapping[str, str]) -> tuple[float, float]:
    """Run a command; return its seconds, and MiB at its peak."""
    begun = time.monotonic()
    process = subprocess.Popen(argv, env={**os.environ, **environ}, stdout=subprocess.DEVNULL)
    # Of this one child, where resource.getrusage() would tell of all.
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 3):
        raise SystemExit(f"{' '.join(argv)} ended with {process.returncode}")
    return time.monotonic() - begun, usage.ru_maxrss / 1024


def cost(cloud: Cloud, argv: Sequence[str], runs: int) -> Cost:
    """Measure a command several times, after a run of which the requests are counted."""
    with (
        tempfile.TemporaryDirectory() as directory,
        in_front_of(cloud, Path(directory)) as proxy,
    ):
        warm, _ = once(argv, proxy.environ)
        requests = len(proxy.requests)
    runs = 1 if warm > LONG else runs
    measured = [once(argv, cloud.environ()) for _ in range(runs)]
    seconds = statistics.median(one for one, _ in measured)
    return Cost(requests, seconds, max(peak for _, peak in measured), runs)


def startup(runs: int) -> dict[str, float]:
    """Return the milliseconds that the plugin adds to any `openstack` command, and of one."""
    imports = [sys.executable, "-I", "-c", _IMPORT, ",".join(ALREADY_THERE), ",".join(COMMANDS)]
    added = [float(subprocess.check_output(imports)) for _ in range(runs)]
    version = [once([OPENSTACK, "--version"], {})[0] for _ in range(runs)]
    return {
        "plugin_ms": statistics.median(added) * 1000,
        "openstack_version_ms": statistics.median(version) * 1000,
    }


def one_service(cloud: Cloud, runs: int) -> dict[str, float]:
    """Return the seconds (medians) of `verify` beside what else tells of one service."""
    balancer = [OPENSTACK, "loadbalancer"]
    query = "SELECT l.id FROM listener l WHERE l.name = ?"
    ((listener,),) = cloud.sql("octavia", query, [SCTP_DEMO.listener])
    show = [*balancer, "show", SCTP_DEMO.name]
    walkthrough = [
        [*balancer, "list"],
        show,
        [*balancer, "listener", "show", listener],
        [*balancer, "pool", "list"],
        [*balancer, "member", "list", SCTP_DEMO.listener],
    ]
    environ = cloud.environ()
    seconds: dict[str, list[float]] = {"verify": [], "loadbalancer show": [], "walkthrough": []}
    for _ in range(runs):
        verify = [OPENSTACK, "kuryr", "sctp", "verify", SCTP_DEMO.name]
        seconds["verify"].append(once(verify, environ)[0])
        seconds["loadbalancer show"].append(once(show, environ)[0])
        seconds["walkthrough"].append(sum(once(one, environ)[0] for one in walkthrough))
    return {name: statistics.median(measured) for name, measured in seconds.items()}


def measure(sizes: Sequence[int], runs: int) -> dict[str, Any]:
    """Measure everything; a cloud is started for each size."""
    result: dict[str, Any] = {"startup": startup(runs), "sizes": {}}
    with Cloud.start() as cloud:
        result["one_service"] = one_service(cloud, runs)
    for size in sizes:
        with Cloud.start() as cloud:
            fill(cloud, size)
            costs = {name: asdict(cost(cloud, argv, runs)) for name, argv in OF_ALL.items()}
            result["sizes"][size] = costs
    return result


def table(result: Mapping[str, Any]) -> str:
    """Return what was measured as text."""
    startup, one = result["startup"], result["one_service"]
    lines = [
        f"The plugin adds {startup['plugin_ms']:.1f} ms to any openstack command"
        f" (`openstack --version`: {startup['openstack_version_ms']:.0f} ms).",
        f"One service: verify {one['verify']:.2f} s,"
        f" `loadbalancer show` {one['loadbalancer show']:.2f} s"
        f" (ratio {one['verify'] / one['loadbalancer show']:.2f}),"
        f" the walkthrough's five commands {one['walkthrough']:.2f} s"
        f" (ratio {one['verify'] / one['walkthrough']:.2f}).",
        "",
        f"{'Of all services':<33} {'Services':>8} {'Requests':>8} {'Seconds':>8} {'Peak MiB':>8}"
        f" {'ms each':>8} {'Runs':>4}",
    ]
    for name in OF_ALL:
        for size, costs in result["sizes"].items():
            cost = costs[name]
            lines.append(
                f"{name:<33} {size:>8} {cost['requests']:>8} {cost['seconds']:>8.2f}"
                f" {cost['peak_mib']:>8.0f} {cost['seconds'] / size * 1000:>8.2f}"
                f" {cost['runs']:>4}"
            )
    for ours, peer in PEERS.items():
        for size, costs in result["sizes"].items():
            ratio = costs[ours]["seconds"] / costs[peer]["seconds"]
            lines.append(f"{ours} / {peer} at {size}: {ratio:.2f}")
    return "\n".join(lines)


def main() -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000], metavar="N")
    parser.add_argument("--runs", type=int, default=3, metavar="N")
    options = parser.parse_args()
    result = measure(options.sizes, options.runs)
    print(table(result))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
