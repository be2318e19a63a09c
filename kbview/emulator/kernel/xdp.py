"""XDP: a program that the driver runs on each frame, before there is an sk_buff.

Linux: Documentation/networking/af_xdp.rst, net/core/filter.c; "The eXpress Data Path", CoNEXT 2018.
"""

from typing import Protocol

from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.packet.frame import Frame
from kbview.tape.events import XdpRan


class XdpProgram(Protocol):
    """What the driver's poll calls for every frame that it took out of the ring."""

    def run(self, core: Core, frame: Frame) -> bool:
        """Decide, and pay for it; True if the frame goes no further up."""


class XdpDrop:
    """XDP_DROP for every frame: the page goes straight back to the ring."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._step = machine.prices.sequence("descriptor_read", "first_touch", "xdp_program")

    def run(self, core: Core, frame: Frame) -> bool:
        """Drop it."""
        machine = self._machine
        core.spend(self._step, frame.packet)
        if machine.recorder.steps:
            machine.recorder.emit(XdpRan(core.now_ps, core.number, frame.packet, "drop"))
        machine.drop(core, frame, "xdp", "XDP")
        return True
