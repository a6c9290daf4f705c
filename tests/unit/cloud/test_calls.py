# SPDX-License-Identifier: Apache-2.0

"""Calls to APIs keep to their deadline and fail with one line."""

import threading
import time

import keystoneauth1.exceptions
import pytest

from kuryrsctp.cloud import calls
from kuryrsctp.cloud.deadline import Deadline
from kuryrsctp.cloud.threads import JOBS
from kuryrsctp.errors import CloudError


def test_calls_run_side_by_side_and_their_results_keep_their_order() -> None:
    together = threading.Barrier(3, timeout=10)

    def call(number: int) -> int:
        together.wait()
        return number

    functions = [lambda number=number: call(number) for number in range(3)]
    assert calls.call_all(functions, Deadline(20)) == [0, 1, 2]


def test_many_calls_take_turns_on_few_threads() -> None:
    most = threading.Semaphore(JOBS)

    def call() -> bool:
        if not most.acquire(blocking=False):
            return False
        time.sleep(0.001)
        most.release()
        return True

    assert calls.call_all([call] * 100, Deadline(20)) == [True] * 100


def test_no_calls_have_no_results() -> None:
    assert calls.call_all([], Deadline(0)) == []


def test_a_call_that_never_returns_is_left_behind_at_the_deadline() -> None:
    stuck = threading.Event()
    begun = time.monotonic()
    with pytest.raises(CloudError, match="did not answer in time"):
        calls.call(lambda: stuck.wait(60), Deadline(0.05))
    assert time.monotonic() - begun < 10
    stuck.set()


def test_after_a_failure_the_calls_not_yet_begun_are_dropped() -> None:
    ran: list[None] = []

    def dawdle() -> None:
        time.sleep(0.2)
        ran.append(None)

    def fail() -> None:
        raise KeyError("loadbalancers")

    functions = [fail] * JOBS + [dawdle] * 1000
    with pytest.raises(CloudError, match="malformed"):
        calls.call_all(functions, Deadline(20))
    assert len(ran) < 1000


def test_a_fault_of_our_own_is_not_taken_for_the_clouds() -> None:
    def wrong() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        calls.call(wrong, Deadline(20))


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
        calls.call(refuse, Deadline(20))
    assert (
        str(raised.value)
        == f"{shown} answered 418 (No): the API refuses the request: `--debug` shows it"
    )
