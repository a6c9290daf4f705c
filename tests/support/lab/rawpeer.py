# SPDX-License-Identifier: Apache-2.0

"""An SCTP server made of raw packets, which keeps to RFC 9260 only as long as it likes.

python -m tests.support.lab.rawpeer PORT SEED: IPv4. The kernel must be kept from answering as well.
"""

import random
import socket
import struct
import sys

DATA, INIT, INIT_ACK, SACK, ABORT, SHUTDOWN, COOKIE_ECHO, COOKIE_ACK = 0, 1, 2, 3, 6, 7, 10, 11
MARK = 1
"""What its packets carry, unlike the kernel's."""

_KINDS = (*range(16), 0x40, 0x80, 0x81, 0xC0, 0xC1, 0xFF)
_COOKIE = 7
_TAG, _TSN, _WINDOW, _STREAMS = 0x01020304, 1, 65536, 10
_POLYNOMIAL = 0x82F63B78

_random = random.Random()


def checksum(data: bytes) -> int:
    """Return the CRC32c of a packet (RFC 9260, appendix A)."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ (_POLYNOMIAL if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def packet(port: int, to: int, tag: int, *chunks: bytes) -> bytes:
    """Return an SCTP packet with its checksum."""
    body = b"".join(chunk + bytes(-len(chunk) % 4) for chunk in chunks)
    head = struct.pack("!HHI", port, to, tag)
    value = checksum(head + bytes(4) + body)
    return head + struct.pack("<I", value) + body


def chunk(kind: int, body: bytes = b"", flags: int = 0) -> bytes:
    """Return a chunk with its header (RFC 9260, 3.2)."""
    return struct.pack("!BBH", kind, flags, 4 + len(body)) + body


def init_ack() -> bytes:
    """Return an INIT ACK with a cookie."""
    head = struct.pack("!IIHHI", _TAG, _WINDOW, _STREAMS, _STREAMS, _TSN)
    return chunk(INIT_ACK, head + struct.pack("!HH8s", _COOKIE, 12, b"biscuits"))


def data(number: int, message: bytes) -> bytes:
    """Return a chunk with a whole message."""
    return chunk(DATA, struct.pack("!IHHI", _TSN + number, 0, number, 0) + message, flags=3)


def anything() -> bytes:
    """Return a chunk of any kind, which may be well formed."""
    kind = _random.choice(_KINDS)
    body = _random.randbytes(_random.choice((0, 3, 4, 12, 16, 20, 40, 200)))
    if kind == ABORT and _random.random() < 0.8:
        cause = _random.randrange(16)
        body = struct.pack("!HH", cause, 4 + len(body)) + body
    made = bytearray(chunk(kind, body, _random.choice((0, 1, 3, 255))))
    if _random.random() < 0.2:
        made[_random.randrange(len(made))] = _random.randrange(256)
    return bytes(made)


def replies(kind: int, body: bytes) -> list[bytes]:
    """Return the chunks that answer one of the client's."""
    honest = {
        INIT: [init_ack()],
        COOKIE_ECHO: [chunk(COOKIE_ACK)],
        DATA: [
            chunk(SACK, body[:4] + struct.pack("!IHH", _WINDOW, 0, 0)),
            data(0, _random.randbytes(20)),
        ],
    }.get(kind, [])
    roll = _random.random()
    if roll < 0.6:
        return honest
    if roll < 0.8:
        return [*honest, anything()]
    return [anything() for _ in range(_random.randrange(4))]


def main() -> None:
    """Serve until killed."""
    port = int(sys.argv[1])
    _random.seed(sys.argv[2])
    tags: dict[tuple[str, int], int] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_SCTP) as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, MARK)
        print("listening", flush=True)
        while True:
            heard, (host, _) = raw.recvfrom(65536)
            heard = heard[(heard[0] & 0xF) * 4 :]
            sender, to, _, _, kind = struct.unpack_from("!HHIIB", heard)
            if to != port:
                continue
            body = heard[16:]
            if kind == INIT:
                (tags[host, sender],) = struct.unpack_from("!I", body)
            tag = tags.get((host, sender), 0)
            for reply in replies(kind, body):
                raw.sendto(packet(port, sender, tag, reply), (host, 0))


if __name__ == "__main__":
    main()
