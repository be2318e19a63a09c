"""A cache line that several cores write: it travels to who writes it, one transfer at a time.

    core 0 writes --> modified in its cache
    core 1 writes --> waits until nobody else's transfer is under way --> transfer --> its own now

Who wrote last writes again at no cost beyond the instruction's own. So one core alone never pays, two
pay a transfer for most writes, and the more there are the longer each also waits for the others.
"""

from kbview.emulator.cost import Step
from kbview.emulator.hardware.core import Core


class SharedLine:
    """One line. Yield before `write` if the core is past its horizon."""

    def __init__(self, transfer: Step) -> None:
        self._transfer = transfer
        self._owner: Core | None = None
        self._free_ps = 0  # when the transfer under way ends

    def write(self, core: Core, packet: int) -> None:
        """The core writes to it, for a packet's sake."""
        if self._owner is core:
            return
        alone = self._owner is None
        self._owner = core
        if alone:
            return
        core.spend_waiting(self._transfer, max(0, self._free_ps - core.now_ps), packet)
        self._free_ps = core.now_ps
