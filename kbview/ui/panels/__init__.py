"""The panels. Adding one: a file here, a line below, and a place in `kbview.ui.layout`."""

from kbview.ui.panel import Panel
from kbview.ui.panels.copies import CopiesPanel
from kbview.ui.panels.cores import CoresPanel
from kbview.ui.panels.costs import CostsPanel
from kbview.ui.panels.drops import DropsPanel
from kbview.ui.panels.gauges import GaugesPanel
from kbview.ui.panels.interrupts import InterruptsPanel
from kbview.ui.panels.latency import LatencyPanel
from kbview.ui.panels.path import PathPanel
from kbview.ui.panels.rings import RingsPanel
from kbview.ui.panels.sockets import SocketsPanel
from kbview.ui.panels.stations import StationsPanel
from kbview.ui.panels.switches import SwitchesPanel

PANELS: tuple[Panel, ...] = (
    PathPanel(),
    RingsPanel(),
    InterruptsPanel(),
    SwitchesPanel(),
    CopiesPanel(),
    SocketsPanel(),
    CoresPanel(),
    DropsPanel(),
    CostsPanel(),
    GaugesPanel(),
    LatencyPanel(),
    StationsPanel(),
)
