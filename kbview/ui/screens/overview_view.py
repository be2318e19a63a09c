"""The Overview: the path over the whole width, and panels in columns below it."""

from functools import partial
from typing import ClassVar

from kbview.ui.board import Drawing
from kbview.ui.layout import arrange, frame_rows
from kbview.ui.panel import Panel
from kbview.ui.panels import PANELS
from kbview.ui.panels.path import PathPanel
from kbview.ui.row import Row, Size
from kbview.ui.view import Arrangement, View

_NAMED = {panel.name: panel for panel in PANELS}


class OverviewView(View):
    """Every panel at once. Those that the source cannot feed are greyed one by one."""

    view = "overview"
    title_text = "overview"
    help = tuple((panel.title, panel.help) for panel in PANELS)
    most: ClassVar[int] = 4

    def lay_out(self, size: Size) -> Arrangement:
        """As the layout says."""
        capabilities = self.session.player.source.capabilities
        grey = {panel.name for panel in PANELS if panel.lacks(capabilities) is not None}
        layout = arrange(Size(size.width, size.height + frame_rows(size.width)), PANELS, grey)
        path = [self._drawing(_NAMED["path"], layout.path)]
        columns = [[self._drawing(_NAMED[name], rows) for name, rows in one] for one in layout.columns]
        return Arrangement(path, [(0, column) for column in columns])

    def _drawing(self, panel: Panel, height: int) -> Drawing:
        """The panel, or its reason for being grey."""
        reason = panel.lacks(self.session.player.source.capabilities)
        if reason is not None:
            return Drawing(partial(panel.draw_greyed, reason), height, panel.cadence)

        def draw(size: Size) -> list[Row]:
            state = self.session.player.state
            if isinstance(panel, PathPanel) and self.session.slow:
                return panel.draw_packets(state, size, self.session.followed)
            return panel.draw(state, size)

        return Drawing(draw, height, panel.cadence)
