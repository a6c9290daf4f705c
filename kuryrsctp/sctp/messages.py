# SPDX-License-Identifier: Apache-2.0

"""A message to send, and what became of it: frozen data, no I/O."""

from dataclasses import dataclass

from kuryrsctp.addresses import Endpoint, parse_port
from kuryrsctp.errors import UsageError
from kuryrsctp.model import Outcome

MAX_MESSAGE_SIZE = 2**20
"""In bytes. The kernel's own limit, the size of the send buffer, is lower unless it was tuned."""


@dataclass(frozen=True, slots=True)
class Message:
    """What to send and how (RFC 6458, section 5.3.4), and from where.

    - `payload`: 1 to 2**20 bytes
    - `ppid`: the payload protocol identifier, 32 bits, in host byte order
    - `stream`: the number of the stream, 16 bits
    - `unordered`: whether to send it outside the order of its stream
    - `source`: a numeric address of this host, None for the address that the kernel chooses
    - `source_port`: 1 to 65535, None for a fresh port for each association
    - `answer_limit`: how many bytes of the answer are kept

    Raises UsageError for a value that is out of range.
    """

    payload: bytes
    ppid: int = 0
    stream: int = 0
    unordered: bool = False
    source: str | None = None
    source_port: int | None = None
    answer_limit: int = 65536

    def __post_init__(self) -> None:
        if not self.payload:
            raise UsageError("SCTP cannot carry an empty message")
        if len(self.payload) > MAX_MESSAGE_SIZE:
            raise UsageError(f"the message is longer than {MAX_MESSAGE_SIZE} bytes")
        if not 0 <= self.ppid < 2**32:
            raise UsageError(f"invalid PPID '{self.ppid}': PPIDs go from 0 to {2**32 - 1}")
        if not 0 <= self.stream < 2**16:
            raise UsageError(f"invalid stream '{self.stream}': streams go from 0 to {2**16 - 1}")
        if self.source_port is not None:
            parse_port(self.source_port, "source port")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One message and what became of it.

    - `seq`: the number of the message, from 1
    - `target`: where it was sent
    - `outcome`: an `Outcome`
    - `local_port`: the source port, None if the association got none
    - `rtt`: seconds from handing the message to the kernel until its answer was read whole,
      None without an answer
    - `answer`: what came, up to the message's `answer_limit`
    - `detail`: what was seen, where there was no answer or where it was cut
    - `peers`: the addresses that the peer announced for its end of the association (RFC 9260,
      section 3.3.3)
    - `backend`: the name of who answered, as found in the answer
    - `sent_at`: when the exchange began, in seconds since 1970 (UTC)
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
