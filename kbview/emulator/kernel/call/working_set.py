"""The application's working set in the first-level cache, and the lines that a call takes from it.

    512 lines  |  application  | free |           before the call
               |  appli..| kernel     |           in the call: its lines go where the oldest are
               |  application  | free |           behind the call: displaced lines come back from L2

A call brings lines of its own. As long as both sets fit, no line of the application is displaced. Each
further line of the call displaces a line. Another task on the core displaces all lines. The application
pays for the way back when it works again, so calls without work between them count once.
The price has no overlap of loads, so it is an upper bound: L. Soares, M. Stumm, "FlexSC", OSDI 2010,
measured the lines, and that user code runs slower for thousands of cycles behind a call.
"""

from kbview.emulator.cost import Prices, Step
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.memory import L1_LINES

CALL_LINES = 186  # of data, the fewest in FlexSC's table 1: stat(); pread() 294, pwrite() 373


def displaced(own: int, visit: int) -> int:
    """How many of `own` lines are displaced by a visit that brings `visit` lines, evenly spread."""
    return max(0, min(own, visit, own + visit - L1_LINES))


class WorkingSet:
    """The `lines` of a reading thread in the cache of its core."""

    def __init__(self, prices: Prices, core: Core, lines: int) -> None:
        self._run_queue = core.run_queue
        self._seen = 0  # changes of the task on the core
        self._behind_call = self._steps(prices, "call_refill", displaced(lines, CALL_LINES))
        self._behind_switch = self._steps(prices, "switch_refill", lines)

    def _steps(self, prices: Prices, name: str, lines: int) -> Step:
        return prices.sequence("app_work", *([prices.times(name, lines).name] if lines else []))

    def work(self) -> Step:
        """The application's work behind a call: a step with the way back of the displaced lines."""
        changes, seen = self._run_queue.changes, self._seen
        self._seen = changes
        return self._behind_call if changes == seen else self._behind_switch
