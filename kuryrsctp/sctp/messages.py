# SPDX-License-Identifier: Apache-2.0

"""A message to send, and what became of it: frozen data, no I/O."""

from dataclasses import dataclass

from kuryrsctp.addresses import Endpoint
from kuryrsctp.model import Outcome


@dataclass(frozen=True, slots=True)
class Message:
    """What to send and how (RFC 6458, 5.3.4), from where, and how much to read of the answer.

    `ppid` is 32 bits wide, in host byte order, `stream` 16. `source` is a numeric address
    of this host; by default it is the one that leads to the target. Without `source_port`,
    each association has a port of its own. `answer_limit` is in bytes.
    """

    payload: bytes
    ppid: int = 0
    stream: int = 0
    unordered: bool = False
    source: str | None = None
    source_port: int | None = None
    answer_limit: int = 65536


@dataclass(frozen=True, slots=True)
class Exchange:
    """One message and what became of it.

    `rtt` is seconds from handing the message to the kernel until its answer was read whole, None
    without an answer. `answer` is what came, cut at the message's `answer_limit`, and `backend`
    the name of who answered, as the answer gives it. `peers` are the addresses that the peer
    announced for its end of the association (RFC 9260, 3.3.3). `sent_at` is when the exchange
    began, in seconds of wall time since 1970 (UTC).
    """

    seq: int
    target: Endpoint
    outcome: Outcome
    local_port: int | None = None
    rtt: float | None = None
    answer: bytes = b""
    detail: str = ""
    peers: tuple[str, ...] = ()
    backend: str = ""
    sent_at: float = 0.0
