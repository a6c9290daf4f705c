# SPDX-License-Identifier: Apache-2.0


"""One point in time shared by everything that has to be done by then."""

import time


class Deadline:
    """A point in time that no wait goes past."""

    def __init__(self, seconds: float) -> None:
        """Set the deadline `seconds` from now."""
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left, never less than 0."""
        return max(0.0, self._end - time.monotonic())
