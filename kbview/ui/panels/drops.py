"""Drops: where frames die, and why, in the kernel's own words."""

from kbview.state.state import State
from kbview.tape.meter import DEFINITIONS
from kbview.ui import format as fmt
from kbview.ui.characters import clean
from kbview.ui.panel import Panel
from kbview.ui.row import Row, Size, cut, spread

_SPARE = 9  # cells for the count
_MISSED = "nic/no descriptor: missed"


class DropsPanel(Panel):
    """Most first; the ones that grew just now are marked."""

    name = "drops"
    title = "drops"
    help = (
        ("missed", DEFINITIONS["missed"]),
        ("dropped", DEFINITIONS["dropped"]),
        ("+", "it grew within the last second"),
        ("in flight", DEFINITIONS["in_flight"]),
        ("not here", "squeezed: " + DEFINITIONS["squeezes"]),
    )
    needs = frozenset({"dropped"})
    least, weight = 2, 9
    most = 9

    def summary(self, state: State) -> str:
        """All that was lost."""
        lost = state.meters.dropped + state.meters.missed
        return f"{fmt.quantity(lost)} of {fmt.quantity(state.meters.arrived)} frames"

    def body(self, state: State, size: Size) -> list[Row]:
        """A row a place and reason, then what became of the others."""
        meters = state.meters
        counts = {key: count for key, count in meters.drops.items() if count}
        if meters.missed:
            counts[_MISSED] = meters.missed
        rows = [
            _line(key, counts[key], _growing(state, key), size.width)
            for key in sorted(counts, key=lambda key: (-counts[key], key))
        ]
        delivered, in_flight = fmt.quantity(meters.delivered), fmt.quantity(meters.in_flight)
        unseen = f"  end unseen {fmt.quantity(meters.unseen)}" if meters.unseen else ""
        rest: Row = [(f"delivered {delivered}  in flight {in_flight}{unseen}", "dim")]
        return [*(rows or [[("nothing is lost", "dim")]]), rest]


def _growing(state: State, key: str) -> bool:
    if key == _MISSED:
        return state.histories.change("missed") > 0
    recent = state.histories.recent()
    return recent is not None and recent.dropped(key) > 0


def _line(key: str, count: int, growing: bool, width: int) -> Row:
    place, _, reason = key.partition("/")
    style = "bad" if growing else "text"
    left: Row = [(cut(clean(f"{place:<7} {reason}"), width - _SPARE), style)]
    return spread(left, [("+ " if growing else "  ", style), (fmt.quantity(count), style)], width)
