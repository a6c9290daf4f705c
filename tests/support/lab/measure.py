# SPDX-License-Identifier: Apache-2.0

"""Probe an address from within the machine, and print as JSON what became of it.

python -m tests.support.lab.measure ARGUMENTS: those of kuryrsctp.prober.plan(), as a JSON object.
A `message` that is an object has those of kuryrsctp.sctp.messages.Message, or a `size` in bytes.
"""

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from kuryrsctp import prober
from kuryrsctp.sctp.messages import Exchange, Message
from tests.support.lab.lateness import Lateness


def descriptors() -> int:
    """Count this process's open files."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def peak() -> int:
    """Return the most bytes of memory that this process has used so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def arguments() -> dict[str, Any]:
    """Return the arguments for kuryrsctp.prober.plan()."""
    asked: dict[str, Any] = json.loads(sys.argv[1])
    message = asked.get("message")
    if isinstance(message, dict):
        payload = b"x" * message.pop("size") if "size" in message else b"hello"
        asked["message"] = Message(payload, **message)
    return asked


def main() -> None:
    """Print the exchanges, each with the seconds it took, and what they left behind.

    `late` is how late the machine woke up another thread that waited at the same time.
    """
    asked = arguments()
    # The time of the first imports is not part of the time of the first message.
    prober.probe(address="127.0.0.1", port=1, count=1)
    before = descriptors()
    ends: list[float] = []
    exchanges: list[Exchange] = []

    def note(exchange: Exchange) -> None:
        exchanges.append(exchange)
        ends.append(time.monotonic())

    most = peak()
    plan = prober.plan(**asked)
    with Lateness() as lateness:
        ends.append(time.monotonic())
        report = plan.execute(note)
    result = {
        "exchanges": [
            {
                "outcome": exchange.outcome.value,
                "detail": exchange.detail,
                "answer": exchange.answer.decode("latin-1"),
                "peers": exchange.peers,
                "rtt": exchange.rtt,
                "local_port": exchange.local_port,
                "seconds": end - begin,
            }
            for exchange, begin, end in zip(exchanges, ends, ends[1:], strict=False)
        ],
        "warnings": report.warnings,
        "growth": peak() - most,
        "leaked": descriptors() - before,
        "late": lateness.worst,
    }
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
