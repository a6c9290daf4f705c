# SPDX-License-Identifier: Apache-2.0

"""How long OpenStack's APIs are waited for."""

import time

# Seconds for all that is asked of the APIs about one service.
SERVICE_TIMEOUT = 90.0

# Seconds for the lists of all services; Octavia may need 15 for 10,000 load balancers.
LISTS_TIMEOUT = 300.0


class Deadline:
    """A point in time that no wait goes past."""

    def __init__(self, seconds: float) -> None:
        """Set the deadline `seconds` from now."""
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left, never less than 0."""
        return max(0.0, self._end - time.monotonic())
