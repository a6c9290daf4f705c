# SPDX-License-Identifier: Apache-2.0

"""A connection to OpenStack's APIs together with the deadline of all that is asked over it.

No API is trusted to answer at all: each call is waited for until the deadline, and no longer.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import keystoneauth1.exceptions
import openstack.exceptions
from openstack.connection import Connection

from kuryrsctp.cloud import threads
from kuryrsctp.cloud.deadline import SERVICE_TIMEOUT, Deadline
from kuryrsctp.cloud.failures import cloud_errors, malformed_answers
from kuryrsctp.cloud.retries import retry_unauthorized
from kuryrsctp.cloud.rows import Row

T = TypeVar("T")


class Cloud:
    """What is asked over one connection until one deadline. Threads may share it.

    Every method raises CloudError where an API fails, or does not answer in time.
    """

    def __init__(self, connection: Connection, timeout: float = SERVICE_TIMEOUT) -> None:
        """Ask over an SDK connection, for `timeout` seconds from now on; nothing is sent yet."""
        self.connection = connection
        self._deadline = Deadline(timeout)

    @functools.cached_property
    def octavia(self) -> Any:
        """The SDK's adapter for Octavia, whose versions are asked for at its first use."""
        return self.call(lambda: _adapter(self.connection, "load_balancer"))

    @functools.cached_property
    def neutron(self) -> Any:
        """The SDK's adapter for Neutron; None if the catalog has no Neutron."""
        return self.call(lambda: _neutron(self.connection))

    def discover(self) -> None:
        """Ask for Octavia's versions now, before many threads would each do it at first use."""
        _ = self.octavia

    def call(self, function: Callable[[], T]) -> T:
        """Call a function that talks to an API."""
        return self.call_all([function])[0]

    def call_all(self, functions: Sequence[Callable[[], T]]) -> list[T]:
        """Call functions side by side; return their results in order.

        Raises the first error, in the order of the functions.
        """
        retried = [functools.partial(retry_unauthorized, function) for function in functions]
        with threads.running(retried) as futures, cloud_errors():
            return [future.result(self._deadline.left()) for future in futures]


def get(api: Any, path: str, kind: str, **query: Any) -> Row:
    """Return the answer to a GET request over an SDK adapter.

    `kind` is what error messages call the answer. Raises MalformedAnswer, and what the SDK raises.
    """
    with malformed_answers():
        response = api.get(path, params=query)
        openstack.exceptions.raise_from_response(response)
        body = response.json()
    return Row(body, kind)


def _adapter(connection: Connection, name: str) -> Any:
    with malformed_answers():
        return getattr(connection, name)


def _neutron(connection: Connection) -> Any:
    try:
        adapter = _adapter(connection, "network")
        with malformed_answers():
            return adapter if adapter.get_endpoint() is not None else None
    except (keystoneauth1.exceptions.CatalogException, openstack.exceptions.ConfigException):
        return None
