# SPDX-License-Identifier: Apache-2.0

"""What all readers of OpenStack's APIs share: deadlines, and errors in one line.

An API is never trusted to answer at all: calls are waited for until the deadline only.
"""

import concurrent.futures
import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar
from urllib.parse import urlsplit

import keystoneauth1.exceptions
import openstack.exceptions
import requests.exceptions

from kuryrsctp.cloud import threads
from kuryrsctp.cloud.deadline import Deadline
from kuryrsctp.errors import CloudError

T = TypeVar("T")

# Seconds for all that is asked of the APIs about one service.
TIMEOUT = 90.0

_QUOTED = 200

_REMEDIES = {
    400: "the API does not know this request: check that the catalog leads to the right API"
    " (`openstack catalog list`)",
    401: "the credentials are refused: check user, password and project"
    " (`openstack token issue` must work)",
    403: "these credentials may not read this: use the load balancer's project, or ask for the role"
    " `reader` (in clouds with Octavia's own roles, `load-balancer_observer`)",
    404: "nothing is there: check that the catalog leads to the right API (`openstack catalog"
    " list`)",
    409: "the object is being changed: try again in a minute",
    429: "too many requests: try again in a minute",
    501: "the provider cannot do this",
    502: "the API is down behind its proxy: try again, then ask the cloud's operator",
    503: "the API is down or overloaded: try again, then ask the cloud's operator",
    504: "the API is overloaded: try again, then ask the cloud's operator",
}
_SERVER_FAULT = "the API failed: try again, then ask the cloud's operator to look at its log"
_CLIENT_FAULT = "the API refuses the request: `--debug` shows it"
_SETTINGS = (
    "check region, interface and the other settings in clouds.yaml or OS_* (`openstack catalog"
    " list` shows what this cloud has)"
)

# What the SDK stumbles over when a body is JSON but not what the API promises.
_MALFORMED = (AttributeError, KeyError, TypeError, ValueError)


def call(function: Callable[[], T], deadline: Deadline) -> T:
    """Call `function`, which talks to an API; its errors become CloudError."""
    return call_all([function], deadline)[0]


def call_all(functions: Sequence[Callable[[], T]], deadline: Deadline) -> list[T]:
    """Call the functions side by side; return their results in order.

    Raises CloudError: the first one's in order, or that the deadline has passed.
    """
    renewing = [functools.partial(_renewing, one) for one in functions]
    with threads.running(renewing) as futures, _one_line_errors():
        return [future.result(deadline.left()) for future in futures]


def _renewing(function: Callable[[], T]) -> T:
    """Call again what was refused while another thread renewed the token: keystoneauth gives up."""
    try:
        return function()
    except openstack.exceptions.HttpException as error:
        if error.status_code != 401:
            raise
    return function()


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """Turn what keystoneauth and the SDK raise into a CloudError that says what to do."""
    try:
        yield
    except openstack.exceptions.HttpException as error:
        raise CloudError(_refusal(error.status_code or 0, error.url, error.details)) from error
    except keystoneauth1.exceptions.HttpError as error:
        detail = error.message.replace(f" (HTTP {error.http_status})", "")
        raise CloudError(_refusal(error.http_status, error.url, detail)) from error
    except (keystoneauth1.exceptions.ConnectionError, requests.exceptions.ConnectionError) as error:
        raise CloudError(_broken_connection(error)) from error
    except concurrent.futures.TimeoutError as error:
        raise CloudError(
            "the cloud's APIs did not answer in time: try again, then ask the cloud's operator"
        ) from error
    except (keystoneauth1.exceptions.InvalidResponse, *_MALFORMED) as error:
        raise CloudError(_nonsense(error)) from error
    except (
        keystoneauth1.exceptions.ClientException,
        openstack.exceptions.SDKException,
    ) as error:
        raise CloudError(f"{error}: {_SETTINGS}") from error


def _refusal(status: int, url: str | bytes | None, detail: object) -> str:
    """Say who answered with an HTTP error, in its own words, and what to do."""
    fault = _SERVER_FAULT if status >= 500 else _CLIENT_FAULT
    words = f" ({str(detail)[:_QUOTED]})" if detail else ""
    return f"{_place(url)} answered {status}{words}: {_REMEDIES.get(status, fault)}"


def _broken_connection(error: BaseException) -> str:
    """Say which connection broke, and how; the reason lies at the root of a chain."""
    url = None
    chain = [error]
    while (inner := _inner(chain[-1])) is not None and inner not in chain:
        chain.append(inner)
        url = url or getattr(getattr(inner, "request", None), "url", None)
    root = chain[-1]
    reason = (isinstance(root, OSError) and root.strerror) or str(root)
    return (
        f"no answer from {_place(url)} ({reason[:_QUOTED]}): check its URL, the network and any"
        " proxy, then ask the cloud's operator"
    )


def _inner(error: BaseException) -> BaseException | None:
    """Return what an error came from; urllib3 keeps it among the arguments."""
    wrapped = (one for one in reversed(error.args) if isinstance(one, BaseException))
    return error.__cause__ or error.__context__ or next(wrapped, None)


def _nonsense(error: BaseException) -> str:
    """Say that an API's answer is not what its reference promises."""
    if isinstance(error, requests.exceptions.JSONDecodeError):  # simplejson's, where installed
        what = f"an API's answer is not JSON but '{error.doc.strip()[:40]}'"
    elif isinstance(error, keystoneauth1.exceptions.InvalidResponse):
        what = f"the answer of {_place(error.response.url)} is not a token"
    else:
        what = f"an API's answer is malformed ({type(error).__name__}: {str(error)[:_QUOTED]})"
    return (
        f"{what}: check that the endpoints lead to the APIs, not to a proxy or login page"
        " (`openstack catalog list`)"
    )


def _place(url: str | bytes | None) -> str:
    """Return a URL without what may be secret or long: user, password and query."""
    if not url:
        return "the API"
    parts = urlsplit(url.decode("ascii", "replace") if isinstance(url, bytes) else url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
