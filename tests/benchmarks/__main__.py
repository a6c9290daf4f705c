# SPDX-License-Identifier: Apache-2.0

"""Measure everything: prints one table, and writes it as JSON.

python -m tests.benchmarks [--json FILE] [--rounds N] [--count N] [--memory N] [--sizes N ...]
    [--runs N]

Medians, beside those of peers that took turns in the same run.
"""

import argparse
import json
from pathlib import Path

from tests.benchmarks import rate, scale
from tests.support.lab import topology


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks")
    parser.add_argument("--json", type=Path, default=topology.REPOSITORY / ".lab" / "bench.json")
    parser.add_argument("--rounds", type=int, default=5, help="of exchanges, each loop in turn")
    parser.add_argument("--count", type=int, default=1000, help="exchanges in each round")
    parser.add_argument("--memory", type=int, default=10_000, help="exchanges for the slope")
    parser.add_argument("--sizes", type=int, nargs="+", default=scale.SIZES, help="of the cloud")
    parser.add_argument("--runs", type=int, default=scale.RUNS, help="of each command")
    options = parser.parse_args()
    rows, growth = rate.measure(options.rounds, options.count, options.memory)
    rows += scale.measure(options.sizes, options.runs)
    print(scale.table(rows))
    print(f"memory: {growth:.0f} bytes for 1,000 associations, over {options.memory:,}")
    options.json.parent.mkdir(exist_ok=True)
    result = {"rows": rows, "bytes_per_1000_associations": growth}
    options.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
