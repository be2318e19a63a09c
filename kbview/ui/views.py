"""The screens, in the order of their keys. Adding one: a file in `screens/`, a line here and a key."""

from kbview.ui.overview import Overview
from kbview.ui.screen import View
from kbview.ui.screens.compare import CompareView
from kbview.ui.screens.costs import CostsView
from kbview.ui.screens.journey import JourneyView
from kbview.ui.screens.packet import PacketView

VIEWS: tuple[type[View], ...] = (Overview, JourneyView, CompareView, PacketView, CostsView)
