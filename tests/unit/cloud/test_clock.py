# SPDX-License-Identifier: Apache-2.0

"""The time is that of the APIs, however wrong this host's clock is."""

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
import requests

from kuryrsctp.cloud.clock import ServerClock, server_clock


def answer(date: str) -> requests.Response:
    made = requests.Response()
    made.headers["Date"] = date
    return made


def told(ahead: timedelta) -> str:
    return format_datetime(datetime.now(timezone.utc) + ahead, usegmt=True)


def seconds_ahead(clock: ServerClock) -> float:
    return (clock.now() - datetime.now(timezone.utc)).total_seconds()


@pytest.mark.parametrize("hours", [-4, 4, 24 * 400])
def test_the_time_is_that_of_the_last_answer(hours: int) -> None:
    clock = ServerClock()
    clock.hear(answer(told(timedelta(hours=hours))))
    assert abs(seconds_ahead(clock) - hours * 3600) < 60


def test_a_difference_of_seconds_is_none() -> None:
    clock = ServerClock()
    clock.hear(answer(told(timedelta(seconds=3))))
    assert abs(seconds_ahead(clock)) < 1


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Jan 2026 00:00:00 GMT", "0"])
def test_an_answer_without_a_time_changes_nothing(date: str) -> None:
    clock = ServerClock()
    clock.hear(answer(date))
    clock.hear(requests.Response())
    assert abs(seconds_ahead(clock)) < 1


def test_a_session_has_one_clock_which_hears_each_answer_once() -> None:
    session = requests.Session()
    clock = server_clock(session)
    assert server_clock(session) is clock
    assert session.hooks["response"] == [clock.hear]
