# SPDX-License-Identifier: Apache-2.0


"""One message in an association of its own, and what becomes of it."""

import time
from collections.abc import Iterator

from kuryrsctp.addresses import Endpoint
from kuryrsctp.model import Outcome
from kuryrsctp.sctp import route
from kuryrsctp.sctp.aborts import Aborts
from kuryrsctp.sctp.association import Association
from kuryrsctp.sctp.eventloop import Steps
from kuryrsctp.sctp.messages import Exchange, Message
from kuryrsctp.sctp.outcomes import Ended


class Client:
    """Makes exchanges, many at once if need be, on one thread.

    It keeps what they share: the source ports, the ways to the targets, and an ear for
    ABORTs, until it is closed.
    """

    def __init__(self, ports: Iterator[int]) -> None:
        """Take source ports in turn from `ports`, such as `ports.source_ports`."""
        self._ports = ports
        self._ways: dict[tuple[Endpoint, str | None], route.Way] = {}
        self._aborts = Aborts()
        self._epoch = time.time() - time.monotonic()

    def close(self) -> None:
        """Hear no more ABORTs; exchanges under way may end."""
        self._aborts.close()

    def exchange(
        self, seq: int, target: Endpoint, sending: Message, *, timeout: float
    ) -> Steps[Exchange]:
        """Associate, send one message, await one answer: all within `timeout` seconds.

        Raises SctpUnavailable; Inconclusive for what says nothing about the peer; UsageError
        if the message is too long, or this host has not the source asked for.
        """
        association = None
        outcome, detail, answer, rtt = Outcome.ANSWERED, "", b"", None
        try:
            way = self._way(target, sending.source)
            with Association(way, timeout, streams=sending.stream + 1) as association:
                if sending.source_port is None:
                    association.bind(self._ports)
                else:
                    yield from association.bind_fixed(sending.source_port)
                sent = yield from association.connect(self._aborts)
                yield from association.send(
                    sending.payload,
                    ppid=sending.ppid,
                    stream=sending.stream,
                    unordered=sending.unordered,
                )
                answer, whole = yield from association.receive(sending.answer_limit, sent)
                rtt = time.monotonic() - sent
                detail = "" if whole else f"answer cut after {sending.answer_limit} bytes"
        except Ended as end:
            outcome, detail = end.outcome, end.detail
            # The network may have changed.
            self._ways.pop((target, sending.source), None)
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

    def _way(self, target: Endpoint, source: str | None) -> route.Way:
        way = self._ways.get((target, source))
        if way is None:
            way = self._ways[target, source] = route.way(target, source)
            self._aborts.listen(way.family)
        return way
