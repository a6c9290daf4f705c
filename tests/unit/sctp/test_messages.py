# SPDX-License-Identifier: Apache-2.0

from typing import Any

import pytest

from kuryrsctp.errors import UsageError
from kuryrsctp.sctp.messages import MAX_MESSAGE_SIZE, Message


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"payload": b""}, "SCTP cannot carry an empty message"),
        ({"payload": bytes(MAX_MESSAGE_SIZE + 1)}, "longer than 1048576 bytes"),
        ({"ppid": 2**32}, "invalid PPID '4294967296': PPIDs go from 0 to 4294967295"),
        ({"ppid": -1}, "invalid PPID '-1'"),
        ({"stream": -1}, "invalid stream '-1': streams go from 0 to 65535"),
        ({"stream": 2**16}, "invalid stream '65536'"),
        ({"source_port": 0}, "invalid source port '0': ports go from 1 to 65535"),
        ({"source_port": 65536}, "invalid source port '65536'"),
    ],
)
def test_a_message_that_sctp_cannot_carry_is_a_usage_error(
    fields: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(UsageError, match=complaint):
        Message(**{"payload": b"hello"} | fields)


def test_a_message_may_have_the_highest_numbers_and_the_greatest_size() -> None:
    message = Message(bytes(MAX_MESSAGE_SIZE), ppid=2**32 - 1, stream=2**16 - 1, source_port=65535)
    assert message.answer_limit == 65536
