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


def _differing(lab: MakersLab, together: list[Case]) -> dict[str, list[str]]:
    """Play cases; return what differs from each one's recording."""
    played = playing.play_together(lab, together)
    found = {case.name: comparing.with_recording(case, made) for case, made in played}
    return {name: lines for name, lines in found.items() if lines}


@pytest.mark.parametrize("together", TOGETHER, ids=_name)
def test_a_maker_makes_what_was_recorded(lab: MakersLab, together: list[Case]) -> None:
    """What differs is played once more, alone, and has to differ again.

    A maker that meets somebody else's change fails, and tries again: when it does is chance.
    """
    once = _differing(lab, together)
    again = (_differing(lab, [case]) for case in together if case.name in once)
    twice = {name: lines for found in again for name, lines in found.items()}
    for name, lines in once.items():
        print(f"{name} differed at first:", *lines, sep="\n")
    told = [f"{name}: {line}" for name, lines in twice.items() for line in lines]
    assert not twice, "\n".join(["recorded and made differ:", *told])
