"""Where a packet's journey ends in the kernel: it was for the layer itself, or the layer drops it."""

from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.skb import SkbCache
from kbview.packet.frame import Frame
from kbview.tape.vocabulary import Place, Reason


class Endings:
    """Ends frames in one layer, named `where`, and frees their sk_buffs."""

    def __init__(self, machine: Machine, skbs: SkbCache, where: Place) -> None:
        self._machine = machine
        self._skbs = skbs
        self._where = where

    def consume(self, core: Core, frame: Frame) -> None:
        """It was for this layer."""
        self._machine.deliver(core, frame, self._where)
        self._skbs.free(core, frame)

    def drop(self, core: Core, frame: Frame, reason: Reason) -> None:
        """This layer does not want it."""
        self._machine.drop(core, frame, self._where, reason)
        self._skbs.free(core, frame)
