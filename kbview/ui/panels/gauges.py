"""Gauges: counters of a watched application or process that have no panel, by their own names."""

from kbview.state.state import State
from kbview.ui import format as fmt
from kbview.ui.characters import clean
from kbview.ui.panel import Panel
from kbview.ui.row import Row, Size, length, spread

_NUMBERS = 18  # cells for the value and how fast it grows


class GaugesPanel(Panel):
    """The fastest growing first, then the others above zero."""

    name = "gauges"
    title = "other counters"
    help = (
        ("name  value", "a counter or level as the application, device or process is said to count it"),
        (
            "sender CPU ns",
            (
                "CPU time of the lab's sender (with the softirqs in its system calls), its receivers, "
                "kbview, and the rest of the machine"
            ),
        ),
        (
            "CPU ms of redis 81",
            "CPU time of a process, softirqs in its system calls included; 900/s is 90 % of a core",
        ),
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
    """Growth per second of trace time; a falling or new gauge has none."""
    recent = state.histories.recent()
    if recent is None or not recent.duration_ps:
        return {}
    before, after = recent.before.meters.gauges, recent.after.meters.gauges
    grown = {name: count - before[name] for name, count in after.items() if name in before}
    return {name: count * 1e12 / recent.duration_ps for name, count in grown.items() if count > 0}


def _line(name: str, value: int, rate: float, width: int) -> Row:
    """Numbers in columns; where the name has no room beside those, close to each other."""
    style = "text" if value else "faint"
    growth = fmt.rate(rate) if rate else ""
    numbers: Row = [(f"{fmt.quantity(value):>7}", style), (f"{growth:>10}", "dim")]
    if len(clean(name)) > width - _NUMBERS:
        numbers = [(f" {fmt.quantity(value)}", style), (f" {growth}" if growth else "", "dim")]
    return spread([(_short(clean(name), max(1, width - length(numbers))), style)], numbers, width)


def _short(name: str, room: int) -> str:
    """The name in so many cells: its end stays, because it names the quantity and the unit."""
    if len(name) <= room:
        return name
    head = room // 4
    return f"{name[:head]}…{name[len(name) - (room - head - 1) :]}" if room > 1 else name[:room]
