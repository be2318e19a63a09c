"""The Overview's arrangement: which panels share a column, and how many rows each has.

title
path                                    always there, over the whole width
rings    | interrupts                   two columns at 80 cells, three from 110, four from 150
switches | copies                       a wider terminal has more panels and words, not longer bars:
cores    | gauges, sockets, drops       costs and latency from 110 cells, the way in words from 150
step, sentence, keys

A panel that its source cannot feed says why in the fewest rows and leaves the rest to the others.
A panel that is named in no arrangement stands last in the last column.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from kbview.ui.panel import Panel
from kbview.ui.row import Size

LEAST = Size(60, 16)
_LONGEST_SENTENCE = 95  # cells, with a space at both ends
_PATH = (5, 7)
_COLUMNS: tuple[tuple[int, tuple[tuple[str, ...], ...]], ...] = (
    (
        150,
        (
            ("rings", "cores", "drops"),
            ("interrupts", "switches", "copies", "sockets"),
            ("gauges", "costs", "latency"),
            ("stations",),
        ),
    ),
    (
        110,
        (
            ("rings", "switches", "cores"),
            ("interrupts", "copies", "drops"),
            ("gauges", "sockets", "costs", "latency"),
        ),
    ),
    (0, (("rings", "switches", "cores"), ("interrupts", "copies", "gauges", "sockets", "drops"))),
)

NAMED = {"path"}.union(*(names for _, columns in _COLUMNS for names in columns))


class ScreenLayout(NamedTuple):
    """Rows for the path, and for each column its panels with their rows."""

    path: int
    columns: tuple[tuple[tuple[str, int], ...], ...]


def sentence_rows(width: int) -> int:
    """Rows that hold the step and the whole of the longest sentence about it."""
    return 2 if width >= _LONGEST_SENTENCE else 3


def frame_rows(width: int) -> int:
    """Rows around the panels: the title, the sentence and the keys."""
    return 2 + sentence_rows(width)


def arrange(size: Size, panels: Sequence[Panel], grey: Collection[str] = ()) -> ScreenLayout:
    """The best use of the room; panels that have none are left out from the bottom up.

    `grey` names those that the source cannot feed.
    """
    by_name = {panel.name: panel for panel in panels if not (panel.optional and panel.name in grey)}
    least, most = _PATH
    path = max(least, min(most, most - (24 - size.height)))
    rows = size.height - frame_rows(size.width) - path
    *columns, last = next(columns for width, columns in _COLUMNS if size.width >= width)
    unnamed = tuple(name for name in by_name if name not in NAMED)
    return ScreenLayout(
        path,
        tuple(
            _stack([by_name[name] for name in names if name in by_name], rows, grey)
            for names in (*columns, last + unnamed)
        ),
    )


def _stack(panels: list[Panel], rows: int, grey: Collection[str]) -> tuple[tuple[str, int], ...]:
    """The least of each panel, then a row at a time to the panel that is farthest behind its weight.

    A panel that has its most gets no further row. Where all have theirs, the last panel gets the rest.
    """
    while sum(panel.least for panel in panels) > rows and len(panels) > 1:
        panels = panels[:-1]
    heights = {panel: panel.least for panel in panels}
    fed = [panel for panel in panels if panel.name not in grey] or panels
    for _ in range(rows - sum(heights.values())):
        growing = [panel for panel in fed if heights[panel] < panel.most] or panels[-1:]
        behind = min(growing, key=lambda panel: heights[panel] / panel.weight)
        heights[behind] += 1
    return tuple((panel.name, height) for panel, height in heights.items())
