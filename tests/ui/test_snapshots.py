"""Every screen as it was last looked at and found right, text for text.

To accept what is drawn now, run this file with KBVIEW_ACCEPT=1, then look at the changes.
"""

import asyncio
import os
from pathlib import Path

import pytest

from kbview.state.player import Player
from kbview.tape.source import Source
from kbview.ui.screens.packet_view import PacketView
from kbview.ui.session import Offers
from kbview.ui.shell import Shell
from kbview.ui.terminal import Look
from kbview.ui.theme import Theme
from tests.packet.frames import UDP
from tests.ui.scripted import Scripted
from tests.ui.test_shell import shown

FOLDER = Path(__file__).parent / "snapshots"
KEYS = {"overview": "1", "journey": "2", "compare": "3", "packet": "4", "costs": "5", "drops": "6"}
FRAMES = 40  # of play before the pause
CASES = [
    *((screen, datapath, (80, 24), False) for screen in KEYS for datapath in ("kernel", "dpdk")),
    *((screen, "kernel", (60, 16), False) for screen in KEYS),
    *((screen, "kernel", (200, 50), True) for screen in KEYS),
]


def twin(datapath: str) -> Source:
    source = Scripted(frame=UDP)
    source.switch(datapath)
    return source


def draw(screen: str, datapath: str, size: tuple[int, int], ascii_only: bool) -> str:
    """The screen in a pause, after the same frames of play each time."""

    async def session() -> str:
        player = Player(Scripted(frame=UDP))
        player.switch(datapath)
        for _ in range(FRAMES):
            player.tick(0.1)
        player.stop()
        look = Look(Theme.MONO, (Theme.MONO,), "standard", ascii=ascii_only)
        shell = Shell(player, look, 10, Offers(twin=twin))
        async with shell.run_test(size=size) as pilot:
            shell._session.chosen = shell._session.packet  # so that the journeys are known
            shell._session.chosen = shell._session.journeys.ended
            await pilot.press(KEYS[screen])
            view = shell._views[screen]
            while isinstance(view, PacketView) and not view.ready:
                await pilot.pause(0.1)
            for _ in range(3):  # the twins catch up
                await pilot.pause()
                view.show()
            return shown(shell)

    return asyncio.run(session())


@pytest.mark.parametrize(
    ("screen", "datapath", "size", "ascii_only"),
    CASES,
    ids=lambda value: "x".join(map(str, value)) if isinstance(value, tuple) else str(value),
)
def test_it_looks_as_it_did(
    screen: str, datapath: str, size: tuple[int, int], ascii_only: bool
) -> None:
    drawn = "".join(
        f"{line.rstrip()}\n" for line in draw(screen, datapath, size, ascii_only).splitlines()
    )
    assert drawn.isascii() or not ascii_only
    path = FOLDER / f"{screen}-{datapath}-{size[0]}x{size[1]}.txt"
    if os.environ.get("KBVIEW_ACCEPT"):
        path.write_text(drawn, encoding="utf-8")
    assert drawn == path.read_text(encoding="utf-8")
