# SPDX-License-Identifier: Apache-2.0

"""The time of the APIs: ages are told by their timestamps, and this host's clock may be wrong."""

import threading
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from weakref import WeakKeyDictionary

import requests

# Answers tell whole seconds, and take some to come: a smaller difference is none.
_TOLERANCE = timedelta(seconds=10)


class ServerClock:
    """The time of the hosts that answered last. Threads may share it."""

    def __init__(self) -> None:
        """Take this host's time until an answer tells another."""
        self._ahead = timedelta()

    def hear(self, answer: requests.Response, *_: Any, **__: Any) -> None:
        """Compare the time in an answer (RFC 9110, section 6.6.1) with this host's."""
        try:
            told = parsedate_to_datetime(answer.headers.get("Date", ""))
            ahead = told - datetime.now(timezone.utc)
        except (TypeError, ValueError):
            return
        self._ahead = ahead if abs(ahead) > _TOLERANCE else timedelta()

    def now(self) -> datetime:
        """Return the time (UTC)."""
        return datetime.now(timezone.utc) + self._ahead


_clocks: WeakKeyDictionary[requests.Session, ServerClock] = WeakKeyDictionary()
_lock = threading.Lock()


def server_clock(session: requests.Session) -> ServerClock:
    """Return the clock that hears every answer over a session."""
    with _lock:
        if session not in _clocks:
            clock = _clocks[session] = ServerClock()
            session.hooks["response"].append(clock.hear)
        return _clocks[session]
