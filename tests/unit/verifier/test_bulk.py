# SPDX-License-Identifier: Apache-2.0

"""Many services: a silent API is not asked for ever, and no error hides another service."""

from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from kuryrsctp import makers
from kuryrsctp.errors import CloudError, Inconclusive
from kuryrsctp.model import NetworkState
from kuryrsctp.verifier import bulk
from kuryrsctp.verifier.bulk import CircuitBreaker
from kuryrsctp.verifier.report import VerifyReport
from tests.support.model import load_balancer


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


def test_ages_are_those_at_which_the_lists_were_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(monotonic=lambda: 0.0)
    told: list[datetime] = []

    class SlowInventory:
        """Takes five minutes to read one service."""

        def __init__(self, *_: object, **__: object) -> None: ...

        def read(self, _: object) -> None:
            clock.monotonic = lambda: 300.0

        def services(self) -> list[makers.Service]:
            return [makers.whole(load_balancer())]

    def check(*arguments: Any) -> VerifyReport:
        told.append(arguments[-1])
        return VerifyReport("", ())

    monkeypatch.setattr(bulk, "time", clock)
    monkeypatch.setattr(bulk, "Inventory", SlowInventory)
    monkeypatch.setattr(bulk.octavia, "read_members", lambda _, found: found)
    monkeypatch.setattr(bulk.neutron, "read_network_state", lambda *_: NetworkState())
    monkeypatch.setattr(bulk.single, "check", check)
    connection: Any = SimpleNamespace(session=SimpleNamespace(session=requests.Session()))
    (result,) = bulk.verify_all(connection)
    assert (result.error, len(told)) == (None, 1)
    assert abs(datetime.now(timezone.utc) - told[0] - timedelta(minutes=5)) < timedelta(seconds=30)
