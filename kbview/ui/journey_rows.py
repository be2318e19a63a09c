"""The lanes of the Journey: a row of letters for each packet, all against the same time."""

from collections.abc import Callable
from textwrap import wrap

from kbview.state.journeys import JourneyEvent
from kbview.state.lane import Cell, Stretch, lane, letters, stretches
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.ui import format as fmt
from kbview.ui.characters import clean
from kbview.ui.row import Row, Size, cut, fate_room, first_that_fits, fit, text_of, title_row
from kbview.ui.session import Session

Draw = Callable[[Size], list[Row]]
HELP = (
    ("a row", "a packet, from its arrival to its delivery or loss; ▸ is the one that is looked at"),
    ("a letter", "the station where the packet is; the row below the packets spells them out"),
    ("CAPITAL letter", "the NIC or a core is at work on it"),
    ("small letter", "it waits there for somebody"),
    ("500 ns a letter", "the scale; stations that a packet only brushes may fall between two letters"),
    ("◂ 33 µs before", "the packet is that far from what is in sight at this scale"),
    ("at the right", "the time from its arrival to its end, what ended it, or where it is now"),
    ("»", "the packet that is followed: steps and stages stop at it alone"),
)
_LABEL = 10
_SHARE = 0.6  # of the width that the journey of the chosen packet takes
_FINEST_PS = 10_000  # for a letter, unless one zooms in: steps are not shorter
_STEPS = (1, 2, 5)


class Scale:
    """Time for a letter, in steps of 1, 2 and 5; it stays until the packet would look too small."""

    def __init__(self) -> None:
        self.zoom = 0
        self._rung = 0

    def cell_ps(self, span_ps: int, width: int) -> int:
        """The scale at which `span_ps` fills a good part of `width` cells."""
        wanted = _rung(max(span_ps / max(1, width * _SHARE), _FINEST_PS))
        if not wanted <= self._rung <= wanted + 1:
            self._rung = wanted
        return _of_rung(max(0, self._rung - self.zoom))


def _of_rung(rung: int) -> int:
    return _STEPS[rung % 3] * int(10 ** (rung // 3))


def _rung(cell_ps: float) -> int:
    return next(rung for rung in range(60) if _of_rung(rung) >= cell_ps)


def nothing(detail: Detail, size: Size) -> list[Row]:
    """Why there is no packet to draw."""
    if detail < Detail.MILESTONES:
        text = "At this speed only meters are told. Slow down with - to 1 s = 10 ms to see packets."
    else:
        text = "No packet has arrived in this stretch of the tape."
    return [
        title_row("journey", "", size.width),
        *([(f" {line}", "dim")] for line in wrap(text, size.width - 2)),
    ]


def draw(session: Session, scale: Scale, cursor: JourneyEvent, size: Size) -> list[Row]:
    """The axis, as many packets as there is room for, and what the letters mean."""
    state, journeys, packet = session.player.state, session.journeys, session.packet
    own = journeys.own(packet)
    end = fate_room(size.width)
    width = size.width - _LABEL - end
    end_ps = own[-1].time_ps + own[-1].duration_ps if own[-1].ends else state.now_ps
    cell_ps = scale.cell_ps(end_ps - own[0].time_ps, width)
    begin_ps = _begin(own[0].time_ps, cursor.time_ps, cell_ps, width)
    signs = _signs(session)
    legend, most = _legend(session, signs, size.width), max(1, (size.height - 4) // 2)
    lanes = size.height - 2 - min(len(legend), most)
    rows = [
        title_row("journey", f"{fmt.duration(cell_ps)} a letter", size.width),
        _axis(begin_ps, cursor.time_ps, cell_ps, width),
    ]
    shown = [each for each in journeys.packets() if each == packet or journeys.came_in(each)]
    for each in _around(shown, packet, lanes):
        stops = journeys.stops(each)
        found = stretches(stops, state.now_ps)
        cells = _elsewhere(found, begin_ps, begin_ps + width * cell_ps, width) or _letters(
            lane(found, signs, begin_ps, cell_ps, width)
        )
        rows.append([_label(session, each, packet), *cells, _fate(stops, end)])
    rows += [[] for _ in range(lanes + 2 - len(rows))]
    if len(legend) > most:  # the letters that are drawn, in the rows that there are
        drawn = {letter.upper() for row in rows[2:] for letter in text_of(row[1:-1])}
        used = {name: sign for name, sign in signs.items() if sign.letter.upper() in drawn}
        legend = _legend(session, used, size.width)[:most]
    return [*rows, *legend]


def _begin(arrived_ps: int, cursor_ps: int, cell_ps: int, width: int) -> int:
    """The arrival stands a little to the right of the left edge, unless the cursor is out of sight."""
    begin_ps = arrived_ps - width // 10 * cell_ps
    if cursor_ps >= begin_ps + width * cell_ps:
        begin_ps = cursor_ps - width // 2 * cell_ps
    return begin_ps // cell_ps * cell_ps


def _axis(begin_ps: int, cursor_ps: int, cell_ps: int, width: int) -> Row:
    """The time at the left edge, and a mark over the cursor."""
    at = min((cursor_ps - begin_ps) // cell_ps, width - 1)
    text = fmt.clock(max(begin_ps, 0))
    if at < len(text) + 1:
        return [(" " * (_LABEL + at), "text"), ("▾", "pointer"), (f" {text}", "dim")]
    return [(f"{'':{_LABEL}}{text}".ljust(_LABEL + at), "dim"), ("▾", "pointer")]


def _around(known: list[int], packet: int, rows: int) -> list[int]:
    """As many packets as there are rows, the one that is looked at among them."""
    at = known.index(packet)
    first = max(0, min(at - rows * 2 // 3, len(known) - rows))
    return known[first : first + max(rows, 0)]


def _signs(session: Session) -> dict[str, Cell]:
    stations = session.player.state.stations
    signs = letters(stations)
    return {
        place.name: Cell(signs[place.name], place.domain) for place in stations if place.name in signs
    }


def _label(session: Session, packet: int, chosen: int) -> tuple[str, str]:
    mark = "▸" if packet == chosen else "»" if packet == session.transport.followed else " "
    style = "strong" if packet == chosen else "text"
    return cut(f"{mark}{fmt.packet(packet)}", _LABEL - 1).ljust(_LABEL), style


def _elsewhere(found: list[Stretch], begin_ps: int, end_ps: int, width: int) -> Row:
    """How far away in time a packet is that cannot be seen at this scale; nothing if it can."""
    if not found or (found[-1].end_ps > begin_ps and found[0].begin_ps < end_ps):
        return []
    if found[-1].end_ps <= begin_ps:
        text = f"◂ {fmt.duration(begin_ps - found[-1].end_ps)} before"
        return [(cut(text, width).ljust(width), "faint")]
    text = f"{fmt.duration(found[0].begin_ps - end_ps)} after ▸"
    return [(cut(text, width).rjust(width), "faint")]


def _letters(cells: list[Cell]) -> Row:
    return [(cell.letter, f"{cell.domain}" if cell.domain else "faint") for cell in cells]


def _fate(stops: list[JourneyEvent], room: int) -> tuple[str, str]:
    """What became of it, or where it is."""
    ends = [stop.event for stop in stops if stop.ends]
    match ends[-1] if ends else None:
        case None:
            place = next((stop.station for stop in reversed(stops) if stop.station), "?")
            text, style = first_that_fits([f"at {place}", place], room - 1), "accent"
        case ev.PacketDelivered(latency_ps=latency_ps):
            text, style = fmt.duration(latency_ps), "text"
        case ev.PacketDropped(reason=reason) | ev.FrameUnsent(reason=reason):
            lost = [f"× {clean(reason)}", "× dropped"]
            text, style = first_that_fits(lost, room - 1), "bad"
        case ev.FrameSent():
            text, style = "sent", "text"
        case _:
            text, style = "× missed", "bad"
    return " " + cut(text, room - 1).rjust(room - 1), style


def _legend(session: Session, signs: dict[str, Cell], width: int) -> list[Row]:
    rows: list[Row] = [[(" ", "text")]]
    for name, sign in [*signs.items(), ("CAPITALS: at work  small: waiting", Cell("", None))]:
        word: Row = [(sign.letter, f"{sign.domain}" if sign.domain else "dim"), (f" {name}  ", "dim")]
        if sum(len(text) for text, _ in [*rows[-1], *word]) > width:
            rows.append([(" ", "text")])
        rows[-1] += word
    if session.player.state.detail < Detail.STEPS:
        rows.append(
            [
                (
                    " Only milestones are told at this speed; slow down to 1 s = 1 ms for all steps.",
                    "accent",
                )
            ]
        )
    return [fit(row, width) for row in rows]
