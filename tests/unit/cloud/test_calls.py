# SPDX-License-Identifier: Apache-2.0

"""Calls to APIs keep to their deadline and fail with one line."""

import threading
import time
from typing import Any

import keystoneauth1.exceptions
import pytest

from kuryrsctp.cloud.calls import Cloud
from kuryrsctp.cloud.failures import malformed_answers
from kuryrsctp.cloud.threads import DEFAULT_JOBS
from kuryrsctp.errors import CloudError


def cloud(timeout: float) -> Cloud:
    """Return a cloud without a connection: the functions stand in for what would use it."""
    connection: Any = None
    return Cloud(connection, timeout)


def test_calls_run_side_by_side_and_their_results_keep_their_order() -> None:
    together = threading.Barrier(3, timeout=10)

    def call(number: int) -> int:
        together.wait()
        return number

    functions = [lambda number=number: call(number) for number in range(3)]
    assert cloud(20).call_all(functions) == [0, 1, 2]


def test_many_calls_take_turns_on_few_threads() -> None:
    most = threading.Semaphore(DEFAULT_JOBS)

    def call() -> bool:
        if not most.acquire(blocking=False):
            return False
        time.sleep(0.001)
        most.release()
        return True

    assert cloud(20).call_all([call] * 100) == [True] * 100


def test_no_calls_have_no_results() -> None:
    assert cloud(0).call_all([]) == []


def test_a_call_that_never_returns_is_left_behind_at_the_deadline() -> None:
    stuck = threading.Event()
    begun = time.monotonic()
    with pytest.raises(CloudError, match="did not answer in time"):
        cloud(0.05).call(lambda: stuck.wait(60))
    assert time.monotonic() - begun < 10
    stuck.set()


def test_after_a_failure_the_calls_not_yet_begun_are_dropped() -> None:
    ran: list[None] = []

    def dawdle() -> None:
        time.sleep(0.2)
        ran.append(None)

    def fail() -> None:
        with malformed_answers():
            raise KeyError("loadbalancers")

    functions = [fail] * DEFAULT_JOBS + [dawdle] * 1000
    with pytest.raises(CloudError, match="malformed"):
        cloud(20).call_all(functions)
    assert len(ran) < 1000


@pytest.mark.parametrize("error", [AttributeError, KeyError, TypeError, ValueError])
def test_an_error_of_our_own_is_never_blamed_on_the_cloud(error: type[Exception]) -> None:
    def wrong() -> None:
        raise error("x was not asked for")

    with pytest.raises(error, match="not asked for"):
        cloud(20).call(wrong)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (
            "https://user:secret@api.example:9876/v2/lbaas?token=x",
            "https://api.example:9876/v2/lbaas",
        ),
        ("http://[2001:db8::1]:9876/v2", "http://[2001:db8::1]:9876/v2"),
    ],
)
def test_a_url_is_shown_without_its_secrets(url: str, shown: str) -> None:
    def refuse() -> None:
        raise keystoneauth1.exceptions.HttpError("No", url=url, http_status=418)

    with pytest.raises(CloudError) as raised:
        cloud(20).call(refuse)
    assert (
        str(raised.value)
        == f"{shown} answered 418 (No): the API refuses the request: `--debug` shows it"
    )
