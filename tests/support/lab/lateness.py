# SPDX-License-Identifier: Apache-2.0

"""How late this machine wakes up a program that waits: a twin for those whose deadlines are tested.

python -m tests.support.lab.lateness: until SIGINT or SIGTERM; then it prints the worst in seconds.
"""

import signal
import threading
import time

_WAIT = 0.02  # seconds


class Lateness:
    """Waits over and over beside the code in the context; `worst` is its latest wake-up."""

    def __init__(self) -> None:
        self.worst = 0.0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self.watch, daemon=True)

    def __enter__(self) -> "Lateness":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._end.set()
        self._thread.join()

    def watch(self) -> None:
        """Wait until the end, and note how late each wait ended."""
        while True:
            due = time.monotonic() + _WAIT
            ended = self._end.wait(_WAIT)
            # The others may have woken up first from the same delay, and be at their end already.
            self.worst = max(self.worst, time.monotonic() - due)
            if ended:
                return


def main() -> None:
    """Watch until a signal comes."""
    signals = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    with Lateness() as lateness:
        print("watching", flush=True)
        signal.sigwait(signals)
    print(lateness.worst, flush=True)


if __name__ == "__main__":
    main()
