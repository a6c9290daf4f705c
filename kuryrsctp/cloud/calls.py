# SPDX-License-Identifier: Apache-2.0

"""A connection to OpenStack's APIs together with the deadline of all that is asked over it.

No API is trusted to answer at all: each call is waited for until the deadline, and no longer.
"""

import functools
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import openstack.exceptions
from openstack.connection import Connection

from kuryrsctp.cloud import threads
from kuryrsctp.cloud.clock import server_clock
from kuryrsctp.cloud.deadline import SERVICE_TIMEOUT, Deadline
from kuryrsctp.cloud.endpoints import adapter, missing_endpoint
from kuryrsctp.cloud.failures import cloud_errors, malformed_answers
from kuryrsctp.cloud.refusals import is_about
from kuryrsctp.cloud.retries import retry_unauthorized
from kuryrsctp.cloud.rows import Row
from kuryrsctp.errors import CloudError

T = TypeVar("T")

_OCTAVIA, _NEUTRON = "load-balancer", "network"


class Cloud:
    """What is asked over one connection until one deadline. Threads may share it.

    Every method raises CloudError where an API fails, or does not answer in time.
    """

    def __init__(self, connection: Connection, timeout: float = SERVICE_TIMEOUT) -> None:
        """Ask over an SDK connection, for `timeout` seconds from now on; nothing is sent yet."""
        self.connection = connection
        self._deadline = Deadline(timeout)

    def now(self) -> datetime:
        """Return the time (UTC) by the clocks of the APIs, as far as they have answered."""
        return server_clock(self.connection.session.session).now()

    @functools.cached_property
    def octavia(self) -> Any:
        """The SDK's adapter for Octavia; its first use asks Keystone for a token."""
        server_clock(self.connection.session.session)  # which hears each answer from now on
        return self.call(lambda: _octavia(self.connection))

    @functools.cached_property
    def neutron(self) -> Any:
        """The SDK's adapter for Neutron; None if the catalog has no Neutron."""
        return self.call(lambda: adapter(self.connection, _NEUTRON))

    def discover(self) -> None:
        """Ask for a token and the catalog now, before many threads would each do it."""
        _ = self.octavia

    def call(self, function: Callable[[], T]) -> T:
        """Call a function that talks to an API."""
        return self.call_all([function])[0]

    def call_all(self, functions: Sequence[Callable[[], T]]) -> list[T]:
        """Call functions side by side; return their results in order.

        Raises the first error, in the order of the functions.
        """
        retried = [functools.partial(retry_unauthorized, function) for function in functions]
        with threads.running(retried) as futures, cloud_errors(self.connection):
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


def unless_gone(read: Callable[[], T], resource_id: str) -> T | None:
    """Return what `read` returns, None where Octavia has nothing with this ID.

    Raises what `read` raises otherwise: any other 404 is a fault of the endpoint.
    """
    try:
        return read()
    except openstack.exceptions.NotFoundException as error:
        if not is_about(error, resource_id):
            raise
        return None


def _octavia(connection: Connection) -> Any:
    api = adapter(connection, _OCTAVIA)
    if api is None:
        raise CloudError(missing_endpoint(connection, _OCTAVIA))
    return api
