"""A histogram as rows: one for each step of 1, 2 and 5, or for each decade where there are too many."""

from kbview.tape.histogram import Histogram
from kbview.ui import format as fmt
from kbview.ui.row import Row, Size, bar

_LABEL, _SHARE, _MOST_BAR = 9, 6, 30
_FINE = [digit * 10**power for power in range(19) for digit in (1, 2, 5)]
_COARSE = [10**power for power in range(19)]


def draw(histogram: Histogram, size: Size) -> list[Row]:
    """Each row is from its label up to the next one; empty rows between others are kept."""
    rows = _rows(histogram, _FINE)
    if len(rows) > size.height:
        rows = _rows(histogram, _COARSE)[: size.height]
    most = max((count for _, count in rows), default=1)
    return [_row(bound, count / most, count / histogram.total, size.width) for bound, count in rows]


def _rows(histogram: Histogram, bounds: list[int]) -> list[tuple[int, int]]:
    """The buckets of these lower bounds that are in use, from the first to the last."""
    counts = [0] * len(bounds)
    place = 0
    for value, count in sorted(histogram.counts.items()):
        while place + 1 < len(bounds) and value >= bounds[place + 1]:
            place += 1
        counts[place] += count
    used = [at for at, count in enumerate(counts) if count]
    return [(bounds[at], counts[at]) for at in range(used[0], used[-1] + 1)] if used else []


def _row(bound: int, height: float, share: float, width: int) -> Row:
    room = min(_MOST_BAR, max(0, width - _LABEL - _SHARE))
    label = fmt.duration(bound) if bound >= 1000 else f"{bound} ps"
    return [
        (f"{label:>{_LABEL - 1}} ", "dim"),
        *bar(height, room, "accent"),
        (f" {fmt.percent(share):>{_SHARE - 1}}", "text"),
    ]
