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


"""What a probe costs, beside what SCTP itself costs: prints a table, writes JSON.

python -m tests.bench [--rounds N] [--count N] [--json FILE]

Every loop does the same over and over: associate, send 20 bytes, read the answer, close. They
take turns, in one guest and against one server, and the medians of the rounds are compared.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench.loops import LOOPS, MANY, STEP
from tests.lab import Lab, topology

SERVER, CLIENT = topology.PODS
PORT = 7000
REFERENCE = "bare_python"
IN_C = "bare_c"
_HERE = Path(__file__).parent
_PYTHON = str(topology.PLUGIN_PYTHON)
_TITLES = {
    IN_C: "C",
    "bare_python": "Python's standard library, bare",
    "bare_pysctp": "pysctp, bare",
    "ours": "kuryrsctp",
    "ours_concurrent": f"kuryrsctp, {MANY} at once",
}


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
    found: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            done = lab.run(command, ns=CLIENT.name, timeout=120, check=True)
            found[name].append(count / float(done.stdout))
    return found


def slope(lab: Lab, count: int) -> float:
    """Return by how many bytes the engine grows in 1,000 exchanges, after the first of them."""
    command = (_PYTHON, "-m", "tests.bench.loops", "memory", SERVER.ipv4, str(PORT), str(count))
    done = lab.run(command, ns=CLIENT.name, timeout=600, check=True)
    used = json.loads(done.stdout)
    return statistics.linear_regression(range(len(used) - 1), used[1:]).slope * 1000 / STEP


def table(found: dict[str, list[float]]) -> str:
    """Return the medians, and their ratios to the bare Python loop's."""
    medians = {name: statistics.median(each) for name, each in found.items()}
    lines = [f"{'':34}{'per second':>12}{'slowest':>9}{'fastest':>9}{'ratio':>7}"]
    for name, each in found.items():
        ratio = medians[name] / medians[REFERENCE]
        lines.append(
            f"{_TITLES[name]:34}{medians[name]:12.0f}{min(each):9.0f}{max(each):9.0f}{ratio:7.2f}"
        )
    return "\n".join(lines)


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser("python -m tests.bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=1000, help="exchanges in each round")
    parser.add_argument("--memory", type=int, default=10_000, help="exchanges for the slope")
    parser.add_argument("--json", type=Path, default=topology.REPOSITORY / ".lab" / "bench.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, Lab.start(cloud=False) as lab:
        compile_programs(Path(directory))
        argv = [f"{directory}/echo", SERVER.ipv4, str(PORT)]
        server = lab.spawn(argv, ns=SERVER.name)
        deadline = time.monotonic() + 20
        while "listening" not in server.output()[0]:
            assert server.poll() is None, server.output()
            assert time.monotonic() < deadline
        found = rates(lab, Path(directory), options.rounds, options.count)
        print(table(found), flush=True)
        growth = slope(lab, options.memory)
    print(f"\nmemory: {growth:.0f} bytes for every 1,000 associations, over {options.memory:,}")
    options.json.parent.mkdir(exist_ok=True)
    result = {"rates": found, "bytes_per_1000": growth, "count": options.count}
    options.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
