# SPDX-License-Identifier: Apache-2.0

"""Requests that are sent again: after a transient failure, a cut answer, or a refused token.

Every request of this package may be repeated: it only reads, and the one POST asks for a token.
"""

import contextlib
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

import openstack.exceptions
from keystoneauth1.session import Session, TCPKeepAliveAdapter
from requests import PreparedRequest, Response
from requests.exceptions import ChunkedEncodingError
from urllib3 import exceptions
from urllib3.util import Retry

T = TypeVar("T")

_RETRIES = 4
_CONNECT_RETRIES = 2
_CUT_ANSWER_RETRIES = 2
# Too many requests, bad gateway, service unavailable.
_TRANSIENT_STATUS = frozenset({429, 502, 503})
_BACKOFF = 0.5  # seconds: the waits between tries are 0, then 1, 2 and 4 s
_JITTER = 0.5  # and up to this much longer, so that many clients do not come back together
_MAX_RETRY_AFTER = 10.0  # seconds that a server can make a client wait with Retry-After


class BoundedRetry(Retry):
    """A bounded number of tries, none of them after a request that timed out."""

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: Any = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: TracebackType | None = None,
    ) -> "BoundedRetry":
        """Return the retries that are left after a failure; raise the error if there are none."""
        refused = isinstance(error, exceptions.NewConnectionError)
        timed_out = isinstance(error, exceptions.TimeoutError) and not refused
        remaining = self.new(total=0) if timed_out else self
        return Retry.increment(remaining, method, url, response, error, _pool, _stacktrace)

    def get_retry_after(self, response: Any) -> float | None:
        """Return the seconds that the server asks to wait, cut at a bound."""
        seconds = super().get_retry_after(response)
        return None if seconds is None else min(seconds, _MAX_RETRY_AFTER)


class CompleteAnswers(TCPKeepAliveAdapter):
    """Sends a request again if its answer was cut: urllib3 retries only until an answer begins."""

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        """Return the answer, read to its end."""
        for _ in range(_CUT_ANSWER_RETRIES):
            with contextlib.suppress(ChunkedEncodingError):
                return self._send(request, *args, **kwargs)
        return self._send(request, *args, **kwargs)

    def _send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        response = super().send(request, *args, **kwargs)
        response.content  # noqa: B018 - reads the body, and keeps it
        return response


def retry_transient_failures(session: Session) -> None:
    """Let the session repeat every request that fails transiently, those for tokens included."""
    retry = BoundedRetry(
        total=_RETRIES,
        connect=_CONNECT_RETRIES,
        status_forcelist=_TRANSIENT_STATUS,
        allowed_methods=None,
        backoff_factor=_BACKOFF,
        backoff_jitter=_JITTER,
        raise_on_status=False,
    )
    for scheme in ("http://", "https://"):
        session.session.mount(scheme, CompleteAnswers(max_retries=retry))


def retry_unauthorized(function: Callable[[], T]) -> T:
    """Call `function`; call it once more if it raises a 401.

    keystoneauth renews a refused token itself, but gives up where another thread renewed it at
    the same time.
    """
    try:
        return function()
    except openstack.exceptions.HttpException as error:
        if error.status_code != 401:
            raise
    return function()
