# SPDX-License-Identifier: Apache-2.0

import sys

import pytest

from tests.support.checkout import HANG, run

PROGRAM = """
import threading, time
from kuryrsctp.cloud import threads

begun = threading.Event()

def call():
    begun.set()
    time.sleep({seconds})
    print("ended", flush=True)

with threads.running([call]):
    begun.wait()
"""


@pytest.mark.parametrize(
    ("seconds", "printed"), [(0.1, "ended\n"), (HANG, "")], ids=["about to end", "silent"]
)
def test_a_program_ends_after_calls_that_are_about_to_end_and_does_not_wait_for_a_silent_api(
    seconds: float, printed: str
) -> None:
    assert run(sys.executable, "-c", PROGRAM.format(seconds=seconds)) == printed
