# SPDX-License-Identifier: Apache-2.0


"""Another try for requests that failed in passing.

Every request of this package may be repeated: it only reads, and the one POST asks for a token.
"""

import contextlib
from types import TracebackType
from typing import Any

from keystoneauth1.session import Session, TCPKeepAliveAdapter
from requests import PreparedRequest, Response
from requests.exceptions import ChunkedEncodingError
from urllib3 import exceptions
from urllib3.util import Retry

_TRIES_MORE = 4
_CONNECTS_MORE = 2
_CUTS = 2  # answers that may be cut
# Too many requests, bad gateway, service unavailable.
_PASSING = frozenset({429, 502, 503})
_FACTOR = 0.5  # seconds: between tries pass 0, then 1, 2 and 4 s,
_JITTER = 0.5  # and up to so much more, so that many clients do not come back as one
_LONGEST = 10.0  # seconds that a server can make a client wait with Retry-After


class Patience(Retry):
    """A bounded number of tries. A request that timed out has used up all of it."""

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: Any = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: TracebackType | None = None,
    ) -> "Patience":
        """Return what is left of the patience, or raise what ended it."""
        refused = isinstance(error, exceptions.NewConnectionError)
        waited = isinstance(error, exceptions.TimeoutError) and not refused
        left = self.new(total=0) if waited else self
        return Retry.increment(left, method, url, response, error, _pool, _stacktrace)

    def get_retry_after(self, response: Any) -> float | None:
        """Return the seconds that the server asks for, within reason."""
        asked = super().get_retry_after(response)
        return None if asked is None else min(asked, _LONGEST)


class WholeAnswers(TCPKeepAliveAdapter):
    """Asks again where an answer was cut: urllib3 counts as answered what has begun to be."""

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        """Return the answer, read to its end."""
        for _ in range(_CUTS):
            with contextlib.suppress(ChunkedEncodingError):
                return self._send(request, *args, **kwargs)
        return self._send(request, *args, **kwargs)

    def _send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        response = super().send(request, *args, **kwargs)
        response.content  # noqa: B018 - reads it, and keeps it
        return response


def retry(session: Session) -> None:
    """Let every request of the session, for tokens and versions too, be tried again."""
    patience = Patience(
        total=_TRIES_MORE,
        connect=_CONNECTS_MORE,
        status_forcelist=_PASSING,
        allowed_methods=None,
        backoff_factor=_FACTOR,
        backoff_jitter=_JITTER,
        raise_on_status=False,
    )
    for scheme in ("http://", "https://"):
        session.session.mount(scheme, WholeAnswers(max_retries=patience))
