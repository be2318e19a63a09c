"""Copies and allocations: what is paid for each packet in memory traffic and in sk_buffs."""

from kbview.state.state import State
from kbview.tape.meter import DEFINITIONS
from kbview.ui import format as fmt
from kbview.ui import trend
from kbview.ui.panel import Panel
from kbview.ui.row import Row, Size

_KINDS = (("copies", "copies", "copy"), ("allocations", "sk_buffs", "softirq"))


class CopiesPanel(Panel):
    """A history of each kind, per packet beside it."""

    name = "copies"
    title = "copies and allocations"
    help = (
        ("copies", DEFINITIONS["copies"]),
        ("copied", DEFINITIONS["copied_bytes"]),
        ("sk_buffs", DEFINITIONS["allocations"]),
        ("held", "sk_buffs allocated and not yet given back"),
    )
    needs = frozenset({"copies", "allocations"})
    least, weight = 3, 9
    most = 7

    def body(self, state: State, size: Size) -> list[Row]:
        """The histories, and below them the rates in words."""
        words = [_words(state)] if size.height > len(_KINDS) else []
        room = Size(size.width, size.height - len(words))
        return [*trend.per_packet(state.histories, _KINDS, room), *words]


def _words(state: State) -> Row:
    copied = fmt.size(state.histories.rate("copied_bytes"))
    held = fmt.quantity(state.meters.allocations - state.meters.frees)
    return [(f"copied {copied}B/s".ljust(18) + f"sk_buffs held {held}", "dim")]
