"""The raster: its bytes make the same screen as Textual's own, and are fewer."""

from collections.abc import Iterable

import pyte
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from kbview.ui.paint import PaintedRows, PlacedRow
from kbview.ui.raster import Differences, Raster
from tests.terminal.screen import Answering, Stream

WIDTH, HEIGHT = 24, 4
STYLES = (
    "none", "bold", "color(249)", "bold color(16) on color(221)", "reverse", "underline",
    "strike", "default on default", "color(3)", "#102030", "#102030 on #405060",
)  # fmt: skip
TEXTS = st.text(st.sampled_from("ab  █─▸日é"), min_size=1, max_size=WIDTH)
PIECES = st.lists(st.tuples(TEXTS, st.sampled_from(STYLES)), min_size=1, max_size=5)
UPDATES = st.lists(
    st.tuples(st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1), PIECES), min_size=1, max_size=6
)


class Shown:
    """A pyte screen and the console that Textual renders with."""

    def __init__(self, *, repeats: bool = False) -> None:
        self.screen = Answering((WIDTH, HEIGHT), str, repeats="repeats" if repeats else "")
        self.screen.reset_mode(pyte.modes.DECAWM >> 5, private=True)  # Textual wraps no line
        self._stream = Stream(self.screen)
        self.console = Console(color_system="truecolor", force_terminal=True)

    def send(self, data: str) -> int:
        sent = data.encode()
        self._stream.feed(sent)
        return len(sent)

    @property
    def cells(self) -> list[list[tuple[object, ...]]]:
        """Each cell as a person sees it: of a blank the background and the lines, no colour of text."""
        return [[_seen(self.screen.buffer[y][x]) for x in range(WIDTH)] for y in range(HEIGHT)]


def _seen(char: pyte.screens.Char) -> tuple[object, ...]:
    lines = (char.underscore, char.strikethrough, char.reverse)
    if char.data == " " and char.bg == "default" and not any(lines):
        return (" ",)
    return (char.data, char.fg, char.bg, char.bold, *lines)


def update(x: int, y: int, pieces: list[tuple[str, str]]) -> LayoutUpdate | None:
    """One row from a cell on, as wide as there is room."""
    strip = Strip([Segment(text, Style.parse(style)) for text, style in pieces])
    strip = strip.crop(0, WIDTH - x)
    return LayoutUpdate([[strip]], Region(x, y, strip.cell_length, 1)) if strip.cell_length else None


@given(UPDATES, st.booleans(), st.lists(st.booleans(), min_size=6, max_size=6))
@settings(max_examples=300, deadline=None)
def test_any_updates_give_the_screen_that_textual_draws(
    drawn: list[tuple[int, int, list[tuple[str, str]]]], repeats: bool, painted: list[bool]
) -> None:
    """Also where some rows go past Textual: both ways share the raster."""
    plain, thin = Shown(), Shown(repeats=repeats)
    raster = Raster()
    raster.repeats = repeats
    for (x, y, pieces), short in zip(drawn, painted, strict=False):
        one = update(x, y, pieces)
        if one is None:
            continue
        plain.send(one.render_segments(plain.console))
        runs = [(text, style) for strip in one.strips[0] for text, style, _ in strip]
        rows = [PlacedRow(x, y, runs)]
        sent = PaintedRows(rows, raster, WIDTH) if short else Differences(one, raster, WIDTH)
        thin.send(sent.render_segments(thin.console))
    assert thin.cells == plain.cells


def of(raster: Raster, *rows: str) -> str:
    strips: list[Iterable[Strip]] = [[Strip([Segment(row)])] for row in rows]
    whole = LayoutUpdate(strips, Region(0, 0, WIDTH, len(rows)))
    segments = whole.__rich_console__(Console(), Console().options)
    return raster.differences(segments, WIDTH, ColorSystem.EIGHT_BIT)  # type: ignore[arg-type]  # Textual's are segments


def test_a_screen_that_is_there_is_not_sent_again() -> None:
    raster = Raster()
    assert of(raster, "abc", "def")
    assert of(raster, "abc", "def") == ""


def test_one_changed_digit_is_one_cell() -> None:
    raster = Raster()
    of(raster, "12 of 90", "drops")
    assert of(raster, "13 of 90", "drops") == "\x1b[1;2H3"


def test_after_a_resize_all_is_sent_again() -> None:
    raster = Raster()
    first = of(raster, "abc")
    raster.forget()
    assert of(raster, "abc") == first


def test_blanks_are_erased_and_repetitions_counted() -> None:
    raster = Raster()
    raster.repeats = True
    of(raster, "x" * WIDTH, "x" * WIDTH)
    assert of(raster, " " * WIDTH, "█" * WIDTH) == "\x1b[1;1H\x1b[K\x1b[2;1H█\x1b[23b"


def test_a_terminal_without_rep_gets_every_cell() -> None:
    raster = Raster()
    assert of(raster, "█" * WIDTH) == "\x1b[1;1H" + "█" * WIDTH


def test_a_wide_character_that_was_cut_is_sent_as_a_whole() -> None:
    raster = Raster()
    of(raster, "a日b")
    raster._rows[0][2] = ("x", "")  # another widget has drawn over its second half
    assert of(raster, "a日b") == "\x1b[1;2H日"


def test_a_narrower_character_takes_the_whole_wide_one_away() -> None:
    thin = Shown()
    raster = Raster()
    for row in ("a日b", "ax b", "日日"):
        thin.send(of(raster, row))
    assert "".join(thin.screen.display[0]).startswith("日日")
