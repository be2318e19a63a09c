"""The rows of one packet's journey: time, step, cost, core and station, with walls and waits between.

─ #6 step by step ─────────────────────────────────────────────────── 32 rows ─
  -35 µs syscall_enter        30 ns cpu1 read      earlier
 ══════════ user to kernel by a syscall: mode switch 1 of 2 ══════════
      0  frame arrived              cpu  NIC
   ··· 300 ns  DMA: the NIC writes frame and descriptor
▸ 300 ns descriptor done      move 1 of 2: NIC to ring by DMA
"""

from collections.abc import Sequence

from kbview.state.journey_table import RowKind, TableRow
from kbview.ui import format as fmt
from kbview.ui.characters import clean
from kbview.ui.row import Row, Size, clauses, first_that_fits, length, title_row, whole
from kbview.ui.step_details import name

HELP = (
    ("-35 µs", "before the packet arrived: the reader's call, in which it sleeps until data come"),
    ("═══ mode switch 1 of 2", "the core crosses the wall between user and kernel"),
    ("move 1 of 2", "the bytes of the packet go from one memory to another, by DMA or by a core"),
    ("··· 5.5 µs", "no step is taken for the packet so long; the row says what it waits for"),
    ("shared", "work for several packets at once, such as an interrupt, a poll or a wake-up"),
    ("earlier", "work of the reader before this packet came"),
)
_TIME, _NAME, _TOOK, _CPU, _PLACE, _MARK = 8, 19, 8, 6, 10, 8


def draw(title: str, rows: Sequence[TableRow], cursor: int, size: Size) -> list[Row]:
    """The rows around the cursor's event."""
    room = size.height - 1
    arrived_ps = next((row.time_ps for row in rows if row.at == 0), 0)
    here = next((number for number, row in enumerate(rows) if row.at == cursor), 0)
    first = max(0, min(here - room // 2, len(rows) - room))
    shown = rows[first : first + room]
    stops = [row.stop for row in shown if row.stop is not None]
    wide = max([_NAME, *(len(name(stop)) + 1 for stop in stops)])
    place = max([_PLACE, *(len(clean(stop.station)) + 1 for stop in stops)])
    return [
        title_row(title, f"{first + 1} to {first + len(shown)} of {len(rows)} rows", size.width),
        *(
            _row(row, row.at == cursor and row.at is not None, arrived_ps, (wide, place, size.width))
            for row in shown
        ),
    ]


def _row(row: TableRow, here: bool, arrived_ps: int, cells: tuple[int, int, int]) -> Row:
    """A row; `cells` are those of the name, of the station and of the whole row."""
    wide, place, width = cells
    mark = ("▸" if here else " ", "strong")
    if row.kind is RowKind.WALL:
        text = f" {row.note} "
        side = max(2, (width - 2 - len(text)) // 2)
        return [mark, ("═" * side, "wall"), (text, "strong"), ("═" * side, "wall")]
    if row.kind is RowKind.WAIT:
        took = fmt.duration(row.duration_ps)
        lead: Row = [mark, (f" ··· {took:>8} ", "faint")]
        return [*lead, (first_that_fits(clauses(row.note), width - length(lead)), "faint")]
    return [mark, *_event(row, arrived_ps, (wide, place, width - 1))]


def _event(row: TableRow, arrived_ps: int, cells: tuple[int, int, int]) -> Row:
    """The time and the name first, then cost, core, station, and whose work it is."""
    wide, place, width = cells
    stop = row.stop
    if stop is None:
        return []
    since_ps = row.time_ps - arrived_ps
    sign, style = ("-" if since_ps < 0 else ""), ("dim" if stop.shared else "text")
    cpu = getattr(stop.event, "cpu", -1)
    whose = "earlier" if since_ps < 0 else "shared" if stop.shared else ""
    took = fmt.duration(row.duration_ps) if row.duration_ps else ""
    parts: list[tuple[Row, int]] = [
        ([(f"{sign + fmt.duration(abs(since_ps)):>{_TIME}} ", "dim")], 8),
        ([(f"{name(stop):<{wide}}", style)], 9),
    ]
    if row.note:
        room = max(0, width - sum(length(part) for part, _ in parts))
        return whole([*parts, ([(first_that_fits(_moves(row.note), room), "accent")], 7)], width)
    parts += [
        ([(f"{took:>{_TOOK}} ", "strong")], 7),
        ([(f"{f'cpu{cpu}' if cpu >= 0 else '':<{_CPU}}", "dim")], 5),
        ([(f"{clean(stop.station):<{place}}", "dim")], 4),
        ([(f"{whose:<{_MARK}}", "dim")], 3),
    ]
    return whole(parts, width)


def _moves(note: str) -> tuple[str, ...]:
    """A note of a move; without its core, and without the number of the move, for less room."""
    note = clean(note)
    way = note.partition(" by ")[0]
    return note, way, way.partition(": ")[2]
