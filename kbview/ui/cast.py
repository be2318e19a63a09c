"""A tape played on a screen without a terminal, as a recording of a terminal (asciicast v2).

The first line is the header, every other line `[seconds, "o", text]`. The first frame draws every row,
a later frame the rows that changed. Trace time passes at a speed of the app's own ladder.
Read more: docs.asciinema.org/manual/asciicast/v2
"""

import asyncio
import io
import json
import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

from rich.console import Console

from kbview.state.player import Player
from kbview.state.speed import SPEEDS
from kbview.tape.source import Source, SourceError
from kbview.ui.picture import SCREENS
from kbview.ui.terminal import Look
from kbview.ui.theme import Theme

LONGEST_S = 60  # of play
FRAME_S = 0.1
_FIRST = "\x1b[?25l\x1b[2J"
_LAST = "\x1b[0m\x1b[?25h"


class Excerpt(NamedTuple):
    """The part of a tape that is played, picoseconds."""

    begin_ps: int
    end_ps: int

    @property
    def rung(self) -> int:
        """The slowest speed of the ladder that plays it within LONGEST_S; SourceError if none does."""
        length_ps = self.end_ps - self.begin_ps
        if length_ps <= 0:
            raise SourceError("nothing lies between --from and --until", 2)
        for rung, speed_ps in enumerate(SPEEDS):
            if speed_ps is not None and length_ps <= LONGEST_S * speed_ps:
                return rung
        raise SourceError(
            f"a cast plays at most {LONGEST_S} s of trace time; use --from and --until", 2
        )


Drawn = Callable[[float], None]  # is told the share of the frames that is drawn, 0 to 1


def record(
    source: Source, screen: str, size: tuple[int, int], stretch: Excerpt, title: str, drawn: Drawn
) -> bytes:
    """The stretch played on the screen of that name, as asciicast v2. The source stays open."""
    os.environ["TEXTUAL_COLOR_SYSTEM"] = "256"
    os.environ["TEXTUAL_ANIMATIONS"] = "none"
    player = Player(source, stretch.rung, FRAME_S)
    frames = asyncio.run(_frames(player, screen, size, stretch, drawn))
    lines = [json.dumps(_header(size, title, len(frames)))]
    lines += [json.dumps([round(n * FRAME_S, 1), "o", text]) for n, text in enumerate(frames) if text]
    return ("\n".join(lines) + "\n").encode()


def _header(size: tuple[int, int], title: str, frames: int) -> dict[str, object]:
    return {
        "version": 2,
        "width": size[0],
        "height": size[1],
        "duration": round((frames - 1) * FRAME_S, 1),
        "title": title,
        "env": {"TERM": "xterm-256color"},
    }


async def _frames(
    player: Player, screen: str, size: tuple[int, int], stretch: Excerpt, drawn: Drawn
) -> list[str]:
    """The bytes of each frame; the last leaves the cursor visible."""
    from kbview.ui.projector import drawn_rows
    from kbview.ui.shell import Shell

    console = Console(color_system="256", force_terminal=True, file=io.StringIO())
    moments = list(_moments(stretch, player.speed.column_ps))
    frames: list[str] = []
    shown: list[str] = []
    player.playing = False
    player.go(player.tape.position_at(stretch.begin_ps), stretch.begin_ps)
    shell = Shell(player, Look(Theme.DARK, tuple(Theme), "256", ascii=False), round(1 / FRAME_S))
    async with shell.run_test(size=size) as pilot:
        await pilot.press(SCREENS[screen])
        shell.moved()  # its clock stands still: the frames are counted here
        player.playing = True
        for number, moment_ps in enumerate(moments, 1):
            _advance(player, moment_ps)
            if shell.view:
                shell.view.show()
            await pilot.pause()
            rows = drawn_rows(shell, console)[1]
            frames.append(_changed(shown, rows))
            shown = rows
            drawn(number / len(moments))
    frames[-1] += _LAST
    return frames


def _moments(stretch: Excerpt, column_ps: int) -> Iterator[int]:
    """The time of each frame; the last is the end of the stretch."""
    yield from range(stretch.begin_ps, stretch.end_ps, column_ps)
    yield stretch.end_ps


def _advance(player: Player, until_ps: int) -> None:
    position = player.tape.position_at(until_ps)
    while not player.fold(position):  # a frame folds only so many records at once
        pass
    player.state.pass_time(until_ps)


def _changed(before: list[str], rows: list[str]) -> str:
    """The text that turns the screen with the rows `before` into the screen with these rows."""
    changed = [
        f"\x1b[{number};1H{row}"
        for number, row in enumerate(rows, 1)
        if number > len(before) or before[number - 1] != row
    ]
    return ("" if before else _FIRST) + "".join(changed)
