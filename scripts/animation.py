"""Draw the README's first picture: a minute of the app, as one SVG that browsers play.

    python scripts/animation.py

The app runs without a terminal at 80x24 while keys are pressed; its screens become the frames. A row
that stands in several frames is stored once. The texts keep their spaces in every viewer (xml:space).
"""

import asyncio
import os
import re
from pathlib import Path

os.environ["TEXTUAL_COLOR_SYSTEM"] = "truecolor"
from kbview.sources.request import Choice
from kbview.sources.resolve import recording, resolve
from kbview.state.player import Player
from kbview.tape.source import Source
from kbview.ui.session import Offers
from kbview.ui.shell import Shell
from kbview.ui.terminal import Look
from kbview.ui.theme import Theme

IMAGE = Path(__file__).parent.parent / "docs" / "images" / "tour.svg"
FRAME_S = 0.5
GAP_PS = 30_000_000
# keys, frames drawn after them, caption below the picture
SCRIPT: tuple[tuple[tuple[str, ...], int, str], ...] = (
    (("plus",), 7, "HTTP through Linux: interrupt, softirq, sk_buff, IP, TCP, socket, read"),
    (("t",), 7, "t: the same traffic past the kernel, one core polls"),
    (("t", "space", *["minus"] * 4), 2, "t, space: back in the kernel, paused"),
    (("full_stop",), 1, ". : one event on"),
    (("full_stop",), 1, ". : one event on"),
    (("full_stop",), 1, ". : one event on"),
    (("full_stop",), 1, ". : one event on"),
    (("2",), 4, "2: the journey of each packet"),
    (("3",), 6, "3: the same frames through two datapaths"),
    (("5",), 4, "5: the cost of a packet"),
)
_STYLE = re.compile(r"\.terminal-\d+-(r\d+) \{([^}]*)\}")
_TEXT = re.compile(
    r'<text class="terminal-\d+-(r\d+)" x="([\d.]+)" y="([\d.]+)" textLength="([\d.]+)"[^>]*>'
    r"(.*?)</text>",
    re.DOTALL,
)
_RECT = re.compile(r'<rect fill="([^"]+)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"')
_ROW = 24.4
_WIDTH, _HEIGHT = 976.0, 585.6
_CAPTION = 34


class Film:
    """Frames as lists of rows; equal rows and equal styles are stored once."""

    def __init__(self) -> None:
        self._rows: dict[str, str] = {}
        self._styles: dict[str, str] = {}
        self._frames: list[tuple[list[tuple[str, float]], str]] = []

    def add(self, picture: str, caption: str) -> None:
        """Take one exported screen in."""
        styles = {name: css.strip() for name, css in _STYLE.findall(picture)}
        rows: dict[int, list[str]] = {}
        for fill, x, y, width, height in _RECT.findall(picture):
            number = round((float(y) - 1.5) / _ROW)
            rows.setdefault(number, []).insert(
                0, f'<rect fill="{fill}" x="{x}" y="1.5" width="{width}" height="{height}"/>'
            )
        for name, x, y, length, text in _TEXT.findall(picture):
            if not text.replace("&#160;", "").strip():
                continue
            number = round((float(y) - 20) / _ROW)
            style = self._style(styles[name])
            rows.setdefault(number, []).append(
                f'<text class="{style}" x="{x}" y="20" textLength="{length}">{text}</text>'
            )
        frame = [(self._row("".join(parts)), number * _ROW) for number, parts in sorted(rows.items())]
        self._frames.append((frame, caption))

    def _row(self, content: str) -> str:
        return self._rows.setdefault(content, f"r{len(self._rows)}")

    def _style(self, css: str) -> str:
        return self._styles.setdefault(css, f"s{len(self._styles)}")

    def svg(self) -> str:
        """The film: one group a frame, shown in turn, over and over."""
        count = len(self._frames)
        seconds = count * FRAME_S
        styles = "\n".join(f".{name} {{ {css} }}" for css, name in self._styles.items())
        rows = "\n".join(f'<g id="{name}">{content}</g>' for content, name in self._rows.items())
        frames = "\n".join(self._group(number) for number in range(count))
        return f"""<svg viewBox="0 0 {_WIDTH:g} {_HEIGHT + _CAPTION:g}" xmlns="http://www.w3.org/2000/svg"
 xml:space="preserve" role="img" aria-label="kbview, as keys are pressed">
<style>
text {{ font-family: Fira Code, DejaVu Sans Mono, monospace; font-size: 20px; white-space: pre }}
.caption {{ fill: #ffd75f; font-weight: bold }}
.frame {{ visibility: hidden; animation: turn {seconds:g}s steps(1, end) infinite }}
@keyframes turn {{ 0% {{ visibility: visible }} {100 / count:.4f}% {{ visibility: hidden }} }}
@media (prefers-reduced-motion: reduce) {{
  .frame {{ animation: none }}
  .frame:first-of-type {{ visibility: visible }}
}}
{styles}
</style>
<defs>
{rows}
</defs>
<rect width="{_WIDTH:g}" height="{_HEIGHT + _CAPTION:g}" rx="6" fill="#101418"/>
{frames}
</svg>
"""

    def _group(self, number: int) -> str:
        rows, caption = self._frames[number]
        uses = "".join(f'<use href="#{name}" y="{y:g}"/>' for name, y in rows)
        told = f'<text class="caption" x="8" y="{_HEIGHT + 24:g}">{caption}</text>'
        delay = (number - len(self._frames)) * FRAME_S
        return f'<g class="frame" style="animation-delay:{delay:g}s">{uses}{told}</g>'


def demo(datapath: str = "kernel") -> Source:
    """The bundled HTTP capture, over and over."""
    path = recording("http.pcap")
    if path is None:
        raise SystemExit("recordings/http.pcap is missing")
    return resolve(path, Choice(datapath=datapath, longest_gap_ps=GAP_PS, loop=True, snap=512))


async def draw() -> None:
    """Press the keys of the script and keep the screens."""
    look = Look(Theme.DARK, tuple(Theme), "truecolor", ascii=False)
    shell = Shell(Player(demo()), look, 10, Offers(twin=demo))
    film = Film()
    async with shell.run_test(size=(80, 24)) as pilot:
        await pilot.pause(2)
        for keys, frames, caption in SCRIPT:
            await pilot.press(*keys)
            for _ in range(frames):
                await pilot.pause(FRAME_S)
                film.add(shell.export_screenshot(simplify=True), caption)
    IMAGE.write_text(film.svg(), encoding="utf-8")


if __name__ == "__main__":
    IMAGE.parent.mkdir(parents=True, exist_ok=True)
    asyncio.run(draw())
