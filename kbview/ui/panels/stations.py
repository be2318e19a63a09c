"""The stations in words: each place that a packet visits, in its order, where there is room for it."""

from textwrap import wrap

from kbview.state.state import State
from kbview.ui.characters import clean
from kbview.ui.panel import Panel
from kbview.ui.row import Row, Size


class StationsPanel(Panel):
    """A station's name on its ground, and its sentence below; whole stations only."""

    name = "stations"
    title = "the way in words"
    help = (
        ("NIC, softirq ...", "a station of the path with its work; Tab and ? list each step of it"),
        ("and 3 more", "stations that have no room here"),
    )
    needs = frozenset({"arrived"})
    least, weight = 4, 40

    def summary(self, state: State) -> str:
        """The datapath."""
        return clean(state.datapath)

    def body(self, state: State, size: Size) -> list[Row]:
        """The stations that are visited, from the wire to the application."""
        stations = [one for one in state.stations if not one.bypassed]
        if not stations:
            return [[("this source has no path", "faint")]]
        rows: list[Row] = []
        for at, station in enumerate(stations):
            told = _told(clean(station.name), clean(station.help), f"{station.domain}", size.width)
            spare = 1 if at + 1 < len(stations) else 0  # for the count of the others
            if len(rows) + len(told) + spare > size.height:
                return [*rows, [(f"and {len(stations) - at} more", "dim")]]
            rows += told
        return rows


def _told(name: str, text: str, ground: str, width: int) -> list[Row]:
    """The name, and the sentence beside and below it."""
    first, *others = wrap(f"{name}: {text}", width, subsequent_indent="  ") or [name]
    head: list[Row] = [[(first[: len(name)], ground), (first[len(name) :], "text")]]
    return head + [[(line, "text")] for line in others]
