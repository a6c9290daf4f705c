# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""One message in an association of its own, and what becomes of it."""

import time
from collections.abc import Iterator

from kuryrsctp.deadline import Deadline
from kuryrsctp.model import Endpoint, Exchange, Outcome
from kuryrsctp.sctp.association import Association
from kuryrsctp.sctp.outcomes import Ended

ANSWER_LIMIT = 65536


def exchange(
    seq: int,
    target: Endpoint,
    message: bytes,
    *,
    timeout: float,
    ports: Iterator[int],
    answer_limit: int = ANSWER_LIMIT,
) -> Exchange:
    """Associate, send `message`, await one answer: all within `timeout` seconds.

    `ports` are the source ports to try. Of the answer, `answer_limit` bytes are read.

    Raises SctpUnavailable; NotJudged for what says nothing about the peer; UsageError
    if the message is too long.
    """
    deadline = Deadline(timeout)
    association = Association(target)
    outcome, detail, answer, rtt = Outcome.ANSWERED, "", b"", None
    try:
        with association:
            association.connect(ports, deadline)
            sent = time.monotonic()
            association.send(message, deadline)
            answer, whole = association.receive(answer_limit, deadline)
            rtt = time.monotonic() - sent
            detail = "" if whole else f"answer cut after {answer_limit} bytes"
    except Ended as end:
        outcome, detail = end.outcome, end.detail
    return Exchange(
        seq,
        target,
        outcome,
        local_port=association.local_port,
        rtt=rtt,
        answer=answer,
        detail=detail,
        peers=association.peers,
    )
