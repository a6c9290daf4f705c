# SPDX-License-Identifier: Apache-2.0

"""How long ago something was changed is told in words, and is never negative."""

from datetime import timedelta

import pytest

from kuryrsctp.verifier.checks import ages
from tests.support.model import NOW, load_balancer


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (119, "1 min"),
        (600, "10 min"),
        (7199, "119 min"),
        (7200, "2 h"),
        (6 * 3600, "6 h"),
        (48 * 3600 - 1, "47 h"),
        (48 * 3600, "2 days"),
        (329 * 86400 + 3600, "329 days"),
    ],
)
def test_a_duration_is_told_in_one_unit_and_in_hours_or_days_from_two_on(
    seconds: float, words: str
) -> None:
    assert ages.in_words(seconds) == words


def test_what_was_changed_in_the_future_is_new_and_what_has_no_time_is_not() -> None:
    ahead = load_balancer(changed_at=NOW + timedelta(hours=1))
    assert ages.age_of(ahead.changed_at, NOW) == 0
    assert ages.is_fresh(ahead, NOW)
    assert ages.age_of(None, NOW) is None
    assert not ages.is_fresh(load_balancer(changed_at=None), NOW)


def test_what_was_changed_a_minute_ago_is_not_new_any_more() -> None:
    seconds = ages.FRESH
    assert not ages.is_fresh(load_balancer(changed_at=NOW - timedelta(seconds=seconds)), NOW)
    assert ages.is_fresh(load_balancer(changed_at=NOW - timedelta(seconds=seconds - 1)), NOW)


@pytest.mark.parametrize(
    ("age", "is_stuck"), [(timedelta(hours=3), False), (timedelta(hours=3, seconds=1), True)]
)
def test_a_change_that_octavia_may_still_repeat_is_not_stuck(
    age: timedelta, is_stuck: bool
) -> None:
    changing = load_balancer(provisioning_status="PENDING_UPDATE", changed_at=NOW - age)
    assert ages.is_stuck(changing, NOW) == is_stuck
    assert ages.is_changing(changing, NOW) != is_stuck
