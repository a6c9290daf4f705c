# SPDX-License-Identifier: Apache-2.0

"""Exchanges messages, each in an association of its own."""

import time
from collections.abc import Iterator

from kuryrsctp.addresses import Endpoint
from kuryrsctp.model import Outcome
from kuryrsctp.sctp.aborts import aborts
from kuryrsctp.sctp.association import Association
from kuryrsctp.sctp.eventloop import Task
from kuryrsctp.sctp.icmp import icmp_errors
from kuryrsctp.sctp.messages import Exchange, Message
from kuryrsctp.sctp.outcomes import ExchangeFailed
from kuryrsctp.sctp.route import Route, find_route


class Client:
    """Makes exchanges, one or many at a time, on one thread.

    It keeps what they share: the source ports, the routes to the targets, and the raw sockets
    that receive ABORTs and ICMP errors. Close it to release these sockets.
    """

    def __init__(self, ports: Iterator[int]) -> None:
        """Take source ports from `ports`, such as `source_ports.ephemeral_ports`."""
        self._ports = ports
        self._routes: dict[tuple[Endpoint, str | None], Route] = {}
        self._aborts = aborts()
        self._icmp_errors = icmp_errors()
        # The monotonic clock plus this is wall time, which may be set meanwhile.
        self._epoch = time.time() - time.monotonic()

    def close(self) -> None:
        """Stop receiving on raw sockets; exchanges that have begun may still end."""
        self._aborts.close()
        self._icmp_errors.close()

    def exchange(
        self, seq: int, target: Endpoint, message: Message, *, timeout: float
    ) -> Task[Exchange]:
        """Associate, send one message, receive one answer: all within `timeout` seconds.

        Raises SctpUnavailable; Inconclusive for an error that says nothing about the peer;
        UsageError if the message is too long, or the source is not an address of this host.
        """
        association = None
        outcome, detail, answer, rtt = Outcome.ANSWERED, "", b"", None
        try:
            route = self._route(target, message.source)
            with Association(route, timeout, streams=message.stream + 1) as association:
                if message.source_port is None:
                    association.bind(self._ports)
                else:
                    yield from association.bind_fixed(message.source_port)
                sent = yield from association.connect(self._aborts, self._icmp_errors)
                yield from association.send(
                    message.payload,
                    ppid=message.ppid,
                    stream=message.stream,
                    unordered=message.unordered,
                )
                answer, whole = yield from association.receive(message.answer_limit)
                rtt = time.monotonic() - sent
                detail = "" if whole else f"answer cut after {message.answer_limit} bytes"
        except ExchangeFailed as failure:
            outcome, detail = failure.outcome, failure.detail
            # The network may have changed: find the route again for the next message.
            self._routes.pop((target, message.source), None)
        began = association.began if association else None
        return Exchange(
            seq,
            target,
            outcome,
            local_port=association.local_port if association else None,
            rtt=rtt,
            answer=answer,
            detail=detail,
            peers=association.peers if association else (),
            sent_at=time.time() if began is None else self._epoch + began,
        )

    def _route(self, target: Endpoint, source: str | None) -> Route:
        route = self._routes.get((target, source))
        if route is None:
            route = self._routes[target, source] = find_route(target, source)
            self._aborts.listen(route.family)
            self._icmp_errors.listen(route.family)
        return route
