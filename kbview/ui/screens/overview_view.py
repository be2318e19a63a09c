"""The Overview: the path over the whole width, and panels in columns below it."""

from functools import partial
from typing import ClassVar

from kbview.ui import slot_rows
from kbview.ui.board import Drawing
from kbview.ui.dictionary import Dictionary
from kbview.ui.explained import Entry, section_of, station_entries, word_entries
from kbview.ui.layout import arrange, frame_rows
from kbview.ui.lesson_rows import aside
from kbview.ui.panel import Panel
from kbview.ui.panels import PANELS
from kbview.ui.panels.path import PathPanel
from kbview.ui.panels.rings import RingsPanel
from kbview.ui.row import Row, Size, lit
from kbview.ui.session import Session
from kbview.ui.view import Arrangement, View

_NAMED = {panel.name: panel for panel in PANELS}


class OverviewView(View):
    """Every panel at once. Those that the source cannot feed are greyed one by one."""

    view = "overview"
    title_text = "overview"
    help = tuple((panel.title, panel.help) for panel in PANELS)
    most: ClassVar[int] = 4

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._shown: list[Panel] = []

    def parts(self) -> list[str]:
        """The stations of the path, then the panels that are shown."""
        stations = [station.name for station in self.session.player.state.stations]
        return [*stations, *(panel.title for panel in self._shown)]

    def account(self, name: str, words: Dictionary) -> list[Entry]:
        """A station with all that happens there, or the numbers of a panel."""
        stations = self.session.player.state.stations
        station = next((one for one in stations if one.name == name), None)
        if station is not None:
            return [*station_entries(station), *word_entries(name, words)]
        if name == RingsPanel.title:
            return [*slot_rows.entries(self.session.player.state), *section_of(name, self.help)]
        return section_of(name, self.help)

    def lay_out(self, size: Size) -> Arrangement:
        """As the layout says."""
        capabilities = self.session.player.capabilities
        grey = {panel.name for panel in PANELS if panel.lacks(capabilities) is not None}
        layout = arrange(Size(size.width, size.height + frame_rows(size.width)), PANELS, grey)
        self._shown = [_NAMED[name] for column in layout.columns for name, _ in column]
        path = [self._drawing(_NAMED["path"], layout.path)]
        columns = [[self._drawing(_NAMED[name], rows) for name, rows in one] for one in layout.columns]
        return Arrangement(path, [(0, column) for column in columns])

    def _drawing(self, panel: Panel, height: int) -> Drawing:
        """The panel, or its reason for being grey."""
        reason = panel.lacks(self.session.player.capabilities)
        if reason is not None:
            return Drawing(partial(panel.draw_greyed, reason), height, panel.cadence)

        def draw(size: Size) -> list[Row]:
            state = self.session.player.state
            if isinstance(panel, PathPanel) and self.session.slow:
                rows = panel.draw_packets(state, size, *self.session.marked)
            else:
                rows = panel.draw(state, size)
            return self._looked_at(panel, self._lit(panel, rows))

        return Drawing(draw, height, panel.cadence)

    def _looked_at(self, panel: Panel, rows: list[Row]) -> list[Row]:
        """The rows as a lesson wants them: the part that it speaks of is lit, others are dimmed."""
        slide = self.session.slide
        parts = set(slide.look) if slide is not None and not slide.running else set()
        stations = {station.name for station in self.session.player.state.stations}
        if not parts & (stations | _NAMED.keys()):
            return rows
        if panel.name in parts:
            return [lit(rows[0], panel.title), *rows[1:]] if rows else rows
        if not isinstance(panel, PathPanel) or not parts & stations:
            return aside(rows)
        for name in sorted(parts & stations):
            rows = [lit(each, name) if at == 1 else each for at, each in enumerate(rows)]
        return rows

    def _lit(self, panel: Panel, rows: list[Row]) -> list[Row]:
        """The rows of a panel, with the selected station or title marked."""
        if not self.selected or self.selected in {other.title for other in PANELS} - {panel.title}:
            return rows
        row = 1 if isinstance(panel, PathPanel) else 0  # of the names; a title
        return [lit(each, self.selected) if at == row else each for at, each in enumerate(rows)]
