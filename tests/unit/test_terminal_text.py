# SPDX-License-Identifier: Apache-2.0

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuryrsctp.terminal_text import printable

ANYTHING = st.one_of(st.text(), st.binary())
LIMITS = st.integers(min_value=0, max_value=200)


@given(ANYTHING, LIMITS)
def test_nothing_a_terminal_would_act_on_comes_through(text: str | bytes, limit: int) -> None:
    assert printable(text, limit).isprintable()


@given(ANYTHING, LIMITS)
def test_the_limit_holds(text: str | bytes, limit: int) -> None:
    assert len(printable(text, limit)) <= limit


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="\\")))
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert printable(text, len(text)) == text
    assert printable(text.encode(), len(text)) == text


@given(st.text(), st.text())
def test_no_two_texts_look_the_same(text: str, other: str) -> None:
    assert (printable(text, 10_000) == printable(other, 10_000)) == (text == other)


@given(st.text(min_size=1), LIMITS)
def test_what_is_cut_says_so_and_no_escape_is_cut_in_two(text: str, limit: int) -> None:
    whole, cut = printable(text, 10_000), printable(text, limit)
    if cut != whole:
        assert len(whole) > limit
        assert cut.endswith("..."[:limit])
        kept = cut[: max(0, limit - 3)].removesuffix("...").rstrip(".")
        assert whole.startswith(kept)
        assert (len(kept) - len(kept.rstrip("\\"))) % 2 == 0


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (b"\x1b[31mred", r"\x1b[31mred"),
        ("line\r\nline", r"line\r\nline"),
        (b"\xff\xfe", r"\xff\xfe"),
        ("\u202egpj.exe", r"\u202egpj.exe"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("\ud800", r"\ud800"),
        ("a\\nb", r"a\\nb"),
        ("größe 日本", "größe 日本"),
        ("größe 日本".encode(), "größe 日本"),
        (b"", ""),
    ],
)
def test_what_is_not_printable_is_escaped(text: str | bytes, shown: str) -> None:
    assert printable(text, 100) == shown


def test_a_long_text_is_cut_between_characters() -> None:
    assert printable("abcdefgh", 6) == "abc..."
    assert printable("ab\x1bcdefgh", 7) == "ab..."


def test_endless_bytes_are_not_read_to_their_end() -> None:
    assert printable(b"x" * 10_000_000, 10) == "x" * 7 + "..."
