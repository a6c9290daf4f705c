# SPDX-License-Identifier: Apache-2.0

"""Requests that are sent again: after a transient failure, a cut answer, or a refused token.

Every request of this package may be repeated: it only reads, and the one POST asks for a token.
"""

import contextlib
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

import openstack.exceptions
import requests.exceptions
from keystoneauth1.identity.base import BaseIdentityPlugin
from keystoneauth1.session import Session, TCPKeepAliveAdapter
from requests import PreparedRequest, Response
from urllib3 import exceptions
from urllib3.util import Retry

from kuryrsctp.cloud.connecting import cannot_connect, connection_fault, is_lasting, place
from kuryrsctp.cloud.refusals import NO_KEYSTONE
from kuryrsctp.errors import CloudError

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
    """A bounded number of tries, none after a request that timed out, or a fault of TLS."""

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
        remaining = self.new(total=0) if timed_out or is_lasting(error) else self
        return Retry.increment(remaining, method, url, response, error, _pool, _stacktrace)

    def get_retry_after(self, response: Any) -> float | None:
        """Return the seconds that the server asks to wait, cut at a bound."""
        seconds = super().get_retry_after(response)
        return None if seconds is None else min(seconds, _MAX_RETRY_AFTER)


class CompleteAnswers(TCPKeepAliveAdapter):
    """Sends a request again if its answer was cut: urllib3 retries only until an answer begins."""

    def __init__(self, retry: Retry, *, takes_tokens: bool) -> None:
        """Retry as told; `takes_tokens` if requests carry a token of Keystone's."""
        super().__init__(max_retries=retry)
        self._takes_tokens = takes_tokens

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        """Return the answer, read to its end.

        Raises CloudError where keystoneauth would only try again, or wait for ever.
        """
        try:
            response = self._send_until_complete(request, *args, **kwargs)
        except requests.exceptions.ConnectionError as error:
            if cannot_connect(error):
                raise CloudError(connection_fault(error)) from error
            raise
        is_discovery = request.method == "GET" and "X-Auth-Token" not in request.headers
        # keystoneauth would take a token to ask again, while it holds the lock on getting one.
        if response.status_code == 401 and is_discovery and self._takes_tokens:
            raise CloudError(f"{place(request.url)} answered 401: {NO_KEYSTONE}")
        return response

    def _send_until_complete(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        for _ in range(_CUT_ANSWER_RETRIES):
            with contextlib.suppress(requests.exceptions.ChunkedEncodingError):
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
    takes_tokens = isinstance(session.auth, BaseIdentityPlugin)
    for scheme in ("http://", "https://"):
        session.session.mount(scheme, CompleteAnswers(retry, takes_tokens=takes_tokens))


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
