"""The budget in rows: what the line leaves for a packet, what is spent, and both to one scale."""

from kbview.state.budget import (
    FULL,
    Spent,
    budget_ps,
    fullest,
    in_vain_ps,
    mean_length,
    of_arrived,
)
from kbview.state.interval import Interval
from kbview.state.overheads import overheads
from kbview.ui import format as fmt
from kbview.ui.row import Row, Size, first_that_fits, fit, length, title_row, whole

HELP = (
    ("one every 42.6 ns", "frames of the mean length seen here, with preamble and gap, on a full line"),
    ("spent", "CPU time of all cores for each delivered packet, without polls that found nothing"),
    ("an arrived frame", "the same CPU time for each frame that arrived; told where many were lost"),
    (
        "at this load",
        "a cost is no capacity: under load packets share interrupts, wake-ups and polls",
    ),
    ("a full core does", "a core has no time left: delivered packets a second at this cost, per core"),
    ("most", "the overheads of the lecture: interrupts, switches, copies ... by their share"),
    ("bar", "what is spent, the dearest step first, by whose ground it is; ▾ is the budget"),
)
TOO_SHORT = "too short a time at this speed"  # no column of the histories is whole yet
_CLASSIC = "in books: 10 Gb/s and 64 bytes leave 67.2 ns"
_TERM = 8
_LONG_PS = 10**6  # a time between frames from which on it needs no tenths of a ns


def draw(recent: Interval | None, each: list[Spent], link_bps: int | None, size: Size) -> list[Row]:
    """A rule, the two sentences, the bar with its mark, and the time of empty polls beside it.

    The bar and then the overheads are left out where there are too few rows.
    """
    width = size.width
    frame = mean_length(recent) if recent else None
    leaves_ps = budget_ps(link_bps, frame)
    total_ps = sum(one.each_ps for one in each)
    spending = _spending(total_ps, leaves_ps, recent, width) if each and recent else nothing(recent)
    rows = [
        title_row("budget", _CLASSIC, width),
        [
            (f" {'line':<{_TERM - 1}}", "accent"),
            (_line(link_bps, frame, leaves_ps, width, seen=recent is not None), "text"),
        ],
        [(f" {'spent':<{_TERM - 1}}", "accent"), (spending, "text")],
    ]
    wasted_ps = in_vain_ps(recent) if recent else None
    last: list[Row] = [[(_in_vain(wasted_ps), "dim")]] if wasted_ps else []
    room = size.height - len(rows) - len(last)
    middle = [_grouped(each, width), *_stacked(each, total_ps, leaves_ps, width - _TERM - 1)]
    return [*rows, *(middle if room >= len(middle) else middle[: min(room, 1)]), *last]


def _in_vain(wasted_ps: float) -> str:
    return f" and {fmt.duration(wasted_ps)} a delivered packet on polls that found nothing"


def nothing(recent: Interval | None) -> str:
    """Why there are no costs to show."""
    if recent is None:
        return TOO_SHORT
    if recent.change("delivered"):
        return "this source does not time single steps"
    return "no packet was delivered just now"


def _line(
    link_bps: int | None, frame: float | None, leaves_ps: float | None, width: int, *, seen: bool
) -> str:
    """`seen`: a stretch of time is there to count frames in."""
    if link_bps is None:
        return "its rate is not known here"
    if not seen:
        return TOO_SHORT
    if frame is None or leaves_ps is None:
        return "no frame has arrived just now"
    rate = f"{link_bps / 1e9:g} Gb/s"
    every = fmt.duration(leaves_ps) if leaves_ps >= _LONG_PS else f"{leaves_ps / 1000:.1f} ns"
    texts = (
        f"{rate}, {frame:.0f} bytes a frame and 20 more on the wire: one every {every}",
        f"{rate}, {frame:.0f} + 20 bytes: one every {every}",
        f"{rate}: a frame every {every}",
    )
    return first_that_fits(texts, width - _TERM)


def _spending(total_ps: float, leaves_ps: float | None, recent: Interval, width: int) -> str:
    """As much as fits: no number is cut."""
    cost, each_ps = f"{fmt.duration(total_ps)} a delivered packet", of_arrived(total_ps, recent)
    if each_ps is not None:
        cost += f", {fmt.duration(each_ps)} an arrived frame"
    ratio = f": {fmt.quantity((each_ps or total_ps) / leaves_ps)} times that" if leaves_ps else ""
    full = total_ps and fullest(recent) >= FULL
    load = f"; a full core does {fmt.rate(1e12 / total_ps)}" if full else "; at this load"
    return first_that_fits((cost + ratio + load, cost + load, cost), width - _TERM)


def _grouped(each: list[Spent], width: int) -> Row:
    """The overheads, the largest first; the smallest are left out where the row is narrow."""
    found = overheads(each)
    if not found:
        return []
    parts: list[tuple[Row, int]] = [([(f" {'most':<{_TERM - 1}}", "accent")], 99)]
    for number, one in enumerate(found):
        told = f"{one.name} {fmt.percent(one.share)}"
        style = "strong" if not number else "dim"
        parts.append(([("" if not number else ", ", "dim"), (told, style)], len(found) - number))
    return whole(parts, width)


def _stacked(each: list[Spent], total_ps: float, leaves_ps: float | None, width: int) -> list[Row]:
    """To the scale of the larger of the two."""
    whole_ps = max(total_ps, leaves_ps or 0.0)
    if not whole_ps:
        return []
    cells: Row = []
    reached_ps = 0.0
    for one in each:
        reached_ps += one.each_ps
        upto = round(reached_ps / whole_ps * width)
        cells.append(("█" * (upto - length(cells)), f"{one.domain}" if one.domain else "dim"))
    pad = (" " * _TERM, "text")
    mark = _mark(leaves_ps, whole_ps, width) if leaves_ps else []
    return [fit([pad, *mark], width + _TERM), fit([pad, *cells], width + _TERM)]


def _mark(leaves_ps: float, whole_ps: float, width: int) -> Row:
    """Over the place where the budget ends."""
    at = min(round(leaves_ps / whole_ps * width), width - 1)
    name = f" budget {fmt.duration(leaves_ps)}"
    beside: Row = [(name, "dim")] if at + len(name) < width - 1 else []
    return [(" " * at, "text"), ("▾", "marker"), *beside]
