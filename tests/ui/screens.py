"""What tests of screens share: sessions on real traffic, and a screen's rows as plain text."""

import itertools
from collections.abc import Iterator, Sequence

from rich.cells import cell_len

from kbview.emulator.datapaths import DATAPATHS
from kbview.sources.request import Choice
from kbview.sources.resolve import recording, resolve
from kbview.state.player import Player
from kbview.tape.source import Source
from kbview.ui.board import Drawing
from kbview.ui.characters import to_ascii
from kbview.ui.row import Row, Size, text_of
from kbview.ui.session import Session
from kbview.ui.theme import STYLES, Theme
from kbview.ui.view import View

SIZES = [Size(60, 13), Size(80, 21), Size(200, 47)]  # without the title and the foot
GAP_PS = 30 * 10**6
OPENED: list[Source] = []
Columns = Sequence[tuple[int, Sequence[Drawing]]]


def source_of(word: str, datapath: str) -> Source:
    """A recording or a scenario through a datapath; closed after the test."""
    soon = (("retire_us", "20"),)  # or a packet socket's block would be open longer than the session
    choice = Choice(datapath=datapath, longest_gap_ps=GAP_PS, overrides=soon)
    source = resolve(recording(word) or word, choice)
    OPENED.append(source)
    return source


def session_of(datapath: str, frames: int = 40, word: str = "") -> Session:
    """A session after so many frames of play, of traffic that reaches an application."""
    datagrams = DATAPATHS[datapath].takes_datagrams
    word = word or ("udp-bursts.pcap" if datagrams else "http.pcap")
    player = Player(source_of(word, datapath))
    for _ in range(frames):
        player.tick(0.1)
    return Session(player, Theme.DARK)


def rows_of(view: View, size: Size) -> Iterator[Row]:
    """Every row that a screen draws in so much room, checked to be fit for a board."""
    arrangement = view.lay_out(size)
    head = sum(drawing.height for drawing in arrangement.head)
    columns = [(size.width, arrangement.head), *_columns(arrangement.columns, size.width)]
    for width, drawings in columns:
        for drawing in drawings:
            rows = drawing.draw(Size(width, drawing.height))
            assert len(rows) == drawing.height
            for row in rows:
                check(row, width)
                yield row
    for _, drawings in arrangement.columns:
        assert head + sum(drawing.height for drawing in drawings) == size.height


def _columns(columns: Columns, width: int) -> Columns:
    """With the widths that they get."""
    given = [one for one, _ in columns if one]
    share = (width - sum(given) - len(columns) + 1) // max(1, len(columns) - len(given))
    return [(one or share, drawings) for one, drawings in columns]


def check(row: Row, width: int) -> None:
    text = text_of(row)
    assert cell_len(text) == width
    assert text.isprintable()
    assert to_ascii(text).isascii()
    assert len(to_ascii(text)) == width
    assert all(run and style in STYLES for run, style in row)
    assert all(a[1] != b[1] for a, b in itertools.pairwise(row)), "runs are merged"


def text(view: View, size: Size) -> str:
    """The screen as text."""
    return "\n".join(map(text_of, rows_of(view, size)))
