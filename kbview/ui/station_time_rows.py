"""p50 and p99 of the time between the stations of a packet's way, a row a stretch.

─ between stations ─────────── of the last 812 sampled packets ─
 from     to           p50      p99   packets
 stack    socket    1.4 µs   4.0 µs       812
 socket   read       14 µs   4.9 ms       640
"""

from collections.abc import Sequence

from kbview.state.state import State
from kbview.state.station_times import StationTime, StationTimes
from kbview.ui import format as fmt
from kbview.ui.characters import clean
from kbview.ui.row import Row, Size, block, first_that_fits, title_row, whole

HELP = (
    (
        "from, to",
        "from a packet's first moment at a station to its first moment at the next station of its way",
    ),
    ("arrival, delivery", "from the first record of a frame to its delivery to an application"),
    ("p50, p99", "half of the packets, 99 of 100 packets took no longer"),
    (
        "the last N sampled packets",
        (
            "packets that the newest part of the tape tells; sampled: a program chose them by a hash, "
            "because the live interface is busy"
        ),
    ),
)
NOTHING = " no single packets are told at this speed; slow down (-)"
_STATION, _TIME, _PACKETS = 10, 9, 8


def draw(state: State, found: StationTimes, size: Size) -> list[Row]:
    """A row a stretch; stretches of few packets are left out first where there are too many."""
    if not found.stretches:
        return block([title_row("between stations", "", size.width), [(NOTHING, "faint")]], size)
    sampled = "sampled " if "costs" in state.meters.unknown else ""
    said = first_that_fits(
        [
            f"of the last {found.packets} {sampled}packets",
            f"of {found.packets} {sampled}packets",
            f"of {found.packets}",
        ],
        size.width - 22,
    )
    room = size.height - 2
    often = sorted(found.stretches, key=lambda one: -one.times.total)[:room]
    shown = [one for one in found.stretches if one in often]
    widest = max((len(clean(name)) for one in shown for name in (one.begin, one.end)), default=0)
    station = max(_STATION, widest + 1)
    rows = [("from", "to", "p50", "p99", "packets"), *map(_texts, shown)]
    return block(
        [
            title_row("between stations", said, size.width),
            *(_cells(row, station, size.width, "text" if at else "dim") for at, row in enumerate(rows)),
        ],
        size,
    )


def _texts(one: StationTime) -> tuple[str, ...]:
    p50, p99 = (fmt.duration(one.times.percentile(share)) for share in (0.5, 0.99))
    return clean(one.begin), clean(one.end), p50, p99, fmt.quantity(one.times.total)


def _cells(texts: Sequence[str], station: int, width: int, style: str) -> Row:
    """Two names in `station` cells each, two times, a count; numbers give way to whole names."""
    begin, end, p50, p99, packets = texts
    parts: list[tuple[Row, int]] = [
        ([(f" {begin:<{station}}", style)], 8),
        ([(f"{end:<{station}}", style)], 9),
        ([(f"{p50:>{_TIME}}", "strong" if style == "text" else style)], 7),
        ([(f"{p99:>{_TIME}}", style)], 6),
        ([(f"{packets:>{_PACKETS}}", "dim")], 3),
    ]
    return whole(parts, width)
