# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Calls to APIs keep to their deadline and fail with one line."""

import threading
import time

import keystoneauth1.exceptions
import pytest

from kuryrsctp import cloud, parallel
from kuryrsctp.deadline import Deadline
from kuryrsctp.errors import CloudError


def test_calls_run_side_by_side_and_their_results_keep_their_order() -> None:
    together = threading.Barrier(3, timeout=10)

    def call(number: int) -> int:
        together.wait()
        return number

    calls = [lambda number=number: call(number) for number in range(3)]
    assert cloud.call_all(calls, Deadline(20)) == [0, 1, 2]


def test_many_calls_take_turns_on_few_threads() -> None:
    most = threading.Semaphore(parallel.JOBS)

    def call() -> bool:
        if not most.acquire(blocking=False):
            return False
        time.sleep(0.001)
        most.release()
        return True

    assert cloud.call_all([call] * 100, Deadline(20)) == [True] * 100


def test_no_calls_have_no_results() -> None:
    assert cloud.call_all([], Deadline(0)) == []


def test_a_call_that_never_returns_is_left_behind_at_the_deadline() -> None:
    stuck = threading.Event()
    begun = time.monotonic()
    with pytest.raises(CloudError, match="did not answer in time"):
        cloud.call(lambda: stuck.wait(60), Deadline(0.05))
    assert time.monotonic() - begun < 10
    stuck.set()


def test_after_a_failure_the_calls_not_yet_begun_are_dropped() -> None:
    ran: list[None] = []

    def dawdle() -> None:
        time.sleep(0.2)
        ran.append(None)

    def fail() -> None:
        raise KeyError("loadbalancers")

    calls = [fail] * parallel.JOBS + [dawdle] * 1000
    with pytest.raises(CloudError, match="malformed"):
        cloud.call_all(calls, Deadline(20))
    assert len(ran) < 1000


def test_a_fault_of_our_own_is_not_taken_for_the_clouds() -> None:
    def wrong() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cloud.call(wrong, Deadline(20))


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
        cloud.call(refuse, Deadline(20))
    assert (
        str(raised.value)
        == f"{shown} answered 418 (No): the API refuses the request: `--debug` shows it"
    )
