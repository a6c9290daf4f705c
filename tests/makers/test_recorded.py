# SPDX-License-Identifier: Apache-2.0

"""What the makers make today is what was recorded, field by field."""

import pytest

from tests.support import recordings
from tests.support.makers import comparing, playing
from tests.support.makers.catalogue import Case, cases
from tests.support.makers.lab import MAKERS, MakersLab

TOGETHER = playing.together(case for maker in MAKERS for case in cases(maker))


def _name(together: list[Case]) -> str:
    first, *others = together
    more = f"-and-{len(others)}-more" if others else ""
    return f"{first.maker}-{first.name}{more}"


@pytest.mark.parametrize("maker", MAKERS)
def test_every_case_of_the_catalogue_is_recorded(maker: str) -> None:
    assert {case.name for case in cases(maker)} == set(recordings.names(maker))


@pytest.mark.parametrize("together", TOGETHER, ids=_name)
def test_a_maker_makes_what_was_recorded(lab: MakersLab, together: list[Case]) -> None:
    differing = [
        f"{case.name}: {line}"
        for case, made in playing.play_together(lab, together)
        for line in comparing.with_recording(case, made)
    ]
    assert not differing, "\n".join(["recorded and made differ:", *differing])
