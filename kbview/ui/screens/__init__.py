"""The screens in the order of their keys. To add one: a file here, a line below, a key in `keys.py`.

No screen imports another.
"""

from kbview.ui.screens.compare_view import CompareView
from kbview.ui.screens.costs_view import CostsView
from kbview.ui.screens.drops_view import DropsView
from kbview.ui.screens.journey_view import JourneyView
from kbview.ui.screens.overview_view import OverviewView
from kbview.ui.screens.packet_view import PacketView
from kbview.ui.screens.sweep_view import SweepView
from kbview.ui.view import View

VIEWS: tuple[type[View], ...] = (
    OverviewView,
    JourneyView,
    CompareView,
    PacketView,
    CostsView,
    DropsView,
    SweepView,
)
