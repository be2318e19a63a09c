"""The screens, in the order of their keys. Adding one: a file in `screens/`, a line here and a key."""

from kbview.ui.overview import Overview
from kbview.ui.screen import View
from kbview.ui.screens.journey import JourneyView

VIEWS: tuple[type[View], ...] = (Overview, JourneyView)
