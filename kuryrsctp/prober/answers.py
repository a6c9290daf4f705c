# SPDX-License-Identifier: Apache-2.0

"""Reads answers: is it the expected one, and which backend does it name? No I/O."""

import re
from dataclasses import dataclass, replace

from kuryrsctp.errors import UsageError
from kuryrsctp.model import Outcome
from kuryrsctp.sctp.messages import Exchange

# An answer like kuryr-sctp-demo's begins with the name of its host, a colon and a space.
DEMO_PATTERN = r"\A([A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?): "

MAX_SEARCHED = 4096
"""Characters of an answer that are searched, so that no peer can make a search take long."""

_MAX_BACKEND_LENGTH = 253


@dataclass(frozen=True, slots=True)
class AnswerMatcher:
    """Regular expressions for answers, which are decoded as UTF-8.

    `expect` has to be found in an answer. `backend` finds the name of who answers: its
    first group, or the whole match if it has no group.
    """

    expect: re.Pattern[str] | None = None
    backend: re.Pattern[str] = re.compile(DEMO_PATTERN)

    def apply(self, exchange: Exchange) -> Exchange:
        """Return the exchange with the backend of its answer, UNEXPECTED if it does not match."""
        if exchange.outcome is not Outcome.ANSWERED:
            return exchange
        # A character takes 4 bytes at most.
        text = exchange.answer[: 4 * MAX_SEARCHED].decode("utf-8", "surrogateescape")[:MAX_SEARCHED]
        match = self.backend.search(text)
        name = match[1 if self.backend.groups else 0] if match else None
        exchange = replace(exchange, backend=(name or "")[:_MAX_BACKEND_LENGTH])
        if self.expect is None or self.expect.search(text):
            return exchange
        return replace(
            exchange,
            outcome=Outcome.UNEXPECTED,
            detail="the answer does not match --expect"
            if len(text) < MAX_SEARCHED
            else f"the first {MAX_SEARCHED} characters of the answer do not match --expect",
        )


def answer_matcher(expect: str | None = None, backend: str | None = None) -> AnswerMatcher:
    """Return a matcher for two patterns; raise UsageError for an invalid regular expression."""
    return AnswerMatcher(
        None if expect is None else _compiled(expect),
        _compiled(DEMO_PATTERN if backend is None else backend),
    )


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise UsageError(f"invalid regular expression '{pattern}': {error}") from error
