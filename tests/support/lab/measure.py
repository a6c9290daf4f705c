# SPDX-License-Identifier: Apache-2.0


"""Probe an address from within the machine, and print as JSON what became of it.

python -m tests.support.lab.measure ARGUMENTS: those of kuryrsctp.probe(), as a JSON object. With
`sending`, an object, they are those of kuryrsctp.sctp.client.Message.
"""

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import kuryrsctp
from kuryrsctp.sctp.messages import Exchange, Message


def descriptors() -> int:
    """Count this process's open files."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def peak() -> int:
    """Return the most bytes of memory that this process has used so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def arguments() -> dict[str, Any]:
    """Return the arguments for kuryrsctp.probe()."""
    asked: dict[str, Any] = json.loads(sys.argv[1])
    if "sending" in asked:
        asked["message"] = Message(**{"payload": b"hello", **asked.pop("sending")})
    return asked


def main() -> None:
    """Print the exchanges, each with the seconds it took, and what they left behind."""
    asked = arguments()
    # The first import of all that is needed is none of the first message's time.
    kuryrsctp.probe(address="127.0.0.1", port=1, count=1)
    before = descriptors()
    ends = [time.monotonic()]
    exchanges: list[Exchange] = []

    def note(exchange: Exchange) -> None:
        exchanges.append(exchange)
        ends.append(time.monotonic())

    most = peak()
    report = kuryrsctp.probe(**asked, on_exchange=note)
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
            for one, begin, end in zip(exchanges, ends, ends[1:], strict=False)
        ],
        "warnings": report.warnings,
        "growth": peak() - most,
        "leaked": descriptors() - before,
    }
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
