# SPDX-License-Identifier: Apache-2.0

"""What keystoneauth, requests and the SDK raise, as one line that says what to do."""

import concurrent.futures
from collections.abc import Iterator
from contextlib import contextmanager

import keystoneauth1.exceptions
import openstack.exceptions
import requests.exceptions
from openstack.connection import Connection

from kuryrsctp.cloud.connecting import AUTH_URL, causes, connection_fault, place, quoted
from kuryrsctp.cloud.refusals import NO_KEYSTONE, octavia_words, refusal
from kuryrsctp.cloud.scope import missing_project
from kuryrsctp.errors import CloudError, MalformedAnswer

_SETTINGS = (
    "check region, interface and the other settings in clouds.yaml or OS_* (`openstack catalog"
    " list` shows what this cloud has)"
)
_TLS_FILES = (
    "check --os-cacert, OS_CACERT or `cacert` in clouds.yaml (--os-cert and --os-key for the"
    " client's own)"
)

# What keystoneauth and the SDK raise by mistake where a body is JSON, but not as the API promises.
_STUMBLES = (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError)


@contextmanager
def cloud_errors(connection: Connection | None = None) -> Iterator[None]:
    """Turn what keystoneauth, requests and the SDK raise on purpose into a CloudError.

    With a connection, its token's scope is named where that is why an API refuses.

    Any other exception is an error of this program, and is raised as it is.
    """
    try:
        yield
    except concurrent.futures.TimeoutError as error:
        raise CloudError(
            "the cloud's APIs did not answer in time: try again, then ask the cloud's operator"
        ) from error
    except keystoneauth1.exceptions.InvalidResponse as error:
        raise CloudError(
            f"the answer of {place(error.response.url)} is not a token: check {AUTH_URL}: it must"
            " lead to Keystone, not to a proxy or login page"
        ) from error
    except (
        keystoneauth1.exceptions.ClientException,
        openstack.exceptions.SDKException,
        requests.exceptions.RequestException,
    ) as error:
        raise CloudError(_sentence(error, connection)) from error
    except OSError as error:
        # requests looks for the files of certificates before it connects.
        if not str(error).startswith("Could not find"):
            raise
        raise CloudError(f"{quoted(error)}: {_TLS_FILES}") from error


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
    except requests.exceptions.RequestException:  # some are a ValueError, too
        raise
    except _STUMBLES as error:
        raise MalformedAnswer(
            f"an API's answer is malformed ({type(error).__name__}: {quoted(error)})"
        ) from error


def _sentence(error: Exception, connection: Connection | None = None) -> str:
    """Say what an error of the libraries is about, and what to do."""
    if isinstance(error, openstack.exceptions.HttpException):
        remedy = missing_project(connection) if connection and error.status_code == 403 else None
        words = octavia_words(error) or error.details
        return refusal(error.status_code or 0, error.url, words, remedy=remedy)
    if isinstance(error, keystoneauth1.exceptions.HttpError):
        detail = error.message.replace(f" (HTTP {error.http_status})", "")
        return refusal(error.http_status, error.url, detail, body=_body(error))
    if isinstance(error, keystoneauth1.exceptions.DiscoveryFailure):
        return _no_keystone(error)
    if isinstance(
        error,
        keystoneauth1.exceptions.ConnectionError | requests.exceptions.RequestException,
    ):
        return connection_fault(error)
    return f"{quoted(error)}: {_SETTINGS}"


def _no_keystone(error: Exception) -> str:
    """Say why Keystone did not tell its versions: only an answer shows that it is not Keystone."""
    for cause in list(causes(error))[1:]:
        if isinstance(cause, keystoneauth1.exceptions.ConnectionError):
            return connection_fault(cause)
        if isinstance(cause, keystoneauth1.exceptions.HttpError):
            if cause.http_status in {407, 429} or cause.http_status >= 500:
                return _sentence(cause)
            return f"{place(cause.url)} answered {cause.http_status}: {NO_KEYSTONE}"
    return f"{quoted(error)}: {NO_KEYSTONE}"


def _body(error: keystoneauth1.exceptions.HttpError) -> str:
    """Return the body of an answer, "" if there is none."""
    return str(getattr(error.response, "text", "") or "")
