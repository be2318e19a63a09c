"""The Datapath contract: a way from the NIC to the application."""

from abc import ABC, abstractmethod
from typing import ClassVar

from kbview.emulator.hardware.machine import Machine
from kbview.emulator.protocol.host import Host
from kbview.emulator.settings import Settings
from kbview.tape.meter import SocketMeter
from kbview.tape.station import Domain, Station

WIRE = Station("wire", Domain.HARDWARE, "bits on the cable, one frame after the other")
NIC = Station(
    "NIC",
    Domain.HARDWARE,
    "checks FCS and destination MAC, writes frame and descriptor to memory by DMA",
    ("FrameArrived",),
)
RX_RING = Station(
    "rx ring",
    Domain.HARDWARE,
    "descriptors shared by NIC and driver; full means the next frame is missed",
    ("DescriptorDone", "DescriptorCleaned"),
)


class Datapath(ABC):
    """Composes hardware, kernel and bypass parts in the packet's order.

    `stations` is what the screen draws; `steps` every cost row it may take; `reading` where to read
    more. From `start` on, a datapath owns the NIC's ring and what runs on the cores.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    stations: ClassVar[tuple[Station, ...]]
    steps: ClassVar[tuple[str, ...]]
    reading: ClassVar[tuple[str, ...]]

    @abstractmethod
    def __init__(self, machine: Machine, settings: Settings, host: Host) -> None:
        """Build its parts on this machine, which is idle and whose NIC lets nothing in."""

    @abstractmethod
    def start(self) -> None:
        """Take the ring into use and put the programs on their cores."""

    @abstractmethod
    def finish(self) -> None:
        """The NIC lets nothing more in: wait for no arrival, only work off what is there."""

    @abstractmethod
    def held(self) -> int:
        """Packets taken out of the ring that are neither delivered nor dropped yet."""

    def sockets(self) -> dict[str, SocketMeter]:
        """Socket queues, if it has any."""
        return {}
