# SPDX-License-Identifier: Apache-2.0

"""What the page that compares the providers says of amphorae is seen again."""

import pytest

from tests.support.comparison import recorded
from tests.support.comparison.all_cases import CASES
from tests.support.lab import Lab


@pytest.fixture(scope="module")
def seen() -> recorded.Seen:
    with Lab.start() as lab:
        return recorded.play(lab, "amphora")


@pytest.mark.parametrize("case", [case.name for case in CASES])
def test_a_case_is_as_on_the_page(seen: recorded.Seen, case: str) -> None:
    assert seen[case] == recorded.read("amphora")[case]
