"""A picture of any screen without a terminal: the app is driven to the moment and drawn as SVG."""

import asyncio
import os

from kbview.state.player import Player
from kbview.tape.source import Source
from kbview.ui.session import NOTHING, Offers
from kbview.ui.terminal import Look
from kbview.ui.theme import Theme

SCREENS = {"overview": "1", "journey": "2", "compare": "3", "packet": "4", "costs": "5", "drops": "6"}
_PLAYED = 20  # frames that lead up to the moment, for the histories


def draw(
    source: Source, screen: str, size: tuple[int, int], at_ps: int, offers: Offers = NOTHING
) -> str:
    """The screen of that name with the tape at `at_ps`, as SVG text. Closes the source."""
    os.environ["TEXTUAL_COLOR_SYSTEM"] = "256"
    os.environ["TEXTUAL_ANIMATIONS"] = "none"
    try:
        return asyncio.run(_draw(source, screen, size, at_ps, offers))
    finally:
        source.close()


async def _draw(source: Source, screen: str, size: tuple[int, int], at_ps: int, offers: Offers) -> str:
    from kbview.ui.shell import Shell

    player = Player(source)
    player.playing = False
    shell = Shell(player, Look(Theme.DARK, tuple(Theme), "256", ascii=False), 10, offers)
    async with shell.run_test(size=size) as pilot:
        for step in range(1, _PLAYED + 1):
            player.produce(at_ps * step // _PLAYED)
            player.show(at_ps * step // _PLAYED)
        await pilot.press(SCREENS[screen])
        await pilot.pause()
        return shell.export_screenshot(title=f"kbview: {screen}", simplify=True)
