# SPDX-License-Identifier: Apache-2.0

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuryrsctp.addresses import Endpoint
from kuryrsctp.model import Outcome
from kuryrsctp.prober.answers import MAX_SEARCHED, answer_matcher
from kuryrsctp.sctp.messages import Exchange

VIP = Endpoint("10.0.0.158", 90)
ZG7NQ = "sctp-demo-65fcf85ddb-zg7nq"


def read(
    answer: bytes,
    outcome: Outcome = Outcome.ANSWERED,
    expect: str | None = None,
    backend: str | None = None,
) -> Exchange:
    return answer_matcher(expect, backend).apply(Exchange(1, VIP, outcome, answer=answer))


@pytest.mark.parametrize(
    ("answer", "backend"),
    [
        (f"{ZG7NQ}: HELLO, I AM ALIVE!!!".encode(), ZG7NQ),
        (b"worker-3.example.org: fine", "worker-3.example.org"),
        (b"HELLO, I AM A CLIENT", ""),
        (b"12:30 and all is well", ""),
        (b"\x1b[31mred: alert", ""),
        (b"two words: no", ""),
        (b"x" * 300 + b": no", ""),
        (b": no", ""),
        (b"", ""),
    ],
)
def test_only_a_hosts_name_before_a_colon_is_a_backend(answer: bytes, backend: str) -> None:
    assert read(answer).backend == backend


@given(st.binary())
def test_a_backend_is_fit_for_any_terminal(answer: bytes) -> None:
    backend = read(answer).backend
    assert backend.isascii()
    assert backend.isprintable()


def test_a_backend_is_the_patterns_first_group_or_all_it_matches() -> None:
    assert read(b"I am amf-0.", backend=r"I am (\S+)\.").backend == "amf-0"
    assert read(b"I am amf-0.", backend=r"amf-\d").backend == "amf-0"
    assert read(b"node amf-0", backend=r"node(?: (upf-\d))?").backend == ""


@pytest.mark.parametrize(
    ("expect", "outcome"),
    [("ALIVE", Outcome.ANSWERED), ("^ALIVE", Outcome.UNEXPECTED), ("größe", Outcome.ANSWERED)],
)
def test_an_answer_is_expected_if_the_pattern_is_found_in_it(expect: str, outcome: Outcome) -> None:
    assert read("I AM ALIVE, größe".encode(), expect=expect).outcome is outcome


@given(st.binary(), st.sampled_from(list(Outcome)))
def test_only_answers_can_be_unexpected(answer: bytes, outcome: Outcome) -> None:
    matched = read(answer, outcome, expect="^$").outcome
    if outcome is Outcome.ANSWERED:
        assert matched is (Outcome.UNEXPECTED if answer not in (b"", b"\n") else Outcome.ANSWERED)
    else:
        assert matched is outcome


def test_an_answer_cannot_make_a_search_long() -> None:
    began = time.monotonic()
    exchange = read(b"a" * 65536, expect="a*b")
    assert exchange.outcome is Outcome.UNEXPECTED
    assert time.monotonic() - began < 5
    cut = read(b"a" * MAX_SEARCHED + b"b", expect="b")
    assert cut.outcome is Outcome.UNEXPECTED
    assert cut.detail == "the first 4096 characters of the answer do not match --expect"
    assert read(b"a", expect="b").detail == "the answer does not match --expect"
