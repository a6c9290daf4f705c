# SPDX-License-Identifier: Apache-2.0

"""The walkthrough happens as its pages show it, from ``kubectl apply`` to the pods' answers."""

import pytest

from tests.support.makers import joined
from tests.support.makers.play_pages import PAGES, Player, masked, pages


@pytest.mark.parametrize("maker", PAGES)
def test_every_command_prints_what_the_pages_show(maker: str) -> None:
    with joined.running(maker) as lab:
        player = Player(lab)
        for page in pages(maker):
            for block, printed in player.play(page):
                assert masked(printed) == masked(block.text), printed
        assert player.answered == player.pods
