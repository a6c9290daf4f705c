# SPDX-License-Identifier: Apache-2.0

"""What the makers make today is what was recorded, field by field."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support import recordings
from tests.support.makers import comparing, playing
from tests.support.makers.catalogue import Case, cases
from tests.support.makers.lab import MAKERS, MakersLab

Played = dict[str, list[tuple[Case, playing.Result]]]


@pytest.fixture(scope="module")
def played(lab: MakersLab) -> Played:
    """Play the catalogues of both makers side by side, as most of it is waiting.

    What has to be alone comes then: it may stop the other maker's work, too.
    """

    def play(maker: str, is_alone: bool) -> list[tuple[Case, playing.Result]]:
        wanted = [case for case in cases(maker) if case.is_alone == is_alone]
        return list(playing.play_all(lab, wanted))

    with ThreadPoolExecutor(len(MAKERS)) as pool:
        together = list(pool.map(play, MAKERS, [False] * len(MAKERS)))
    alone = [play(maker, True) for maker in MAKERS]
    return {maker: together[place] + alone[place] for place, maker in enumerate(MAKERS)}


@pytest.mark.parametrize("maker", MAKERS)
def test_every_case_of_the_catalogue_is_recorded(maker: str) -> None:
    assert {case.name for case in cases(maker)} == set(recordings.names(maker))


@pytest.mark.parametrize("maker", MAKERS)
def test_a_maker_makes_what_was_recorded(played: Played, maker: str) -> None:
    differing = {}
    for case, made in played[maker]:
        if isinstance(made, BaseException):
            differing[case.name] = [f"{type(made).__name__}: {made}"]
        elif lines := comparing.differences(recordings.recording(maker, case.name), made):
            differing[case.name] = lines
    shown = [f"{name}: {line}" for name, lines in differing.items() for line in lines]
    assert not shown, "\n".join(["recorded and made differ:", *shown])
