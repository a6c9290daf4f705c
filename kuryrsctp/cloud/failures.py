# SPDX-License-Identifier: Apache-2.0

"""What keystoneauth, requests and the SDK raise, as one line that says what to do."""

import concurrent.futures
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import keystoneauth1.exceptions
import openstack.exceptions
import requests.exceptions

from kuryrsctp.errors import CloudError, MalformedAnswer

_MAX_QUOTED = 200

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

# What keystoneauth and the SDK raise by mistake where a body is JSON, but not as the API promises.
_STUMBLES = (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError)


@contextmanager
def cloud_errors() -> Iterator[None]:
    """Turn what keystoneauth, requests and the SDK raise on purpose into a CloudError.

    Any other exception is an error of this program, and is raised as it is.
    """
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
    except keystoneauth1.exceptions.InvalidResponse as error:
        raise MalformedAnswer(
            f"the answer of {_place(error.response.url)} is not a token"
        ) from error
    except (
        keystoneauth1.exceptions.ClientException,
        openstack.exceptions.SDKException,
    ) as error:
        raise CloudError(f"{error}: {_SETTINGS}") from error


@contextmanager
def malformed_answers() -> Iterator[None]:
    """Turn what a library's code raises by mistake into MalformedAnswer.

    For calls of keystoneauth and the SDK alone: our own mistakes must not be called the cloud's.
    """
    try:
        yield
    except requests.exceptions.JSONDecodeError as error:  # simplejson's, where installed
        raise MalformedAnswer(
            f"an API's answer is not JSON but '{error.doc.strip()[:40]}'"
        ) from error
    except _STUMBLES as error:
        raise MalformedAnswer(
            f"an API's answer is malformed ({type(error).__name__}: {str(error)[:_MAX_QUOTED]})"
        ) from error


def _refusal(status: int, url: str | bytes | None, detail: object) -> str:
    """Say which API answered with an HTTP error, in its own words, and what to do."""
    fault = _SERVER_FAULT if status >= 500 else _CLIENT_FAULT
    words = f" ({str(detail)[:_MAX_QUOTED]})" if detail else ""
    return f"{_place(url)} answered {status}{words}: {_REMEDIES.get(status, fault)}"


def _broken_connection(error: BaseException) -> str:
    """Say which connection broke, and how; the reason is the root of the chain of errors."""
    url = None
    chain = [error]
    while (inner := _inner(chain[-1])) is not None and inner not in chain:
        chain.append(inner)
        url = url or getattr(getattr(inner, "request", None), "url", None)
    root = chain[-1]
    reason = (isinstance(root, OSError) and root.strerror) or str(root)
    return (
        f"no answer from {_place(url)} ({reason[:_MAX_QUOTED]}): check its URL, the network and any"
        " proxy, then ask the cloud's operator"
    )


def _inner(error: BaseException) -> BaseException | None:
    """Return the error that caused an error; urllib3 keeps it among the arguments."""
    wrapped = (argument for argument in reversed(error.args) if isinstance(argument, BaseException))
    return error.__cause__ or error.__context__ or next(wrapped, None)


def _place(url: str | bytes | None) -> str:
    """Return a URL without what may be secret or long: user, password and query."""
    if not url:
        return "the API"
    parts = urlsplit(url.decode("ascii", "replace") if isinstance(url, bytes) else url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
