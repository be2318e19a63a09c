"""Draw the README's pictures: the demo through the kernel, then through DPDK, at 80x24.

python scripts/screenshots.py
"""

import asyncio
import os
from pathlib import Path

os.environ["TEXTUAL_COLOR_SYSTEM"] = "truecolor"
from kbview.sources.choice import Choice
from kbview.sources.resolve import recording, resolve
from kbview.state.player import Player
from kbview.ui.shell import Shell
from kbview.ui.terminal import Look
from kbview.ui.theme import Theme

IMAGES = Path(__file__).parent.parent / "docs" / "images"
LONGEST_GAP_PS = 30_000_000
SPEED_UP = 2  # 1 s = 1 ms
PLAYED_S = 4


async def draw() -> None:
    """Play, take a picture, toggle, play, take another."""
    path = recording("http.pcap")
    if path is None:
        raise SystemExit("recordings/http.pcap is missing")
    player = Player(resolve(path, Choice(longest_gap_ps=LONGEST_GAP_PS, loop=True)))
    player.change_speed(SPEED_UP)
    shell = Shell(player, Look(Theme.DARK, tuple(Theme), "truecolor", ascii=False), fps=10)
    async with shell.run_test(size=(80, 24)) as pilot:
        for name in ("kernel", "dpdk"):
            if player.state.datapath != name:
                await pilot.press("t")
            await pilot.pause(PLAYED_S)
            picture = shell.export_screenshot(title=f"kbview: {name}", simplify=True)
            (IMAGES / f"{name}.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    IMAGES.mkdir(parents=True, exist_ok=True)
    asyncio.run(draw())
