# SPDX-License-Identifier: Apache-2.0


"""One message in an association of its own, and what becomes of it."""

import time
from collections.abc import Iterator

from kuryrsctp.addresses import Endpoint
from kuryrsctp.model import Outcome
from kuryrsctp.sctp import route
from kuryrsctp.sctp.aborts import Aborts
from kuryrsctp.sctp.association import Association
from kuryrsctp.sctp.eventloop import Task
from kuryrsctp.sctp.messages import Exchange, Message
from kuryrsctp.sctp.outcomes import ExchangeFailed


class Client:
    """Makes exchanges, many at once if need be, on one thread.

    It keeps what they share: the source ports, the ways to the targets, and an ear for
    ABORTs, until it is closed.
    """

    def __init__(self, ports: Iterator[int]) -> None:
        """Take source ports in turn from `ports`, such as `ports.source_ports`."""
        self._ports = ports
        self._routes: dict[tuple[Endpoint, str | None], route.Route] = {}
        self._aborts = Aborts()
        self._epoch = time.time() - time.monotonic()

    def close(self) -> None:
        """Hear no more ABORTs; exchanges under way may end."""
        self._aborts.close()

    def exchange(
        self, seq: int, target: Endpoint, message: Message, *, timeout: float
    ) -> Task[Exchange]:
        """Associate, send one message, await one answer: all within `timeout` seconds.

        Raises SctpUnavailable; Inconclusive for what says nothing about the peer; UsageError
        if the message is too long, or this host has not the source asked for.
        """
        association = None
        outcome, detail, answer, rtt = Outcome.ANSWERED, "", b"", None
        try:
            way = self._route(target, message.source)
            with Association(way, timeout, streams=message.stream + 1) as association:
                if message.source_port is None:
                    association.bind(self._ports)
                else:
                    yield from association.bind_fixed(message.source_port)
                sent = yield from association.connect(self._aborts)
                yield from association.send(
                    message.payload,
                    ppid=message.ppid,
                    stream=message.stream,
                    unordered=message.unordered,
                )
                answer, whole = yield from association.receive(message.answer_limit, sent)
                rtt = time.monotonic() - sent
                detail = "" if whole else f"answer cut after {message.answer_limit} bytes"
        except ExchangeFailed as end:
            outcome, detail = end.outcome, end.detail
            # The network may have changed.
            self._routes.pop((target, message.source), None)
        begun = association.begun if association else None
        return Exchange(
            seq,
            target,
            outcome,
            local_port=association.local_port if association else None,
            rtt=rtt,
            answer=answer,
            detail=detail,
            peers=association.peers if association else (),
            sent_at=time.time() if begun is None else self._epoch + begun,
        )

    def _route(self, target: Endpoint, source: str | None) -> route.Route:
        way = self._routes.get((target, source))
        if way is None:
            way = self._routes[target, source] = route.find_route(target, source)
            self._aborts.listen(way.family)
        return way
