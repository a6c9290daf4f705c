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


"""Probe an address from within the machine, and print as JSON what became of it.

python -m tests.lab.measure ARGUMENTS: those of kuryrsctp.probe(), as a JSON object.
"""

import json
import sys
import time
from pathlib import Path

import kuryrsctp


def descriptors() -> int:
    """Count this process's open files."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def main() -> None:
    """Print a list of exchanges, each with the seconds it took, and the descriptors left open."""
    arguments = json.loads(sys.argv[1])
    # The first import of all that is needed is none of the first message's time.
    kuryrsctp.probe(**{**arguments, "address": "127.0.0.1", "port": 1, "count": 1})
    before = descriptors()
    times = [time.monotonic()]
    report = kuryrsctp.probe(**arguments, on_exchange=lambda _: times.append(time.monotonic()))
    result = {
        "exchanges": [
            {
                "outcome": one.outcome.value,
                "detail": one.detail,
                "answer": one.answer.decode("latin-1"),
                "peers": one.peers,
                "rtt": one.rtt,
                "local_port": one.local_port,
                "seconds": end - begin,
            }
            for one, begin, end in zip(report.exchanges, times, times[1:], strict=False)
        ],
        "warnings": report.warnings,
        "leaked": descriptors() - before,
    }
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
