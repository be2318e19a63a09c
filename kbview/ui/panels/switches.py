"""Mode and context switches: how often the wall is crossed, and how often the task changes."""

from kbview.state.state import State
from kbview.tape.meter import DEFINITIONS
from kbview.ui import format as fmt
from kbview.ui import trend
from kbview.ui.panel import Panel
from kbview.ui.row import Row, Size

_KINDS = (("mode_switches", "mode", "syscall"), ("context_switches", "context", "ksoftirqd"))


class SwitchesPanel(Panel):
    """A history of each kind, and what they cost."""

    name = "switches"
    title = "mode and context switches"
    help = (
        ("mode", DEFINITIONS["mode_switches"] + "; a softirq entry is not one"),
        ("context", DEFINITIONS["context_switches"]),
        ("syscalls", DEFINITIONS["syscalls"]),
        ("wakeups", DEFINITIONS["wakeups"]),
    )
    needs = frozenset({"mode_switches", "context_switches"})
    least, weight = 3, 9
    most = 7

    def body(self, state: State, size: Size) -> list[Row]:
        """The histories, and below them the rates in words."""
        words = [_words(state)] if size.height > len(_KINDS) else []
        room = Size(size.width, size.height - len(words))
        return [*trend.per_packet(state.histories, _KINDS, room), *words]


def _words(state: State) -> Row:
    rate = state.histories.rate
    return [
        (f"syscalls {fmt.rate(rate('syscalls')):<8}", "dim"),
        (f" wakeups {fmt.rate(rate('wakeups')):<8}", "dim"),
    ]
