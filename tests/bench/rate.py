# SPDX-License-Identifier: Apache-2.0


"""What a probe costs, beside what SCTP itself costs.

Every loop does the same over and over: associate, send 20 bytes, read the answer, close. They
take turns, in one guest and against one server, and the medians of the rounds are compared.
"""

import contextlib
import json
import statistics
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.bench.loops import LOOPS, MANY, STEP
from tests.bench.scale import Cost
from tests.lab import Lab, topology

SERVER, CLIENT = topology.PODS
PORT = 7000
IN_C = "bare_c"
_HERE = Path(__file__).parent
_PYTHON = str(topology.PLUGIN_PYTHON)
_TITLES = {
    IN_C: "probe: C, bare",
    "bare_python": "probe: Python, bare",
    "timed_python": "probe: Python, timed",
    "same_calls": "probe: Python, the same calls",
    "bare_pysctp": "probe: pysctp, bare",
    "ours": "probe: kuryrsctp",
    "ours_concurrent": f"probe: kuryrsctp, {MANY} at once",
}
# Whose rates those of `ours` are compared with.
_PEERS = ("bare_python", "timed_python", "same_calls")


def compile_programs(directory: Path) -> None:
    """Make the C server and client."""
    for name in ("echo", "client"):
        source, program = str(_HERE / f"{name}.c"), str(directory / name)
        subprocess.run(["gcc", "-O2", "-Wall", "-Werror", "-o", program, source], check=True)


def rates(lab: Lab, programs: Path, rounds: int, count: int) -> dict[str, list[float]]:
    """Return the exchanges a second of each loop in each round."""
    target = (SERVER.ipv4, str(PORT), str(count))
    commands: dict[str, Sequence[str]] = {IN_C: (str(programs / "client"), *target)}
    for name in LOOPS:
        commands[name] = (_PYTHON, "-m", "tests.bench.loops", name, *target)
    measured: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            done = lab.run(command, ns=CLIENT.name, timeout=120, check=True)
            measured[name].append(count / float(done.stdout))
    return measured


def slope(lab: Lab, count: int) -> float:
    """Return by how many bytes the engine grows in 1,000 exchanges, after the first of them."""
    command = (_PYTHON, "-m", "tests.bench.loops", "memory", SERVER.ipv4, str(PORT), str(count))
    done = lab.run(command, ns=CLIENT.name, timeout=600, check=True)
    used = json.loads(done.stdout)
    return statistics.linear_regression(range(len(used) - 1), used[1:]).slope * 1000 / STEP


@contextlib.contextmanager
def bench() -> Iterator[tuple[Lab, Path]]:
    """Have a guest where the C server listens; yield it, and where the C client is."""
    with tempfile.TemporaryDirectory() as directory, Lab.start(cloud=False) as lab:
        compile_programs(Path(directory))
        server = lab.spawn([f"{directory}/echo", SERVER.ipv4, str(PORT)], ns=SERVER.name)
        server.wait_for("listening", 20)
        yield lab, Path(directory)


def costs(measured: dict[str, list[float]]) -> list[Cost]:
    """Return the medians; the ratios are of rates: more is faster."""
    medians = {name: statistics.median(each) for name, each in measured.items()}
    return [
        Cost(
            what=_TITLES[name],
            services=0,
            requests=0,
            seconds=1 / medians[name],
            peak_mib=0.0,
            runs=len(each),
            ratios={
                f"the rate of {_TITLES[peer].partition(': ')[2]}": medians[name] / medians[peer]
                for peer in _PEERS
                if name not in _PEERS
            },
        )
        for name, each in measured.items()
    ]


def measure(rounds: int, count: int, memory: int) -> tuple[list[dict[str, Any]], float]:
    """Return the rows, and by how many bytes 1,000 of `memory` associations make it grow."""
    with bench() as (lab, programs):
        rows = [asdict(cost) for cost in costs(rates(lab, programs, rounds, count))]
        return rows, slope(lab, memory)
