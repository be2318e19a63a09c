"""The latency: how long packets were under way to the application, as a histogram."""

from kbview.state.state import State
from kbview.tape.meter import DEFINITIONS
from kbview.ui import format as fmt
from kbview.ui import histogram_rows
from kbview.ui.panel import Panel
from kbview.ui.row import Row, Size


class LatencyPanel(Panel):
    """Since the last change of the datapath."""

    name = "latency"
    title = "latency"
    help = (
        ("latency", DEFINITIONS["latency_ps"] + "; since the last toggle; buckets are logarithmic"),
        ("p50, p99", "half of the packets, and 99 of 100, took no longer"),
    )
    needs = frozenset({"delivered"})
    least, weight = 3, 8
    most = 12

    def summary(self, state: State) -> str:
        """The median and the 99th percentile."""
        stretch = state.histories.stretch()
        histogram = stretch.latency() if stretch else None
        if histogram is None or not histogram.total:
            return ""
        p50, p99 = (fmt.duration(histogram.percentile(share)) for share in (0.5, 0.99))
        return f"p50 {p50}  p99 {p99}"

    def body(self, state: State, size: Size) -> list[Row]:
        """A row for each bucket."""
        stretch = state.histories.stretch()
        histogram = stretch.latency() if stretch else None
        if histogram is None or not histogram.total:
            return [[("none is known here", "faint")]]
        return histogram_rows.draw(histogram, size)
