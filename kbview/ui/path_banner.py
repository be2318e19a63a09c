"""The path's first row: the grounds HARDWARE, KERNEL and USER, and the stations without room.

HARDWARE       ║ KERNEL 3 more: app, send, tx ring
HARDWARE       ║ KERNEL  ╌ stack bypassed ╌             ║ USER
"""

from functools import lru_cache

from kbview.state.flows import unit
from kbview.state.state import State
from kbview.tape.station import Domain, Station, bypassed_part
from kbview.ui import format as fmt
from kbview.ui.path_cells import Spot, regions, wall_before
from kbview.ui.row import Row, first_that_fits, length

_NAMES = {
    Domain.HARDWARE: (" HARDWARE ", " HW ", ""),
    Domain.KERNEL: (" KERNEL ", " KERNEL", "KERNEL", ""),
    Domain.USER: (" USER ", " USER", "USER", ""),
}


def banner(state: State, spots: list[Spot], key: str = "") -> Row:
    """The grounds; `key` explains the road, by default the worth of a dot.

    Stations without room are counted in place of the key.
    """
    key = key or f"●={fmt.quantity(unit(state.histories))}"
    return list(_drawn(tuple(state.stations), tuple(spots), key))


@lru_cache(maxsize=32)
def _drawn(stations: tuple[Station, ...], shown: tuple[Spot, ...], key: str) -> Row:
    """The row, which stays as it is while no datapath begins."""
    spots = list(shown)
    names = {spot.station.name for spot in spots}
    missing = [station.name for station in stations if station.name not in names]
    key = "" if missing else key
    grounds = regions(spots)
    rooms: list[int] = []
    row: Row = []
    for region in grounds:
        _ground(row, region, spots, key, stations)
        rooms.append(region[-1].x + region[-1].width - length(row) - 1)
    if not missing or not rooms:
        return row
    widest = rooms.index(max(rooms))
    told = first_that_fits(_left_out(missing), rooms[widest])
    row = []
    for at, region in enumerate(grounds):
        _ground(row, region, spots, key, stations)
        row.append((told if at == widest else "", "dim"))
    return row


def _left_out(names: list[str]) -> tuple[str, ...]:
    """How many stations have no room, with their names while these fit."""
    count = len(names)
    return (
        f"{count} more: {', '.join(names)}",
        f"{count} more",
        f"+{count}",
    )


def _ground(
    row: Row, region: list[Spot], spots: list[Spot], key: str, stations: tuple[Station, ...]
) -> None:
    """The name of a region's domain, and of the part that is bypassed or beside."""
    wall_before(row, region[0], lead=1)
    domain = region[0].domain
    # the gap after the last station is not on the screen
    room = region[-1].x + region[-1].width - length(row) - (region[-1] is spots[-1])
    row.append((first_that_fits(_NAMES[domain], room), f"{domain} chip"))
    if region[0] is spots[0]:
        room = region[-1].x + region[-1].width - length(row) - 2
        row.append((f" {key}" if key and len(key) <= room else "", "dim"))
    gone = [spot for spot in region if spot.station.bypassed]
    beside = [spot for spot in region if spot.station.beside]
    if gone:
        _over(row, gone, f" {bypassed_part(stations)} bypassed ")
    elif beside:
        row.append((" " * (beside[0].x - length(row) - 2), "text"))
        _over(row, beside, " beside: the stack ")


def _over(row: Row, group: list[Spot], word: str) -> None:
    """A word on a dashed line, up to the end of the group's last station."""
    end = group[-1].x + group[-1].width - 1
    room = end - length(row) - 1
    told = next(
        (text for text in (word, f" {word.partition(':')[0].strip()} ") if len(text) < room), ""
    )
    row.append((told.center(room, "╌").join("  "), "faint"))
