# SPDX-License-Identifier: Apache-2.0

"""What the commands cost, beside their peers in the same run, against real APIs.

python -m tests.benchmarks.scale [--json FILE] [--sizes N ...] [--runs N]
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
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.cloud import Cloud
from tests.support.cloud.walkthrough import SCTP_DEMO
from tests.support.fill import fill
from tests.support.startup import ALREADY_THERE, COMMANDS
from tests.support.struggling_proxy import in_front_of

OPENSTACK = str(Path(sys.executable).with_name("openstack"))
SIZES = (1_000, 10_000)
RUNS = 3
LONG = 25.0  # seconds: what takes longer is run only once, through the proxy that counts
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
_LIST, _SDK = "kuryr sctp list", "SDK: listeners(protocol='SCTP')"
_VERIFY, _SHOW, _WALKTHROUGH = "kuryr sctp verify", "loadbalancer show", "walkthrough, 5 commands"
_PLUGIN, _VERSION = "import of the plugin", "openstack --version"
_ONE, _IN_CLUSTER = "kuryr sctp verify, of many", "the same, with its cluster"
_ALL, _LOOP = "kuryr sctp verify --all", "the same requests, bare loop"
# To what each is compared.
_BALANCERS = "loadbalancer list"
_PEERS = {
    _LIST: (_SDK,),
    _VERIFY: (_SHOW, _WALKTHROUGH),
    _PLUGIN: (_VERSION,),
    _ALL: (_LOOP,),
    _ONE: (_BALANCERS,),
    _IN_CLUSTER: (_BALANCERS,),
}
# A load balancer as cloud-provider-openstack names it.
_MARK, _SERVICE = "kube_service_blue_core_amf", "blue:core/amf"

Commands = Sequence[Sequence[str]]  # run one after the other, and measured together


@dataclass
class Cost:
    """What commands cost: HTTP requests, seconds, MiB at the peak of the biggest.

    `seconds` is wall time, `cpu_seconds` what the commands themselves computed; both are medians.

    `services` is how many there were, 0 where they do not matter; `ratios` are of the seconds,
    by the peer.
    """

    what: str
    services: int
    requests: int
    seconds: float
    cpu_seconds: float
    peak_mib: float
    runs: int
    ratios: dict[str, float] = field(default_factory=dict)


class Usage(NamedTuple):
    """What commands used: seconds of wall and of CPU time, MiB at the peak of the biggest."""

    seconds: float
    cpu_seconds: float
    peak_mib: float


def once(commands: Commands, environ: Mapping[str, str]) -> Usage:
    """Run commands one after the other; return what they used."""
    begun, cpu, peak = time.monotonic(), 0.0, 0
    for argv in commands:
        process = subprocess.Popen(argv, env={**os.environ, **environ}, stdout=subprocess.DEVNULL)
        # Of this one child, where resource.getrusage() would tell of all.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 3):
            raise SystemExit(f"{' '.join(argv)} ended with {process.returncode}")
        peak = max(peak, usage.ru_maxrss)
        cpu += usage.ru_utime + usage.ru_stime
    return Usage(time.monotonic() - begun, cpu, peak / 1024)


def compare(
    cloud: Cloud,
    contenders: Mapping[str, Commands],
    runs: int,
    services: int = 0,
    recorded: Mapping[str, Path] | None = None,
) -> list[Cost]:
    """Measure commands in turn, several times, after a run of which the requests are counted.

    `recorded` are files for the requests of some contenders, which later ones may read.
    """
    requests: dict[str, int] = {}
    measured: dict[str, list[Usage]] = {}
    for name, commands in contenders.items():
        with (
            tempfile.TemporaryDirectory() as directory,
            in_front_of(cloud, Path(directory)) as proxy,
        ):
            measured[name] = [once(commands, proxy.environ)]
            requests[name] = len(proxy.requests)
            if recorded and name in recorded:
                recorded[name].write_text("\n".join(proxy.requests))
    short = [name for name, (usage,) in measured.items() if usage.seconds < LONG]
    measured |= {name: [] for name in short}
    for _ in range(runs):
        for name in short:
            measured[name].append(once(contenders[name], cloud.environ()))
    return with_ratios(
        [
            Cost(
                what=name,
                services=services,
                requests=requests[name],
                seconds=statistics.median(usage.seconds for usage in usages),
                cpu_seconds=statistics.median(usage.cpu_seconds for usage in usages),
                peak_mib=max(usage.peak_mib for usage in usages),
                runs=len(usages),
            )
            for name, usages in measured.items()
        ]
    )


def with_ratios(costs: list[Cost]) -> list[Cost]:
    """Put in how much longer each took than its peers."""
    by_name = {cost.what: cost for cost in costs}
    for cost in costs:
        for peer in _PEERS.get(cost.what, ()):
            cost.ratios[peer] = cost.seconds / by_name[peer].seconds
    return costs


def startup(runs: int) -> list[Cost]:
    """Return what the plugin adds to any `openstack` command, beside one that does nothing."""
    imports = [sys.executable, "-I", "-c", _IMPORT, ",".join(ALREADY_THERE), ",".join(COMMANDS)]
    added = [float(subprocess.check_output(imports)) for _ in range(runs)]
    version = [once([[OPENSTACK, "--version"]], {}) for _ in range(runs)]
    seconds, cpu_seconds, peaks = zip(*version, strict=True)
    medians = statistics.median(seconds), statistics.median(cpu_seconds)
    return with_ratios(
        [
            Cost(_PLUGIN, 0, 0, statistics.median(added), 0.0, 0.0, runs),
            Cost(_VERSION, 0, 0, *medians, max(peaks), runs),
        ]
    )


def one_service(cloud: Cloud, runs: int) -> list[Cost]:
    """Return the cost of `verify` beside what else tells of one service."""
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
    verify = [OPENSTACK, "kuryr", "sctp", "verify", SCTP_DEMO.name]
    return compare(cloud, {_VERIFY: [verify], _SHOW: [show], _WALKTHROUGH: walkthrough}, runs)


def all_services(cloud: Cloud, runs: int, services: int) -> list[Cost]:
    """Return the cost of what is asked of all services, or of one of them, beside other lists."""
    filled = fill(cloud, services)
    rename = "UPDATE load_balancer SET name = ? WHERE name = ?"
    cloud.sql("octavia", rename, [_MARK, filled.sctp[-2]])
    ours = [OPENSTACK, "kuryr", "sctp"]
    with tempfile.TemporaryDirectory() as directory:
        requests = Path(directory, "requests")
        contenders = {
            _LIST: [[*ours, "list", "-f", "json"]],
            _SDK: [[sys.executable, "-c", _LIST_LISTENERS]],
            _BALANCERS: [[OPENSTACK, "loadbalancer", "list", "-f", "json"]],
            _ONE: [[*ours, "verify", filled.sctp[-1], "-f", "json"]],
            _IN_CLUSTER: [[*ours, "verify", _SERVICE, "-f", "json"]],
            _ALL: [[*ours, "verify", "--all", "--show", "all", "-f", "csv"]],
            _LOOP: [[sys.executable, "-m", "tests.benchmarks.same_requests", str(requests)]],
        }
        return compare(cloud, contenders, runs, services, {_ALL: requests})


def measure(sizes: Sequence[int] = SIZES, runs: int = RUNS) -> list[dict[str, Any]]:
    """Measure everything; a cloud is started for each size. Each row is a Cost as a dictionary."""
    costs = startup(runs)
    with Cloud.start() as cloud:
        costs += one_service(cloud, runs)
    for size in sizes:
        # A process for each core, as anywhere else: one would read lists one after the other.
        with Cloud.start(octavia_processes=os.cpu_count() or 1) as cloud:
            costs += all_services(cloud, runs, size)
    return [asdict(cost) for cost in costs]


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return what was measured as text."""
    lines = [
        f"{'':<33}{'services':>8}{'requests':>9}{'ms':>8}{'CPU ms':>8}{'ms each':>8}{'MiB':>5}"
        f"{'runs':>5}  ratios"
    ]
    for row in sorted(rows, key=lambda row: (row["services"] > 0, row["what"], row["services"])):
        milliseconds = row["seconds"] * 1000
        cpu = f"{row['cpu_seconds'] * 1000:.0f}" if row["cpu_seconds"] else ""
        each = f"{milliseconds / row['services']:.2f}" if row["services"] else ""
        ratios = ", ".join(f"{ratio:.2f} of {peer}" for peer, ratio in row["ratios"].items())
        lines.append(
            f"{row['what']:<33}{row['services'] or '':>8}{row['requests'] or '':>9}"
            f"{milliseconds:>8.{0 if milliseconds > 100 else 1}f}{cpu:>8}{each:>8}"
            f"{row['peak_mib']:>5.0f}{row['runs']:>5}  {ratios}".rstrip()
        )
    return "\n".join(lines)


def main() -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks.scale", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="N")
    parser.add_argument("--runs", type=int, default=RUNS, metavar="N")
    options = parser.parse_args()
    rows = measure(options.sizes, options.runs)
    print(table(rows))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
