"""Gauges: what a watched application or device counts beside everything else, by its own names."""

from kbview.state.state import State
from kbview.ui import format as fmt
from kbview.ui.characters import clean
from kbview.ui.panel import Panel
from kbview.ui.row import Row, Size, cut, spread

_NUMBERS = 18  # cells for the value and how fast it grows


class GaugesPanel(Panel):
    """What grows fastest first, then what is not zero."""

    name = "gauges"
    title = "told by the application"
    help = (
        ("name  value", "a counter or level as the application or device itself calls and counts it"),
        ("12k/s", "how fast it grew over the last second"),
    )
    needs = frozenset({"gauges"})
    least, weight = 2, 14
    optional = True

    def summary(self, state: State) -> str:
        """How many there are."""
        return str(len(state.meters.gauges) or "")

    def body(self, state: State, size: Size) -> list[Row]:
        """A row a gauge."""
        gauges = state.meters.gauges
        rates = _rates(state)
        names = sorted(gauges, key=lambda name: (-rates.get(name, 0), not gauges[name], name))
        return [
            _line(name, gauges[name], rates.get(name, 0), size.width) for name in names[: size.height]
        ]


def _rates(state: State) -> dict[str, float]:
    """Growth a second of trace time; what fell or is new has none."""
    recent = state.histories.recent()
    if recent is None or not recent.duration_ps:
        return {}
    before, after = recent.before.meters.gauges, recent.after.meters.gauges
    grown = {name: count - before[name] for name, count in after.items() if name in before}
    return {name: count * 1e12 / recent.duration_ps for name, count in grown.items() if count > 0}


def _line(name: str, value: int, rate: float, width: int) -> Row:
    style = "text" if value else "faint"
    left: Row = [(cut(clean(name), max(1, width - _NUMBERS)), style)]
    growth = fmt.rate(rate) if rate else ""
    return spread(left, [(f"{fmt.quantity(value):>7}", style), (f"{growth:>10}", "dim")], width)
