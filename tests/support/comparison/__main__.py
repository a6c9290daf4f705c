# SPDX-License-Identifier: Apache-2.0

"""Plays the cases, or those that are named, and prints a line of JSON for each."""

import argparse
import json
import sys
import time
import traceback
from collections.abc import Sequence

import openstack

from tests.support.comparison.all_cases import CASES
from tests.support.comparison.cases import Case
from tests.support.comparison.service import USUAL, Cloud, Port
from tests.support.lab import topology

_WELL_TIMEOUT = 60.0  # seconds


def main() -> int:
    """Play the cases; return how many could not be played."""
    parser = argparse.ArgumentParser()
    parser.add_argument("provider")
    parser.add_argument("case", nargs="*")
    arguments = parser.parse_args()
    cases = [case for case in CASES if not arguments.case or case.name in arguments.case]
    return play(Cloud(openstack.connect(), arguments.provider), cases)


def play(cloud: Cloud, cases: Sequence[Case]) -> int:
    """Play cases on the ports of one Service; return how many could not be played."""
    own = [case for case in cases if case.setup]
    numbers = {case.name: number for number, case in enumerate(own, topology.VIP_PORT + 1)}
    setups = {numbers[case.name]: case.setup for case in own if case.setup}
    failures = 0
    with cloud.service("all", {topology.VIP_PORT: USUAL, **setups}) as service:
        _wait_until_well(service.port(topology.VIP_PORT))
        for case in cases:
            begun = time.monotonic()
            told: dict[str, object] = {"case": case.name}
            port = service.port(numbers.get(case.name, topology.VIP_PORT))
            try:
                told |= {"seen": case.play(port)}
            except Exception:  # the others are played all the same
                told |= {"failed": traceback.format_exc()}
                failures += 1
            print(json.dumps(told | {"seconds": round(time.monotonic() - begun, 1)}), flush=True)
    return failures


def _wait_until_well(port: Port) -> None:
    """Wait until both pods answer: of a lab that does not work nothing is to be recorded."""
    deadline = time.monotonic() + _WELL_TIMEOUT
    while (seen := port.client()) != "``ANSWERED`` by A and B":
        if time.monotonic() > deadline:
            raise TimeoutError(f"the lab does not work: {seen}")


if __name__ == "__main__":
    sys.exit(main())
