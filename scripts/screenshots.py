"""Draw the README's pictures, at 80x24: the demo through the kernel and DPDK, and each screen.

python scripts/screenshots.py
"""

import asyncio
import os
from pathlib import Path

os.environ["TEXTUAL_COLOR_SYSTEM"] = "truecolor"
from textual.pilot import Pilot

from kbview.sources.request import Choice
from kbview.sources.resolve import recording, resolve
from kbview.state.player import Player
from kbview.tape.source import Source
from kbview.ui.session import Offers
from kbview.ui.shell import Shell
from kbview.ui.terminal import Look
from kbview.ui.theme import Theme

IMAGES = Path(__file__).parent.parent / "docs" / "images"
LONGEST_GAP_PS = 30_000_000
SPEED_UP = 2  # 1 s = 1 ms
PLAYED_S = 4
SCREENS = {"compare": "3", "packet": "4", "costs": "5"}


def demo(datapath: str = "kernel") -> Source:
    """The bundled HTTP capture, over and over."""
    path = recording("http.pcap")
    if path is None:
        raise SystemExit("recordings/http.pcap is missing")
    return resolve(path, Choice(datapath=datapath, longest_gap_ps=LONGEST_GAP_PS, loop=True, snap=512))


async def draw() -> None:
    """Play, take a picture, toggle, play, take another; then stop within a packet's way up."""
    player = Player(demo())
    player.change_speed(SPEED_UP)
    look = Look(Theme.DARK, tuple(Theme), "truecolor", ascii=False)
    shell = Shell(player, look, 10, Offers(twin=demo))
    async with shell.run_test(size=(80, 24)) as pilot:
        for name in ("kernel", "dpdk"):
            if player.state.datapath != name:
                await pilot.press("t")
            await pilot.pause(PLAYED_S)
            save(shell, name)
        await pilot.press("t")
        await pilot.pause(PLAYED_S)
        await pilot.press("space", "minus", "minus", "minus")
        await _stop_in_the_transport_layer(shell, pilot)
        for name, key in SCREENS.items():
            await pilot.press(key)
            await pilot.pause(PLAYED_S)
            save(shell, name)


async def draw_journey() -> None:
    """Where packets come in bursts, their journeys overlap."""
    player = Player(resolve("bursts", Choice()))
    look = Look(Theme.DARK, tuple(Theme), "truecolor", ascii=False)
    shell = Shell(player, look, 10)
    async with shell.run_test(size=(80, 24)) as pilot:
        await pilot.press("2")
        await pilot.pause(PLAYED_S)
        await pilot.press("space", "up", "up")
        await pilot.pause()
        save(shell, "journey")


async def _stop_in_the_transport_layer(shell: Shell, pilot: Pilot[None]) -> None:
    """Step until some packet is there: its headers are off, and it is not in its socket yet."""
    player = shell._player
    while "TCP/UDP" not in player.state.positions.standing():
        await pilot.press("s")


def save(shell: Shell, name: str) -> None:
    """The screen as it is."""
    picture = shell.export_screenshot(title=f"kbview: {name}", simplify=True)
    (IMAGES / f"{name}.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    IMAGES.mkdir(parents=True, exist_ok=True)
    asyncio.run(draw())
    asyncio.run(draw_journey())
