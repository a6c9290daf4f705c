# SPDX-License-Identifier: Apache-2.0

"""Many services: a silent API is not asked for ever, and no error hides another service."""

from types import SimpleNamespace

import pytest

from kuryrsctp.errors import CloudError, Inconclusive
from kuryrsctp.verifier import bulk
from kuryrsctp.verifier.bulk import CircuitBreaker


def fail() -> None:
    raise CloudError("no answer")


def test_an_api_that_was_silent_for_too_long_is_not_asked_again() -> None:
    breaker = CircuitBreaker(0.0)
    with pytest.raises(CloudError, match="no answer"):
        breaker.call(fail)
    with pytest.raises(Inconclusive) as skipped:
        breaker.call(pytest.fail)
    assert str(skipped.value) == "skipped: the API has not answered for 0 s (last error: no answer)"


def test_an_answer_closes_the_breaker_again(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(monotonic=lambda: 0.0)
    monkeypatch.setattr(bulk, "time", clock)
    breaker = CircuitBreaker(60.0)
    with pytest.raises(CloudError):
        breaker.call(fail)
    assert breaker.call(lambda: "an answer") == "an answer"
    clock.monotonic = lambda: 1000.0
    # Silence alone is not the API's fault: nobody asked.
    assert breaker.call(lambda: "an answer") == "an answer"
